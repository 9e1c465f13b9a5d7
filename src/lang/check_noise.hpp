#pragma once
/// Where noise may stand, once sub-expressions are put in: linearly, on the right side of differential equations.

#include "base/error.hpp"
#include "ir/model.hpp"

namespace hillock::lang {

/// Error codes: "noise-misplaced" (in what is observed, a threshold, a reset, ...), "noise-not-linear", "noise-shared"
/// (plain `xi` in two equations: Brian 2's rule, as it would leave open whether one noise is meant or two).
[[nodiscard]] Errors noise_mistakes(const ir::Model& model);

}  // namespace hillock::lang
