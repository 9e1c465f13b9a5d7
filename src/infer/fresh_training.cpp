#include "infer/fresh_training.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::infer {

Result<void> train_fresh(ConditionalEstimator& estimator, SimulationSource& source,
                         const std::function<Result<Array2>(std::size_t)>& propose,
                         const std::function<Pairs(const SimulatedPairs&)>& prepare, const FreshTraining& how,
                         const InferenceBudget& budget, std::vector<LearningPoint>& curve, Progress& progress) {
  HILLOCK_CHECK(how.simulations > 0 || (how.until > 0.0 && budget.elapsed), "training without an end");
  const bool timed = how.until > 0.0 && budget.elapsed;
  const std::uint64_t begun_at = source.simulations();
  const double begun = timed ? budget.elapsed() : 0.0;
  const std::int64_t steps_before = estimator.steps();
  std::vector<Pairs> buffer;
  std::uint64_t passes_done = 0;
  std::size_t passes = how.passes > 0 ? how.passes : 1;
  double simulating = 0.0, learning = 0.0;  // seconds, of the last blocks
  if (timed) estimator.plan_steps(steps_before + 1'000'000'000);
  while (!progress.should_stop()) {
    const std::uint64_t done = source.simulations() - begun_at;
    if (how.simulations > 0 && done >= how.simulations) break;
    const double now = timed ? budget.elapsed() : 0.0;
    if (timed && now >= how.until) break;
    std::size_t count = how.block;
    if (how.simulations > 0) count = std::min<std::uint64_t>(count, how.simulations - done);
    auto z = propose(count);
    if (!z) return fail(std::move(z.error()));
    SimulatedPairs fresh;
    if (auto ran = source.run(*z, fresh, progress); !ran) return fail(std::move(ran.error()));
    if (progress.should_stop()) break;
    if (fresh.z.rows == 0)
      return fail(source.tally().nothing_left(*source.problem().simulator, source.problem().observed));
    Pairs pairs = prepare(fresh);
    const double simulated = timed ? budget.elapsed() : 0.0;
    if (how.simulations > 0 && !timed) {
      // The plan is known from the start: so many blocks, so many steps each.
      const std::uint64_t all = std::max(how.rate_simulations, how.simulations);
      const auto batches = static_cast<std::int64_t>(all / estimator.batch() + 1);
      estimator.plan_steps(steps_before + batches * static_cast<std::int64_t>(passes));
    }
    LearningPoint point;
    point.simulations = source.simulations();
    point.validation = estimator.learn(pairs);
    if (passes > 1 || how.passes != 1) {
      if (buffer.size() < how.buffer) buffer.push_back(std::move(pairs));
      else buffer[passes_done % how.buffer] = std::move(pairs);
    }
    ++passes_done;
    point.training = point.validation;
    for (std::size_t p = 1; p < passes; ++p) {
      if (progress.should_stop() || (timed && budget.elapsed() >= how.until)) break;
      point.training = estimator.learn(buffer[(passes_done * 7 + p) % buffer.size()]);
    }
    curve.push_back(point);
    if (timed) {
      const double after = budget.elapsed();
      simulating = 0.7 * simulating + 0.3 * (simulated - now);
      learning = 0.7 * learning + 0.3 * (after - simulated) / static_cast<double>(passes);
      if (how.passes == 0 && learning > 0.0)
        passes =
            std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(simulating / learning)), 1, 2 * how.buffer);
      const double left = std::max(0.0, std::max(how.rate_until, how.until) - after);
      const double a_second = static_cast<double>(estimator.steps() - steps_before) / std::max(1e-9, after - begun);
      estimator.plan_steps(estimator.steps() + 1 + static_cast<std::int64_t>(left * a_second));
    }
    const double share = timed ? (budget.elapsed() - begun) / std::max(1e-9, how.until - begun)
                               : static_cast<double>(done + count) / static_cast<double>(how.simulations);
    progress.update(std::min(1.0, share), {});
  }
  return {};
}

}  // namespace hillock::infer
