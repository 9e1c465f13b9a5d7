#pragma once
/// What a sampler sees: an unnormalised log density over R^d, evaluated for many points at once.

#include <span>

#include "base/array.hpp"

namespace hillock::infer {

/// log p(u) up to a constant, in unconstrained coordinates (the Jacobian of the transform included).
class LogDensity {
 public:
  virtual ~LogDensity() = default;
  [[nodiscard]] virtual std::size_t dimension() const = 0;

  /// value[k] and, where `gradient` is not null, gradient->row(k), at points.row(k). A point outside the support
  /// or at which the simulation fails has value -inf (never NaN); its gradient is then not used.
  virtual void evaluate(const Array2& points, std::span<double> value, Array2* gradient) = 0;
};

}  // namespace hillock::infer
