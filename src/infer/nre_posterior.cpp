#include "infer/nre_posterior.hpp"

#include <utility>

#include "infer/deadline.hpp"
#include "infer/learnt_ratio.hpp"

namespace hillock::infer {
namespace {

constexpr std::uint64_t unlimited_simulations = 100'000;         // where seconds are the budget: all rounds together
constexpr std::uint64_t drawing_first = std::uint64_t{1} << 47;  // numbers that no simulation of the learning has

}  // namespace

Result<SimulationPosterior> nre_posterior(const SimulationProblem& problem, NreOptions options,
                                          const InferenceBudget& budget, Progress& progress) {
  options.simulations = budget.simulations > 0 ? budget.simulations : unlimited_simulations;
  ProgressUntil limited(progress, budget.elapsed, budget.seconds);
  auto r = nre(problem, options, limited, budget);
  if (!r) return fail(std::move(r.error()));
  SimulationPosterior out;
  out.method = "nre";
  out.complete = r->complete || !progress.should_stop();
  out.scale = r->posterior.scale;
  out.simulations = r->tally.simulations();
  out.failed = r->tally.failed();
  out.failures = r->tally.failures(*problem.simulator);
  out.undefined = r->tally.undefined_statistics(*problem.simulator);
  for (const NreRound& round : r->rounds) {
    InferenceRound record;
    record.proposal = out.rounds.empty() ? "prior" : "posterior so far";
    record.simulations = round.simulations;
    record.failed = round.failed;
    if (!round.training.validation.empty()) record.objective = round.training.validation.back();
    for (std::size_t e = 0; e < round.training.training.size(); ++e)
      out.curve.push_back({round.simulations, round.training.training[e], round.training.validation[e]});
    out.rounds.push_back(std::move(record));
  }
  if (r->failure) out.notes.push_back(r->failure->note());
  if (r->draws.points.rows == 0) {
    // The time was up before the draws: they are what it was for.
    SimulationSource source(problem, drawing_first);
    auto drawn = r->posterior.draw(source, problem.observed, options.sampler, progress);
    if (!drawn) return fail(std::move(drawn.error()));
    r->draws = std::move(*drawn);
  }
  out.z = std::move(r->draws.points);
  out.log_density = std::move(r->draws.log_posterior);
  if (out.z.rows > 0) out.parameters = problem.space->from_standard_normal(out.z);
  // Of joint conditions on the prior only the model knows.
  if (!problem.allowed && !out.log_density.empty()) {
    out.log_evidence = r->draws.log_evidence;
    out.likelihood = std::make_shared<LearntRatio>(std::move(r->posterior), problem.observed);
  }
  return out;
}

}  // namespace hillock::infer
