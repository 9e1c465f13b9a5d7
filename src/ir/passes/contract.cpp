/// A product that sums alone read is fused with them, and so are two products that are added to something. Every
/// back end then rounds alike.

#include <algorithm>

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

void contract(Program& program) {
  const std::vector<NodeId> roots = gather_roots(program);
  const Graph before = program.graph;
  Dependences dependences(before, program.variables);
  const std::vector<NodeId> order = reachable(before, roots);
  // A product that stands still is not worth a fusion that a moving one could have.
  const auto product = [&](NodeId id) { return before[id].op == Op::mul && dependences.of(id).carried; };
  const auto sums = [&](NodeId id) { return before[id].op == Op::add || before[id].op == Op::sub; };
  std::vector<int> uses(before.size());
  std::vector<int> alone(before.size());  // by sums, and beside something else than a product
  for (const NodeId root : roots) ++uses[index(root)];
  for (const NodeId id : order) {
    const auto& args = before[id].args;
    for (const NodeId arg : args)
      if (arg != no_node) ++uses[index(arg)];
    if (sums(id))
      for (const std::size_t k : {0U, 1U})
        if (!product(args[1 - k])) ++alone[index(args[k])];
  }
  const auto fusible = [&](NodeId sum, NodeId id) {
    return before[id].op == Op::mul && (product(id) || !dependences.of(sum).carried) &&
           (uses[index(id)] == 1 || alone[index(id)] == uses[index(id)]);
  };
  rewrite_program(program, [&](Graph& g, NodeId id, const Node& node, std::span<const NodeId> args) {
    if (!sums(id)) return same_node(g, node, args);
    const auto negative = [&](NodeId of) {
      const Node n = g[of];
      if (n.op == Op::neg) return n.args[0];
      return n.op == Op::constant && n.type == Type::real ? g.constant(-n.value) : g.make(Op::neg, of);
    };
    const bool minus = node.op == Op::sub;
    for (const std::size_t k : {1U, 0U}) {
      if (!fusible(id, node.args[k]) || g[args[k]].op != Op::mul) continue;
      const auto f = g[args[k]].args;
      if (!minus) return g.make(Op::fma, f[0], f[1], args[1 - k]);
      return k == 1 ? g.make(Op::fma, negative(f[0]), f[1], args[0]) : g.make(Op::fma, f[0], f[1], negative(args[1]));
    }
    // a + (b c + d e)
    for (const std::size_t k : {1U, 0U}) {
      const NodeId pair = node.args[k];
      if (!sums(pair) || uses[index(pair)] != 1 || !dependences.of(pair).carried) continue;
      const auto& products = before[pair].args;
      if (!std::ranges::all_of(std::span(products).first(2),
                               [&](NodeId p) { return product(p) && uses[index(p)] == 1; }))
        continue;
      const Node fused = g[args[k]];
      if (fused.op != Op::fma || g[fused.args[2]].op != Op::mul) continue;
      const auto second = g[fused.args[2]].args;
      if (minus && k == 1)
        return g.make(Op::fma, negative(fused.args[0]), fused.args[1],
                      g.make(Op::fma, negative(second[0]), second[1], args[0]));
      return g.make(Op::fma, fused.args[0], fused.args[1],
                    g.make(Op::fma, second[0], second[1], minus ? negative(args[1]) : args[1 - k]));
    }
    // -a b - c
    const Node left = before[node.args[0]];
    if (minus && left.op == Op::neg && uses[index(node.args[0])] == 1 && fusible(id, left.args[0]))
      if (const Node turned = g[args[0]]; turned.op == Op::neg && g[turned.args[0]].op == Op::mul) {
        const auto f = g[turned.args[0]].args;
        return g.make(Op::fma, negative(f[0]), f[1], negative(args[1]));
      }
    return same_node(g, node, args);
  });
}

}  // namespace hillock::ir
