#include "study/fit_simulator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/option_ranges.hpp"
#include "infer/simulation_method.hpp"
#include "study/external_parameters.hpp"
#include "study/fit_simulated.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {
namespace {

void choice(Errors& errors, const std::string& found, const char* key, const std::vector<std::string>& among) {
  if (std::ranges::find(among, found) != among.end()) return;
  const std::string near = nearest(found, among);
  errors.push_back({"value-choice", fmt::format("\"{}\" is none of {}", found, fmt::join(among, ", ")), std::nullopt,
                    key, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
}

}  // namespace

Result<void> SimulatorStudy::validate() const {
  Errors errors;
  choice(errors, method, "method", infer::simulation_method_names());
  choice(errors, density, "density",
         {"auto", "maf", "nsf", "nsf_coupling", "mdn", "gaussian", "bernoulli", "flow_matching", "transformer"});
  choice(errors, embedding, "embedding", {"auto", "none", "trace", "set"});
  OptionRanges ranges;
  const auto between = [&](const char* name, std::int64_t value, std::int64_t low, double high) {
    ranges.need(value >= low && static_cast<double>(value) <= high, name, static_cast<double>(value),
                fmt::format("between {} and {:g}", low, high));
  };
  between("simulations", simulations, 0, 1e12);
  between("rounds", rounds, 0, 100);
  between("members", members, 0, 64);
  between("trials", trials, 0, 4096);
  between("draws", draws, 1, 1e7);
  between("seed", seed, 0, 4503599627370495.0);
  between("threads", threads, 0, 4096);
  if (budget) ranges.need(*budget > 0.0 && *budget < 1e9, "budget", *budget, "above 0 and below 1e9 seconds");
  if (auto good = std::move(ranges).result(); !good)
    errors.insert(errors.end(), good.error().begin(), good.error().end());
  if (observed.empty())
    errors.push_back({"statistics-count", "there is no observed value", std::nullopt, "observed",
                      "observed=[...]: a number for each statistic that the simulator answers with"});
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

Result<SimulatorPosterior> fit_simulator(std::unique_ptr<infer::Simulator> simulator, const SimulatorStudy& given,
                                         Progress& progress) {
  Errors errors;
  if (auto good = given.validate(); !good) errors = std::move(good.error());
  ResolvedStudy study;
  study.name = "python";
  study.seed = given.seed;
  for (const auto& [name, text] : given.priors) study.priors.push_back({name, text, {"prior." + name, {}}});
  auto parameters = external_parameters(study);
  if (!parameters) errors.insert(errors.end(), parameters.error().begin(), parameters.error().end());
  if (!errors.empty()) return fail(std::move(errors));
  study.search.method = given.method;
  study.search.density = given.density;
  study.search.simulations = given.simulations;
  study.search.rounds = given.rounds;
  study.search.members = given.members;
  study.search.draws = given.draws;
  study.report.html = false;
  RunOptions run;
  run.threads = given.threads;
  run.budget = given.budget;
  const std::vector<std::string> statistics = simulator->statistics();
  EmbeddingRequest embedding{given.embedding, given.traces, !given.traces.empty(),
                             static_cast<std::size_t>(given.trials),
                             "an array in `observed`, {\"v\": np.array([...])}, is a trace"};
  embedding.traces.resize(statistics.size());
  // Without one of its own, the whole answer is a trace.
  if (given.traces.empty() && given.embedding == "trace") embedding.traces.assign(statistics.size(), "x");
  auto problem = SimulatedProblem::make({parameters->space, parameters->units, given.observed, std::move(simulator),
                                         static_cast<std::uint64_t>(given.seed), given.threads, std::move(embedding)});
  if (!problem) return fail(std::move(problem.error()));
  auto found = fit_simulated(**problem, study, run, progress);
  if (!found) return fail(std::move(found.error()));
  std::vector<std::string> shown;
  for (const ShownStatistic& s : (*problem)->statistics()) shown.push_back(s.name);
  return SimulatorPosterior(std::move(parameters->space), std::move(parameters->units), std::move(shown),
                            (*problem)->problem().observed, std::move(found->posterior), std::move(found->verdict),
                            static_cast<std::uint64_t>(given.seed));
}

}  // namespace hillock::study
