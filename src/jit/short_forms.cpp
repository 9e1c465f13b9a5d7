#include "jit/short_forms.hpp"

#include "jit/primitives.hpp"

namespace hillock::jit {

using ir::Node;
using ir::NodeId;
using ir::Op;

std::array<NodeId, 3> ShortForms::operands(NodeId id) const {
  const Node& node = g_[id];
  std::array<NodeId, 3> out = node.args;
  if (!wanted_) return out;
  if (const NodeId sum = magic_sum(id); sum != ir::no_node) out[node.op == Op::exp2_table ? 0 : 1] = sum;
  // The scaling instruction of AVX-512 takes the floor of its exponent itself.
  if (node.op == Op::scale2 && isa_ == Isa::avx512 && g_[node.args[1]].op == Op::floor)
    out[1] = g_[node.args[1]].args[0];
  return out;
}

bool ShortForms::reads_magic(NodeId id) const { return magic_sum(id) != ir::no_node; }

NodeId ShortForms::magic_sum(NodeId id) const {
  if (!wanted_) return ir::no_node;
  const Node& node = g_[id];
  if (node.op == Op::exp2_table) {  // of s - 1.5*2^52, or of 16 (s - 1.5*2^48)
    const Node& number = g_[node.args[0]];
    return number.op == Op::mul && g_.is_constant(number.args[1], 16.0)
               ? without(number.args[0], Primitives::magic / 16)
               : without(node.args[0], Primitives::magic);
  }
  // AVX-512 has an instruction that takes the exponent as a number.
  if (node.op == Op::scale2_normal && isa_ == Isa::avx2) return without(node.args[1], Primitives::magic / 16);
  return ir::no_node;
}

/// The sum s where the node is s - magic.
NodeId ShortForms::without(NodeId id, double magic) const {
  const Node& node = g_[id];
  return node.op == Op::sub && g_.is_constant(node.args[1], magic) ? node.args[0] : ir::no_node;
}

}  // namespace hillock::jit
