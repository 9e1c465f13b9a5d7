#include "infer/abc_posterior.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "infer/deadline.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {
namespace {

constexpr std::uint64_t unlimited_simulations = 1'000'000'000;  // where seconds are the budget

/// What both methods tell alike.
template <class Abc>
SimulationPosterior posterior_of(Abc&& r, std::string method, const prob::ParameterSpace& space, std::size_t draws) {
  SimulationPosterior out;
  out.method = std::move(method);
  out.simulations = r.simulations;
  out.failed = r.failed;
  out.failures = std::move(r.failures);
  out.undefined = std::move(r.undefined);
  out.kept = {r.parameters.rows - r.dropped, r.effective, r.tolerance};
  out.dropped_draws = static_cast<std::int64_t>(r.dropped);
  out.notes.push_back(
      fmt::format("the draws are {} simulations, each as often as its weight says, and worth {:.0f} "
                  "independent draws; the farthest lies at distance {:.3g} from the data{}",
                  out.kept.count, out.kept.effective, out.kept.tolerance,
                  r.adjusted ? ", and all are moved along a regression to it" : ""));
  if (r.parameters.rows == 0) return out;
  const Array2 z = space.to_standard_normal(r.parameters);
  const std::vector<std::size_t> picked = systematic_resample(r.weight, draws, 0.5);
  out.z = Array2(picked.size(), z.cols);
  for (std::size_t k = 0; k < picked.size(); ++k) std::ranges::copy(z.row(picked[k]), out.z.row(k).begin());
  out.parameters = space.from_standard_normal(out.z);
  return out;
}

InferenceRound abc_round(std::string proposal, std::uint64_t simulations, std::uint64_t failed,
                         std::uint64_t accepted) {
  InferenceRound round;
  round.proposal = std::move(proposal);
  round.simulations = simulations;
  round.failed = failed;
  round.objective = std::numeric_limits<double>::quiet_NaN();  // nothing is learnt
  round.acceptance = static_cast<double>(accepted) / static_cast<double>(std::max<std::uint64_t>(1, simulations));
  return round;
}

std::string why_it_ended(const AbcSmcResult& r, const AbcSmcOptions& options) {
  switch (r.stop) {
    case AbcStop::budget: return "the budget of simulations";
    case AbcStop::acceptance: return fmt::format("fewer than {:g} % were accepted", 100.0 * options.least_acceptance);
    case AbcStop::conditions: return "hardly a proposal fulfilled the joint conditions of the prior";
    case AbcStop::generations: return fmt::format("{} generations", options.generations);
    case AbcStop::exact: return "the simulations equal the data, or do not vary any more";
    case AbcStop::interrupted: return "it was told to stop, or its time was over";
  }
  bug(__FILE__, __LINE__, "unknown reason to stop");
}

}  // namespace

Result<SimulationPosterior> abc_posterior(const SimulationProblem& problem, AbcRejectionOptions options,
                                          std::size_t draws, const InferenceBudget& budget, Progress& progress) {
  options.seed = problem.seed;
  options.simulations = budget.simulations > 0 ? budget.simulations : unlimited_simulations;
  ProgressUntil limited(progress, budget.elapsed, budget.seconds);
  auto r = abc_rejection(*problem.simulator, *problem.space, problem.observed, options, limited, problem.allowed);
  if (!r) return fail(std::move(r.error()));
  const bool complete = r->complete || !progress.should_stop();
  InferenceRound round = abc_round("prior", r->simulations, r->failed, r->parameters.rows);
  SimulationPosterior out = posterior_of(std::move(*r), "abc_rejection", *problem.space, draws);
  out.complete = complete;
  out.rounds.push_back(std::move(round));
  return out;
}

Result<SimulationPosterior> abc_posterior(const SimulationProblem& problem, AbcSmcOptions options, std::size_t draws,
                                          const InferenceBudget& budget, Progress& progress) {
  options.seed = problem.seed;
  options.simulations = budget.simulations > 0 ? budget.simulations : unlimited_simulations;
  ProgressUntil limited(progress, budget.elapsed, budget.seconds);
  auto r = abc_smc(*problem.simulator, *problem.space, problem.observed, options, limited, problem.allowed);
  if (!r) return fail(std::move(r.error()));
  const bool complete = r->stop != AbcStop::interrupted || !progress.should_stop();
  std::vector<InferenceRound> rounds;
  for (const AbcGeneration& g : r->generations)
    rounds.push_back(abc_round(rounds.empty() ? "prior" : "population so far", g.simulations, g.failed, g.accepted));
  const std::string ended = fmt::format("generations ended by: {}", why_it_ended(*r, options));
  SimulationPosterior out = posterior_of(std::move(*r), "abc_smc", *problem.space, draws);
  out.complete = complete;
  out.rounds = std::move(rounds);
  out.notes.push_back(ended);
  return out;
}

}  // namespace hillock::infer
