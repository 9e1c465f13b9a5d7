#include "infer/timed_simulation.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::infer {
namespace {

constexpr double blocks = 10.0;
constexpr std::size_t first_block = 64;      // where nothing is known
constexpr std::size_t most_proposed = 4000;  // at once

}  // namespace

Result<void> simulate_for(TimedSimulation& how, SimulationSource& source,
                          const std::function<Result<Array2>(std::size_t)>& propose, const InferenceBudget& budget,
                          SimulatedPairs& pairs, Progress& progress, Array2* failed_at) {
  const double all = how.until - budget.elapsed();
  Array2 proposed;
  std::size_t next = 0;
  for (bool first = true;; first = false) {
    const double now = budget.elapsed(), left = how.until - now;
    if (progress.should_stop() || (!first && left <= how.simulation_s)) return {};
    std::size_t count = first_block;
    if (how.simulation_s > 0.0)
      count = static_cast<std::size_t>(std::clamp(std::min(left, all / blocks) / how.simulation_s, 1.0, 16384.0));
    // Whole groups of simulations that run beside each other, where that is not much.
    if (count > 64) count = count / 32 * 32;
    if (next == proposed.rows) {
      // A proposal costs, too: as many points at once as there may be simulations.
      const double likely = how.simulation_s > 0.0 ? 1.1 * left / how.simulation_s : 0.0;
      const auto wanted = static_cast<std::size_t>(std::clamp(likely, 1.0, static_cast<double>(most_proposed)));
      auto z = propose(std::max(count, wanted));
      if (!z) return fail(std::move(z.error()));
      proposed = std::move(*z);
      next = 0;
      if (proposed.rows == 0) return {};
    }
    count = std::min(count, proposed.rows - next);
    Array2 part(count, proposed.cols);
    std::copy_n(proposed.row(next).data(), part.values.size(), part.values.data());
    next += count;
    const double begun = budget.elapsed();
    if (auto ran = source.run(part, pairs, progress, failed_at); !ran) return fail(std::move(ran.error()));
    if (progress.should_stop()) return {};
    const double each = (budget.elapsed() - begun) / static_cast<double>(count);
    how.simulation_s = how.simulation_s > 0.0 ? 0.7 * how.simulation_s + 0.3 * each : each;
  }
}

double seconds_to_learn(ConditionalEstimator& estimator, const Pairs& pairs, const InferenceBudget& budget) {
  (void)estimator.learn(pairs);  // the first one makes room, too
  const double begun = budget.elapsed();
  (void)estimator.learn(pairs);
  return (budget.elapsed() - begun) / static_cast<double>(std::max<std::size_t>(1, pairs.count));
}

}  // namespace hillock::infer
