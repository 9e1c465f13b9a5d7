#pragma once
/// The step that is exact for an equation with constant coefficients, x' = A x + B:
///
///     x(t+h) = x + (h A x + h B) exprel(h A),   exprel(y) = (exp(y) - 1)/y.
///
/// No division by A, and full precision for slow equations, where exp(h A) - 1 cancels.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

struct LinearEquation {
  ir::NodeId slope;   ///< A
  ir::NodeId offset;  ///< B
  bool operator==(const LinearEquation&) const = default;
};

/// One such step of length `h` from `x`.
[[nodiscard]] ir::NodeId exponential_step(StepContext& context, ir::NodeId x, const LinearEquation& equation,
                                          ir::NodeId h);

}  // namespace hillock::sim
