#pragma once
/// Linear regression adjustment of draws of approximate Bayesian computation (ABC).
///
/// Beaumont, Zhang & Balding 2002 (Genetics 162:2025), eqs. 4-8: near the observation, parameters depend linearly on
/// the statistics; what the difference of statistics explains is taken off each draw. Draws count by Epanechnikov's
/// kernel of their distance. Parameters are on the unconstrained scale, so that no adjusted draw leaves the prior's
/// support.
///
/// Statistics that are collinear (duplicates) or as many as there are draws: ridge regression in the statistics' own
/// standard deviations (Blum & Francois 2010 use one, too), its penalty by generalised cross-validation (Golub, Heath &
/// Wahba 1979) for each parameter; with no penalty to choose, least squares of least norm.

#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

struct RegressionAdjustment {
  Array2 points;               ///< n x d
  std::vector<double> weight;  ///< [n], sum 1: the given one times the kernel
  bool adjusted = false;       ///< false: too few draws, or statistics that do not vary; points are then as given
};

/// @param points      n x d, unconstrained, finite
/// @param statistics  n x p; a column in which `observed` is NaN is left out
/// @param weight      [n], >= 0, one above 0: importance weights, or all the same
/// @param distance    [n], finite; the largest is the kernel's reach
[[nodiscard]] RegressionAdjustment adjust_by_regression(const Array2& points, const Array2& statistics,
                                                        std::span<const double> observed,
                                                        std::span<const double> weight,
                                                        std::span<const double> distance);

}  // namespace hillock::infer
