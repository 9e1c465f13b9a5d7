#include "ir/algebra.hpp"

#include <numbers>

#include "ir/interpret.hpp"

namespace hillock::ir {

NodeId Algebra::add(NodeId a, NodeId b) {
  if (is(a, 0.0)) return b;
  if (is(b, 0.0)) return a;
  if (g.is_constant(a) && g.is_constant(b)) return number(g[a].value + g[b].value);
  if (is_op(b, Op::neg)) return sub(a, g[b].args[0]);
  if (is_op(a, Op::neg)) return sub(b, g[a].args[0]);
  if (index(b) < index(a)) std::swap(a, b);  // a + b and b + a are one node
  return g.make(Op::add, a, b);
}

NodeId Algebra::sub(NodeId a, NodeId b) {
  if (is(b, 0.0)) return a;
  if (is(a, 0.0)) return neg(b);
  if (a == b) return number(0.0);
  if (g.is_constant(a) && g.is_constant(b)) return number(g[a].value - g[b].value);
  if (is_op(b, Op::neg)) return add(a, g[b].args[0]);
  return g.make(Op::sub, a, b);
}

NodeId Algebra::mul(NodeId a, NodeId b) {
  if (is(a, 0.0) || is(b, 0.0)) return number(0.0);
  if (is(a, 1.0)) return b;
  if (is(b, 1.0)) return a;
  if (is(a, -1.0)) return neg(b);
  if (is(b, -1.0)) return neg(a);
  if (g.is_constant(a) && g.is_constant(b)) return number(g[a].value * g[b].value);
  if (is_op(a, Op::neg) && is_op(b, Op::neg)) return mul(g[a].args[0], g[b].args[0]);
  if (is_op(a, Op::neg)) return neg(mul(g[a].args[0], b));
  if (is_op(b, Op::neg)) return neg(mul(a, g[b].args[0]));
  if (index(b) < index(a)) std::swap(a, b);
  return g.make(Op::mul, a, b);
}

NodeId Algebra::div(NodeId a, NodeId b) {
  if (is(b, 1.0)) return a;
  if (is(b, -1.0)) return neg(a);
  if (is(a, 0.0) && !g.is_constant(b)) return number(0.0);
  if (g.is_constant(a) && g.is_constant(b)) return number(g[a].value / g[b].value);
  if (is_op(a, Op::neg) && is_op(b, Op::neg)) return div(g[a].args[0], g[b].args[0]);
  if (is_op(a, Op::neg)) return neg(div(g[a].args[0], b));
  if (is_op(b, Op::neg)) return neg(div(a, g[b].args[0]));
  return g.make(Op::div, a, b);
}

NodeId Algebra::neg(NodeId a) {
  if (g.is_constant(a)) return number(-g[a].value);
  if (is_op(a, Op::neg)) return g[a].args[0];
  if (is_op(a, Op::sub)) return sub(g[a].args[1], g[a].args[0]);
  return g.make(Op::neg, a);
}

NodeId Algebra::select(NodeId condition, NodeId a, NodeId b) {
  if (a == b) return a;
  if (g.is_constant(condition)) return g[condition].value != 0.0 ? a : b;
  return g.make(Op::select, condition, a, b);
}

NodeId Algebra::make(Op op, std::span<const NodeId> args) {
  switch (op) {
    case Op::add: return add(args[0], args[1]);
    case Op::sub: return sub(args[0], args[1]);
    case Op::mul: return mul(args[0], args[1]);
    case Op::div: return div(args[0], args[1]);
    case Op::neg: return neg(args[0]);
    case Op::select: return select(args[0], args[1], args[2]);
    case Op::pow:
      if (is(args[1], 1.0)) return args[0];
      if (is(args[1], 0.0)) return number(1.0);
      break;
    case Op::lnot:
      if (is_op(args[0], Op::lnot)) return g[args[0]].args[0];
      break;
    case Op::ne:
      if (is_op(args[0], Op::to_real) && is(args[1], 0.0)) return g[args[0]].args[0];
      break;
    default: break;
  }
  bool fold = !args.empty();
  double values[3] = {0.0, 0.0, 0.0};
  for (std::size_t i = 0; i < args.size(); ++i) {
    fold = fold && g.is_constant(args[i]);
    values[i] = g[args[i]].value;
  }
  if (fold) {
    const double value = apply(op, values[0], values[1], values[2]);
    if (op == Op::to_single) return g.constant_single(value);
    return info(op).result == Type::boolean ? g.boolean(value != 0.0) : number(value);
  }
  return g.make(op, args);
}

NodeId whole_steps(Algebra& algebra, NodeId time, NodeId step) {
  const NodeId ahead = algebra.add(time, algebra.mul(algebra.number(1e-3), step));
  return algebra.make(Op::trunc, algebra.div(ahead, step));
}

NodeId angle_of(Algebra& al, NodeId y, NodeId x) {
  const NodeId zero = al.number(0.0);
  const NodeId pi = al.number(std::numbers::pi);
  // The quotient is at most 1 in size, so that neither it nor its slope runs away.
  const NodeId turn = al.select(al.make(Op::lt, x, zero), al.select(al.make(Op::lt, y, zero), al.neg(pi), pi), zero);
  const NodeId flat = al.add(al.make(Op::arctan, al.div(y, x)), turn);
  const NodeId quarter = al.mul(al.make(Op::sign, y), al.number(0.5 * std::numbers::pi));
  const NodeId steep = al.sub(quarter, al.make(Op::arctan, al.div(x, y)));
  const NodeId is_flat = al.make(Op::ge, al.make(Op::abs, x), al.make(Op::abs, y));
  const NodeId origin = al.make(Op::land, al.make(Op::eq, x, zero), al.make(Op::eq, y, zero));
  return al.select(origin, zero, al.select(is_flat, flat, steep));
}

std::vector<NodeId> simplify(const Graph& from, std::span<const NodeId> roots, Graph& to,
                             std::span<const NodeId> substitute) {
  Algebra algebra(to);
  return rebuild(from, roots, [&](NodeId, const Node& node, std::span<const NodeId> args) {
    const std::uint32_t s = index(node.symbol);
    if (node.op == Op::symbol && s < substitute.size() && substitute[s] != no_node) return substitute[s];
    return args.empty() ? same_node(to, node, args) : algebra.make(node.op, args);
  });
}

}  // namespace hillock::ir
