#pragma once
/// Derivatives by rewriting: the derivative of an expression is an expression in the same graph.

#include <map>
#include <set>
#include <span>
#include <vector>

#include "ir/algebra.hpp"

namespace hillock::ir {

/// d op(args) / d args[k], as an expression; `self` is the node op(args). Zero where the op is piecewise constant;
/// at a kink, the derivative of the branch that the op takes. What the branch not taken would have given, be it NaN,
/// does not reach a derivative.
[[nodiscard]] NodeId partial(Algebra& algebra, Op op, std::span<const NodeId> args, NodeId self, int k);

/// a b, for the chain rule: a factor that is a choice between something and 0, or minus that, stays outside,
/// select(c, u, 0) b = select(c, u b, 0). So the slope of a branch that is not taken, which may be infinite or NaN,
/// meets no 0 and reaches nobody.
[[nodiscard]] NodeId chained(Algebra& algebra, NodeId a, NodeId b);

/// seldom(condition, rare, usual), or what both are.
[[nodiscard]] NodeId seldom(Algebra& algebra, NodeId condition, NodeId rare, NodeId usual);

/// Is the derivative of this op 0 wherever it has one?
[[nodiscard]] bool is_piecewise_constant(Op op);

/// Forward mode. The derivative of many roots along one direction, given the derivatives of symbols
/// (`seeds[symbol]`, no_node means 0). Work already done for one root is shared with the next.
class Tangent {
 public:
  /// `given`: nodes whose derivative is known already; what is below them is not looked at.
  Tangent(Algebra& algebra, std::vector<NodeId> seeds, const std::map<NodeId, NodeId>& given = {});
  NodeId of(NodeId root);

 private:
  Algebra& algebra_;
  std::vector<NodeId> seeds_;
  std::vector<NodeId> known_;
  std::set<NodeId> given_;
};

/// Reverse mode. The derivatives of one root with respect to each of `leaves`, which may be any nodes; what is below a
/// leaf is not looked at.
[[nodiscard]] std::vector<NodeId> gradient(Algebra& algebra, NodeId root, std::span<const NodeId> leaves);

/// Does the expression contain the symbol?
[[nodiscard]] bool depends_on(const Graph& graph, NodeId root, SymbolId symbol);

}  // namespace hillock::ir
