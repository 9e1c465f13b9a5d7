/// Library functions become primitives.

#include "ir/lower/lower.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"
#include "ir/usual.hpp"

namespace hillock::ir {

void lower_functions(Program& program) {
  const std::vector<NodeId> roots = gather_roots(program);
  const std::vector<bool> usual = usually_needed(program.graph, roots);
  rewrite_program(program, [&](Graph& g, NodeId id, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::constant || node.op == Op::symbol) return same_node(g, node, args);
    if (node.op == Op::exp && node.type == Type::real && !usual[index(id)]) return lower_exp_anywhere(g, args[0]);
    return lower(g, node.op, args);
  });
}

}  // namespace hillock::ir
