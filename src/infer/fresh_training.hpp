#pragma once
/// Training on simulations made while it goes on: every pair is seen once, or a few times out of a bounded buffer where
/// simulations cost more than learning from them. Memory does not grow with their number.

#include <cstdint>
#include <functional>
#include <vector>

#include "infer/conditional_estimator.hpp"
#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

struct FreshTraining {
  std::size_t block = 16384;  ///< simulations between two proposals
  std::size_t buffer = 8;     ///< blocks that are kept, where pairs are seen more than once
  std::size_t passes = 0;     ///< blocks learnt from for each that is simulated; 0: found from what both cost, where
                              ///< seconds are the limit, else 1
  std::uint64_t simulations = 0;  ///< of this training; 0: no limit
  double until = 0.0;             ///< elapsed seconds at which it ends; 0: no limit
  /// Elapsed seconds, or simulations, at which the rate has fallen to 0, where training goes on after this; 0: at its
  /// end.
  double rate_until = 0.0;
  std::uint64_t rate_simulations = 0;
};

/// @param propose  that many points z
/// @param prepare  pairs for the estimator, of simulations that ended well
/// The rate falls along a cosine that ends with the training. Error codes: the simulator's; "simulations-failed" where
/// a whole block failed.
[[nodiscard]] Result<void> train_fresh(ConditionalEstimator& estimator, SimulationSource& source,
                                       const std::function<Result<Array2>(std::size_t)>& propose,
                                       const std::function<Pairs(const SimulatedPairs&)>& prepare,
                                       const FreshTraining& how, const InferenceBudget& budget,
                                       std::vector<LearningPoint>& curve, Progress& progress);

}  // namespace hillock::infer
