#include "sim/integrate/exponential_step.hpp"

#include <algorithm>

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

namespace {

bool moves(StepContext& context, const LinearEquation& equation) {
  const ir::Graph& graph = context.algebra().g;
  const NodeId roots[] = {equation.slope, equation.offset};
  return std::ranges::any_of(ir::reachable(graph, roots), [&](NodeId id) {
    if (graph[id].op != Op::symbol) return false;
    const ir::Source source = context.program().variables[index(graph[id].symbol)].source;
    return source != ir::Source::parameter && source != ir::Source::column;
  });
}

}  // namespace

NodeId exponential_step(StepContext& context, NodeId x, const LinearEquation& equation, NodeId h) {
  ir::Algebra& al = context.algebra();
  const NodeId offset = al.mul(h, equation.offset);
  if (al.g.is_constant(equation.slope, 0.0)) return al.add(x, offset);
  const NodeId slope = al.mul(h, equation.slope);
  const NodeId exprel = al.make(Op::exprel, slope);
  // A and B of states: the fewest operations at every step. Of inputs alone: all but one where an input changes.
  if (moves(context, equation)) return al.add(x, al.mul(al.add(al.mul(slope, x), offset), exprel));
  return al.add(al.mul(x, al.add(al.mul(slope, exprel), al.number(1.0))), al.mul(offset, exprel));
}

}  // namespace hillock::sim
