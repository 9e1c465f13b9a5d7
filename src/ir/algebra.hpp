#pragma once
/// Constructors that simplify as they build: the rules read as algebra.
///
/// Rules keep the value of every finite computation; `x*0 = 0` and `x - x = 0` also hold where x would have been
/// infinite or NaN, which is what a structural zero of a derivative means.

#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

class Algebra {
 public:
  explicit Algebra(Graph& graph) : g(graph) {}
  Graph& g;

  NodeId number(double value) { return g.constant(value); }
  NodeId add(NodeId a, NodeId b);
  NodeId sub(NodeId a, NodeId b);
  NodeId mul(NodeId a, NodeId b);
  NodeId div(NodeId a, NodeId b);
  NodeId neg(NodeId a);
  NodeId select(NodeId condition, NodeId a, NodeId b);
  /// Any op, through the rules above where they apply; constants are folded.
  NodeId make(Op op, std::span<const NodeId> args);
  NodeId make(Op op, NodeId a) { return make(op, std::span<const NodeId>(&a, 1)); }
  NodeId make(Op op, NodeId a, NodeId b) {
    const NodeId args[2] = {a, b};
    return make(op, args);
  }

 private:
  [[nodiscard]] bool is(NodeId id, double value) const { return g.is_constant(id, value); }
  [[nodiscard]] bool is_op(NodeId id, Op op) const { return g[id].op == op; }
};

/// Brian 2's timestep(time, step): how many whole steps, where a time that is a thousandth of a step short of a whole
/// number counts as that number.
[[nodiscard]] NodeId whole_steps(Algebra& algebra, NodeId time, NodeId step);

/// The roots rebuilt through the rules, in `to` (which may hold other nodes already). Symbols are replaced:
/// `substitute[symbol]` is a node of `to`, or no_node to keep the symbol.
[[nodiscard]] std::vector<NodeId> simplify(const Graph& from, std::span<const NodeId> roots, Graph& to,
                                           std::span<const NodeId> substitute = {});

/// The angle of the point (x, y), in (-pi, pi]; 0 at the origin.
[[nodiscard]] NodeId angle_of(Algebra& algebra, NodeId y, NodeId x);

}  // namespace hillock::ir
