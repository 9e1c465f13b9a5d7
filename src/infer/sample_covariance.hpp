#pragma once
/// Mean and covariance of points: where samplers get their first scales.

#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

struct SampleCovariance {
  std::vector<double> mean;
  Array2 covariance;  ///< d x d, divided by n: of few or equal points it may be singular
};

/// @param points  [point][coordinate], one row at least
[[nodiscard]] SampleCovariance sample_covariance(const Array2& points);

}  // namespace hillock::infer
