/// mod, floordiv, sign, min, max, clip.

#include <cmath>
#include <limits>

#include "ir/lower/build.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {

NodeId lower_mod(Graph& graph, NodeId x, NodeId y) {
  Build b(graph);
  const NodeId q = b.floor(b.div(x, y));
  // x - q y is a double (Sterbenz for whole quotients) where q = floor of the true quotient, and where rounding lifted
  // the quotient to the next whole number it has the wrong sign and y is added. q = 0 leaves x, also for infinite y.
  const NodeId r = b.select(b.eq(q, 0.0), x, b.fma(b.neg(q), y, x));
  const NodeId y_negative = b.lt(y, 0.0);
  const NodeId wrong_side = b.lt(b.select(y_negative, b.neg(r), r), 0.0);
  const NodeId moved = b.select(wrong_side, b.add(r, y), r);
  const NodeId with_zero = b.select(b.eq(r, 0.0), b.select(y_negative, b.num(-0.0), b.num(0.0)), moved);
  return b.select(b.lt(b.abs(q), 0x1p53), with_zero, b.num(std::numeric_limits<double>::quiet_NaN()));
}

NodeId lower_floordiv(Graph& graph, NodeId x, NodeId y) {
  Build b(graph);
  return b.floor(b.div(x, y));
}

NodeId lower_sign(Graph& graph, NodeId x) {
  Build b(graph, graph[x].type);
  return b.select(b.gt(x, 0.0), b.num(1.0), b.select(b.lt(x, 0.0), b.num(-1.0), x));
}

namespace {

/// The primitives lose a NaN of their first operand; a person's min and max must not.
NodeId nan_stays(Build& b, const Graph& graph, NodeId first, NodeId primitive) {
  if (graph.is_constant(first)) return std::isnan(graph[first].value) ? first : primitive;
  return b.select(b.ne(first, first), first, primitive);
}

}  // namespace

NodeId lower_min(Graph& graph, NodeId x, NodeId y) {
  Build b(graph, graph[x].type);
  return nan_stays(b, graph, x, b.least(x, y));
}

NodeId lower_max(Graph& graph, NodeId x, NodeId y) {
  Build b(graph, graph[x].type);
  return nan_stays(b, graph, x, b.most(x, y));
}

NodeId lower_clip(Graph& graph, NodeId x, NodeId low, NodeId high) {
  return lower_min(graph, high, lower_max(graph, low, x));
}

}  // namespace hillock::ir
