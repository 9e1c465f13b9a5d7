#pragma once
/// What an expression can be, where its names lie in given ranges: by intervals, so never less than the truth, and
/// often more (every occurrence of a name counts as a name of its own, but a square is a square).
///
/// In real arithmetic: what only rounding makes 0 or infinite (exp(-800)) is not counted as such.

#include <limits>
#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool never_zero = false;  ///< 0 is left out: (0, 1] is {0, 1, true}
  bool defined = true;      ///< always a number: false where an argument may be outside a function's domain

  [[nodiscard]] bool positive() const { return defined && (low > 0.0 || (low == 0.0 && never_zero)); }
  [[nodiscard]] bool negative() const { return defined && (high < 0.0 || (high == 0.0 && never_zero)); }
};

/// @param symbols  by SymbolId
[[nodiscard]] std::vector<Range> ranges_of(const Graph& graph, std::span<const NodeId> roots,
                                           std::span<const Range> symbols);

}  // namespace hillock::ir
