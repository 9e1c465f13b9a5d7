/// Divisions by quotients. A rate is written a/exprel(x), which is a x/(exp(x) - 1): one division instead of two;
/// and a/(b/c) = a c/b leaves b alone, to be hoisted where it stands still. A rounding more or less.

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void merge_divisions(Program& program) {
  rewrite_program(program, [](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::div) {
      Algebra algebra(g);
      const Node below = g[args[1]];
      if (below.op == Op::exprel) return algebra.mul(args[0], algebra.make(Op::bernoulli, below.args[0]));
      if (below.op == Op::div) return algebra.div(algebra.mul(args[0], below.args[1]), below.args[0]);
    }
    return same_node(g, node, args);
  });
}

}  // namespace hillock::ir
