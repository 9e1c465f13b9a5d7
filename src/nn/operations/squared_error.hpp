#pragma once
/// How far a prediction is from its target: the objective of regression, and of flow matching.

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

/// One row: -1/2 sum over rows of weight (x - target)^2. Its mean is made large. `weight` (rows as x; none: 1) and
/// `target` are data: no slope goes to them.
Var squared_error(Tape& tape, Var x, Var target, std::optional<Var> weight = std::nullopt);

}  // namespace hillock::nn
