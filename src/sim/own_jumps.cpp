#include "sim/own_jumps.hpp"

#include <algorithm>

#include "ir/derive.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;
using ir::SymbolId;

namespace {

constexpr double sliver_of_row = 1e-12;
constexpr double sliver_of_time = 0x1p-49;  // a time is not known better than to its rounding

/// By symbol: is it a parameter?
std::vector<bool> parameters_of(const ir::Model& model) {
  std::vector<bool> out(model.symbols.size() + 1);  // and one for the side
  for (const ir::Parameter& p : model.parameters) out[index(p.symbol)] = true;
  return out;
}

SymbolId side_of(const ir::Model& model) { return SymbolId{static_cast<std::uint32_t>(model.symbols.size())}; }

ir::SidedEquations sides_of(const ir::Model& model) {
  std::vector<NodeId> roots;
  for (const ir::State& s : model.states) roots.push_back(s.derivative);
  std::vector<bool> stands_still = parameters_of(model);
  for (const ir::Constant& c : model.constants) stands_still[index(c.symbol)] = true;
  stands_still[index(model.step)] = true;
  return ir::take_sides(model.graph, roots, model.time, side_of(model),
                        [&](SymbolId id) { return stands_still[index(id)]; });
}

}  // namespace

std::vector<std::uint32_t> parameters_of_edges(const ir::Model& model) {
  const ir::SidedEquations equations = sides_of(model);
  std::vector<NodeId> drives;
  for (const ir::Sided::Part& part : equations.parts) drives.push_back(part.drive);
  std::vector<bool> read(model.symbols.size() + 1);
  for (const NodeId id : ir::reachable(equations.graph, drives))
    if (equations.graph[id].op == Op::symbol) read[index(equations.graph[id].symbol)] = true;
  std::vector<std::uint32_t> out;
  for (std::uint32_t k = 0; k < model.parameters.size(); ++k)
    if (read[index(model.parameters[k].symbol)]) out.push_back(k);
  return out;
}

OwnJumps::OwnJumps(StepContext& context)
    : context_(context), equations_(sides_of(context.model())), side_(side_of(context.model())) {}

OwnJumps::Ahead OwnJumps::ahead(const ir::Sided::Part& part, NodeId now) {
  ir::Algebra& al = context_.algebra();
  ir::Algebra of_parts(equations_.graph);
  const NodeId side = equations_.graph.symbol(side_);
  const NodeId by_time = ir::gradient(of_parts, part.drive, std::span(&side, 1))[0];
  const NodeId after = al.add(now, sliver_);
  const NodeId drive = context_.at_side(equations_.graph, part.drive, after);
  const NodeId slope = context_.at_side(equations_.graph, by_time, after);
  const NodeId zero = al.number(0.0), one = al.number(1.0);
  NodeId change = zero;  // where the drive is at the jump
  if (part.whole_numbers)
    change = al.select(al.make(Op::gt, slope, zero), al.add(al.make(Op::floor, drive), one),
                       al.sub(al.make(Op::ceil, drive), one));
  const NodeId left = al.div(al.sub(al.make(Op::stop_gradient, change), drive), slope);
  return {al.add(left, sliver_), al.make(Op::gt, left, zero)};
}

void OwnJumps::begin() {
  ir::Algebra& al = context_.algebra();
  const NodeId start = context_.progress();
  const NodeId now = context_.time_at(start), row = context_.step();
  sliver_ =
      al.make(Op::max, al.mul(al.number(sliver_of_row), row), al.mul(al.number(sliver_of_time), al.make(Op::abs, now)));
  NodeId fraction = context_.fraction();
  const std::vector<bool> is_parameter = parameters_of(context_.model());
  for (const ir::Sided::Part& part : equations_.parts) {
    const Ahead next = ahead(part, now);
    const NodeId limit = al.make(Op::stop_gradient, al.div(next.time, row));
    fraction = al.select(al.make(Op::land, next.exists, al.make(Op::lt, limit, fraction)), limit, fraction);
    if (std::ranges::any_of(ir::reachable(equations_.graph, std::span(&part.drive, 1)), [&](NodeId id) {
          const ir::Node& node = equations_.graph[id];
          return node.op == Op::symbol && is_parameter[index(node.symbol)];
        }))
      moving_.push_back(next);
  }
  context_.shorten(fraction);
  middle_ = context_.time_at(al.add(start, al.mul(al.number(0.5), fraction)));
  context_.take_sides(equations_.graph, equations_.values, middle_);
}

std::vector<NodeId> OwnJumps::advance(std::vector<NodeId> next, const ir::Adaptive& control) {
  if (moving_.empty()) return next;
  ir::Algebra& al = context_.algebra();
  const NodeId end = al.add(context_.progress(), context_.fraction());
  const NodeId length = al.mul(context_.step(), context_.fraction());
  const NodeId zero = al.number(0.0);
  // The first of those that the step ends at: how its time moves.
  NodeId moves = zero;
  for (auto jump = moving_.rbegin(); jump != moving_.rend(); ++jump) {
    const NodeId off = al.make(Op::abs, al.sub(jump->time, length));
    const NodeId here = al.make(Op::land, jump->exists, al.make(Op::le, off, sliver_));
    moves = al.select(here, al.sub(jump->time, al.make(Op::stop_gradient, jump->time)), moves);
  }
  const NodeId kept = al.make(Op::le, control.error, al.number(1.0));
  const auto before = context_.derivatives_at(next, end);
  const NodeId beyond = al.add(context_.time_at(end), al.mul(al.number(2.0), sliver_));
  context_.take_sides(equations_.graph, equations_.values, beyond);
  const auto after = context_.derivatives_at(next, end);
  context_.take_sides(equations_.graph, equations_.values, middle_);  // whoever asks next is within the step
  for (std::size_t i = 0; i < next.size(); ++i) {
    const NodeId shift = al.make(Op::stop_gradient, al.sub(before[i], after[i]));
    next[i] = al.add(next[i], context_.hold(i, al.select(kept, al.mul(shift, moves), zero), zero));
  }
  return next;
}

}  // namespace hillock::sim
