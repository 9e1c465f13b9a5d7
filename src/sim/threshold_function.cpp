#include "sim/threshold_function.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;
using ir::Op;

/// Nothing where there is no such function.
NodeId distance(ir::Algebra& al, NodeId condition) {
  const ir::Node node = al.g[condition];  // a copy: the graph grows below
  switch (node.op) {
    case Op::gt:
    case Op::ge: return al.sub(node.args[0], node.args[1]);
    case Op::lt:
    case Op::le: return al.sub(node.args[1], node.args[0]);
    case Op::land:
    case Op::lor: {
      const NodeId a = distance(al, node.args[0]);
      const NodeId b = distance(al, node.args[1]);
      if (a == ir::no_node || b == ir::no_node) return ir::no_node;
      return al.make(node.op == Op::land ? Op::min : Op::max, a, b);
    }
    case Op::lnot: {
      const NodeId a = distance(al, node.args[0]);
      return a == ir::no_node ? ir::no_node : al.neg(a);
    }
    default: return ir::no_node;
  }
}

}  // namespace

Result<NodeId> threshold_function(ir::Graph& graph, const ir::Model& model) {
  ir::Algebra algebra(graph);
  const NodeId out = distance(algebra, model.spiking->threshold);
  if (out == ir::no_node)
    return fail(Error{"threshold-not-locatable",
                      "the threshold is no comparison that something crosses: its time "
                      "cannot be found inside a step",
                      model.spiking->span, model.name, "a threshold such as v > -50*mV, or events = \"grid\""});
  return out;
}

}  // namespace hillock::sim
