/// A division of something that changes by something that changes less often multiplies by the hoisted
/// reciprocal (one more rounding, at most 1 ulp).

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void hoist_reciprocals(Program& program) {
  Graph before = program.graph;
  Dependences dependences(before, program.variables);
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::div) {
      const bool top_moves = dependences.of(node.args[0]).carried;
      const bool bottom_moves = dependences.of(node.args[1]).carried;
      if (top_moves && !bottom_moves) {
        Algebra algebra(g);
        return algebra.mul(args[0], algebra.div(algebra.number(1.0), args[1]));
      }
    }
    return same_node(g, node, args);
  });
}

}  // namespace hillock::ir
