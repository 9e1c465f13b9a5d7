#pragma once
/// A test that is enough: where it passes, none of some conditions holds.
///
/// Nearly every row is computed as if nothing rare was wanted, and each choice has a condition of its own that says
/// whether it was. To ask each of them costs as much as a fifth of the row. What they ask is much the same, though:
/// that numbers are not larger than a limit, or not smaller. So the numbers of one limit are tested together: their
/// squares add up to at most its square, or the least of their sizes is not below it. A row that fails is computed
/// again with the conditions themselves, so that it does not matter that the first of these tests asks for more.

#include <functional>
#include <span>

#include "ir/graph.hpp"

namespace hillock::jit {

/// Expressions; no_node: always true.
struct EnoughTest {
  ir::NodeId once = ir::no_node;       ///< of what stands still
  ir::NodeId every_row = ir::no_node;  ///< of the rest: none of the conditions holds where both are true
};

/// Numbers whose squares are added: more of them would ask for much more than the conditions do.
inline constexpr std::size_t most_squares = 6;

/// The limit of a sum of squares where each number alone may have `limit`, with all roundings on the safe side; 0 where
/// squares of that size would overflow, or vanish.
[[nodiscard]] double limit_of_squares(double limit, ir::Type type);

/// @param conditions  boolean expressions
/// @param still       whether an expression is the same at every row
[[nodiscard]] EnoughTest enough_for(ir::Graph& graph, std::span<const ir::NodeId> conditions,
                                    const std::function<bool(ir::NodeId)>& still);

}  // namespace hillock::jit
