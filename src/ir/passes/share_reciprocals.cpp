/// Divisions by one moving number become products with its reciprocal, where there are several (one more rounding
/// each): derivatives divide by what their functions divide by.

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void share_reciprocals(Program& program) {
  const std::vector<NodeId> roots = gather_roots(program);
  std::vector<int> divides(program.graph.size());
  for (const NodeId id : reachable(program.graph, roots)) {
    const Node& node = program.graph[id];
    if (node.op == Op::div && !program.graph.is_constant(node.args[1])) ++divides[index(node.args[1])];
  }
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op != Op::div || divides[index(node.args[1])] < 2) return same_node(g, node, args);
    Algebra algebra(g);
    return algebra.mul(args[0], algebra.div(algebra.number(1.0), args[1]));
  });
}

}  // namespace hillock::ir
