#pragma once
/// A checked expression as a node of a graph.

#include <cstdint>
#include <functional>
#include <string_view>

#include "ir/graph.hpp"
#include "lang/ast.hpp"

namespace hillock::lang {

/// The node that a name stands for (units, `pi`, `e` and `inf` are known and not asked for).
using ResolveNode = std::function<ir::NodeId(std::string_view name)>;

/// The number that a call of a random function draws: its node in `Ast::nodes`, and normal or uniform.
using DrawNode = std::function<ir::NodeId(std::uint32_t call, bool normal)>;

/// The value of a table at a time.
using TableNode = std::function<ir::NodeId(std::string_view name, ir::NodeId time)>;

/// Functions that are no ops.
struct Calls {
  DrawNode draw;
  TableNode table;
};

/// Told of every quotient whose removable singularity was removed; none: quotients stay as they are written.
using TellRemoved = std::function<void(Extent quotient)>;

/// Adds `expr`, which passed a Checker, to `graph`. `dt` is asked for by
/// `timestep` through the expression itself, so nothing is implied. Brian 2's meaning of every operator: a condition in
/// arithmetic counts as 0 or 1, `//` and `%` follow the divisor's sign.
[[nodiscard]] ir::NodeId lower(const Ast& ast, const Expr& expr, ir::Graph& graph, const ResolveNode& resolve,
                               const Calls& calls = {}, const TellRemoved& removed = {});

/// `node` as a number: a condition becomes 0 or 1.
[[nodiscard]] ir::NodeId as_real(ir::Graph& graph, ir::NodeId node);

}  // namespace hillock::lang
