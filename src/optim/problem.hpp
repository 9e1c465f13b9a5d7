#pragma once
/// What an optimiser sees: batches of points in R^d, nothing else.

#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::optim {

/// A sum of squares 1/2 sum_i z_i(x)^2, evaluated for many points at once (one point = one lane).
class LeastSquares {
 public:
  virtual ~LeastSquares() = default;
  [[nodiscard]] virtual std::size_t dimension() const = 0;

  /// cost[k] = 1/2 sum z^2 at points.row(k); a failed point has cost NaN or +inf.
  virtual void cost(const Array2& points, std::span<double> cost) = 0;

  /// As above, and gradient.row(k) = J^T z (d), normal.row(k) = J^T J (d*d, row-major).
  virtual void linearise(const Array2& points, std::span<double> cost, Array2& gradient, Array2& normal) = 0;
};

}  // namespace hillock::optim
