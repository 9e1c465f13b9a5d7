#pragma once
/// A value that is given on a grid of times, Brian 2's TimedArray.

#include <span>

#include "ir/algebra.hpp"

namespace hillock::ir {

/// The value of `values` at `time`, where value i holds from i times `interval` on. Before the first it is the first,
/// after the last the last.
///
/// Brian 2's rule, which is safe against the rounding of times that are multiples of `step`:
///
///     i = int((time/eps + 0.5)/K),   eps = interval/K,   K = max(2^ceil(log2(8 interval/step)), 1).
[[nodiscard]] NodeId table_lookup(Algebra& algebra, std::span<const double> values, double interval, NodeId time,
                                  NodeId step);

}  // namespace hillock::ir
