#pragma once
/// Removable singularities of rate functions: x/(exp(x) - 1) is 0/0 at x = 0, where it should be 1.
///
/// A product or quotient in which a factor is exp(A) - 1 (or 1 - exp(A), or expm1(A)), and another, on the other side
/// of the fraction line, is proportional to A = s F:
///
///     F/(exp(A) - 1) = 1/(s exprel(A)),     (exp(A) - 1)/F = s exprel(A),     exprel(x) = (exp(x) - 1)/x, 1 at 0.
///
/// What is proportional is found in sums too: (v - b) and (b - v)/c, with numbers that agree to 1e-12.

#include <optional>

#include "ir/graph.hpp"

namespace hillock::ir {

/// `a op b` (op is mul or div) written with exprel, or nothing where it has no such singularity.
[[nodiscard]] std::optional<NodeId> without_removable_singularity(Graph& graph, Op op, NodeId a, NodeId b);

}  // namespace hillock::ir
