#include "infer/simulation_method.hpp"

#include <algorithm>
#include <array>

#include "infer/abc_posterior.hpp"
#include "infer/nle.hpp"
#include "infer/npe.hpp"
#include "infer/nre_posterior.hpp"

namespace hillock::infer {
namespace {

using Answer = Result<SimulationPosterior>;

/// More simulations than these are hardly seen twice, and a longer memory of the network's parameters serves.
constexpr std::uint64_t few_simulations = 300'000;

EstimatorOptions estimator(const MethodSettings& s, const InferenceBudget& budget, EstimatorOptions e) {
  e.density = s.density;
  e.members = s.members;
  e.batch = s.batch;
  e.hidden = s.hidden;
  e.average = budget.simulations > 0 && budget.simulations <= few_simulations ? 0.99 : 0.999;
  e.threads = s.threads;
  return e;
}

Answer by_npe(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget, std::size_t rounds,
              Progress& progress) {
  NpeOptions o;
  o.estimator = estimator(s, budget, std::move(o.estimator));
  o.draws = s.draws;
  o.rounds = rounds;
  o.rounds_from_time = !s.asked_rounds;
  if (s.asked_members) o.timed_members = s.members;
  if (s.asked_density) o.timed_density = s.density;
  return npe(p, o, budget, progress);
}

Answer ask_npe(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget, Progress& progress) {
  return by_npe(p, s, budget, 1, progress);
}

Answer ask_tsnpe(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget,
                 Progress& progress) {
  return by_npe(p, s, budget, std::max<std::size_t>(2, s.rounds), progress);
}

Answer ask_nle(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget, Progress& progress) {
  NleOptions o;
  o.estimator = estimator(s, budget, std::move(o.estimator));
  o.draws = s.draws;
  o.rounds = s.rounds;
  return nle(p, o, budget, progress);
}

Answer ask_nre(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget, Progress& progress) {
  NreOptions o;
  o.rounds = s.rounds;
  o.ratio.members = s.members;
  o.sampler.draws = s.draws;
  return nre_posterior(p, o, budget, progress);
}

Answer ask_abc_rejection(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget,
                         Progress& progress) {
  return abc_posterior(p, AbcRejectionOptions{}, s.draws, budget, progress);
}

Answer ask_abc_smc(const SimulationProblem& p, const MethodSettings& s, const InferenceBudget& budget,
                   Progress& progress) {
  return abc_posterior(p, AbcSmcOptions{}, s.draws, budget, progress);
}

constexpr std::array all{
    SimulationMethod{"npe", TakesLayout::embedded, false, "nsf", 1, ask_npe},
    SimulationMethod{"tsnpe", TakesLayout::embedded, true, "nsf", 4, ask_tsnpe},
    SimulationMethod{"nle", TakesLayout::trials, true, "auto", 5, ask_nle},
    SimulationMethod{"nre", TakesLayout::none, true, "", 3, ask_nre},
    SimulationMethod{"abc_rejection", TakesLayout::none, false, "", 1, ask_abc_rejection},
    SimulationMethod{"abc_smc", TakesLayout::none, false, "", 1, ask_abc_smc},
};

}  // namespace

std::span<const SimulationMethod> simulation_methods() { return all; }

const SimulationMethod* simulation_method(std::string_view name) {
  const auto found = std::ranges::find(all, name, &SimulationMethod::name);
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> simulation_method_names() {
  std::vector<std::string> out{"auto"};
  for (const SimulationMethod& m : all) out.emplace_back(m.name);
  return out;
}

}  // namespace hillock::infer
