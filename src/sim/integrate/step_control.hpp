#pragma once
/// Step control of the adaptive integrators, per lane inside each row.

#include <span>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// The error allowed in a state and a step: absolute (SI), and relative to the state.
inline constexpr double step_tolerance = 1e-8;

/// A trial step from `x` to `next` with the estimated `error`, by state: kept where the mean square of error/allowed is
/// at most 1; the next one is 0.9 (root of that)^(-1/order) times as long, within [0.2, 5]. A NaN shrinks the step.
[[nodiscard]] ir::Adaptive control_step(StepContext& context, std::span<const ir::NodeId> x,
                                        std::span<const ir::NodeId> next, std::span<const ir::NodeId> error, int order);

/// What is said of the offered step by one that was shortened: `control.factor` is of the shorter one, and being cut
/// short says nothing against a longer one.
[[nodiscard]] ir::NodeId factor_of_shortened(StepContext& context, const ir::Adaptive& control);

}  // namespace hillock::sim
