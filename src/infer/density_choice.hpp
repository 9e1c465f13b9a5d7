#pragma once
/// Which kind of density fits stored pairs best, by the log density of rows that were held out.

#include <span>
#include <string>
#include <string_view>

#include "infer/conditional_estimator.hpp"

namespace hillock::infer {

struct ChosenDensity {
  ConditionalEstimator estimator;
  StoredTraining training;
  std::string kind;
  bool decided = false;  ///< better than the kinds before it beyond doubt, from many pairs
};

/// Trains each of `kinds` (of nn/densities.hpp; explicit ones, from the simple to the flexible) and keeps the first
/// that no later one is clearly better than (paired_scores.hpp). Of few pairs, learning ends where validation says so.
/// Of many it is of so many steps, the choice is made from a part of them, and the chosen kind then learns from all.
/// @param y, c  rows of finite numbers, as ConditionalEstimator::create takes them
/// @param core  [row] 1: what the answer is about. The regression that densities begin with is theirs, and they alone
///              are held out and compared by; the others are learnt from, too. Empty: all
/// @param most_rows  more are thinned to so many, evenly
/// Errors: those of create().
[[nodiscard]] Result<ChosenDensity> learn_chosen_density(std::span<const std::string_view> kinds, const Array2& y,
                                                         const Array2& c, const std::vector<std::uint8_t>& core,
                                                         std::size_t most_rows, const EstimatorOptions& options,
                                                         std::size_t most_epochs, const Progress& progress);

}  // namespace hillock::infer
