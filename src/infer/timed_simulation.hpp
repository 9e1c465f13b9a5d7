#pragma once
/// Simulations for so many seconds, in blocks as large as fit into what is left: for simulators that cost more than
/// learning from them, so that none is to be wasted and none may run over the time.

#include <functional>

#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

struct TimedSimulation {
  double until = 0.0;         ///< elapsed seconds at which it ends; one block is simulated in any case
  double simulation_s = 0.0;  ///< of one simulation, as far as is known; 0: nothing is. It is measured on the way
};

/// Appends to `pairs` what ended well. Blocks take a tenth of the time each.
/// @param propose    that many points z, or fewer; none: it ends
/// @param failed_at  where not null: points of failed simulations are appended
/// Errors: those of `propose` and of the simulator.
[[nodiscard]] Result<void> simulate_for(TimedSimulation& how, SimulationSource& source,
                                        const std::function<Result<Array2>(std::size_t)>& propose,
                                        const InferenceBudget& budget, SimulatedPairs& pairs, Progress& progress,
                                        Array2* failed_at = nullptr);

/// Seconds of one pass of learning over a pair, measured on these (the second of two passes).
[[nodiscard]] double seconds_to_learn(ConditionalEstimator& estimator, const Pairs& pairs,
                                      const InferenceBudget& budget);

}  // namespace hillock::infer
