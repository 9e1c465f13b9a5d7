/// x/(exp(x) - 1) as a division where there are others that it can be shared with; 1 at 0. Of programs in single
/// precision; for doubles that is done where exponentials are shared.

#include <algorithm>

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void divide_by_exponentials(Program& program) {
  const std::vector<NodeId> roots = gather_roots(program);
  const auto divides = [&](NodeId id) {
    return program.graph[id].op == Op::div || program.graph[id].op == Op::bernoulli;
  };
  if (std::ranges::count_if(reachable(program.graph, roots), divides) < 2) return;
  rewrite_program(program, [](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op != Op::bernoulli) return same_node(g, node, args);
    Algebra al(g);
    const NodeId one = al.number(1.0);
    const NodeId at_zero = al.make(Op::eq, args[0], al.number(0.0));
    return al.div(al.select(at_zero, one, args[0]), al.select(at_zero, one, al.make(Op::expm1, args[0])));
  });
}

}  // namespace hillock::ir
