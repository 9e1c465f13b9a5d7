#include "sim/integrate/part_of_row.hpp"

#include "ir/derive.hpp"

namespace hillock::sim {

using ir::NodeId;

Result<PartOfRow> PartOfRow::create(const ir::Model& model, const Integrator& integrator, NodeId event,
                                    bool with_hold) {
  PartOfRow part;
  ir::Program& p = part.scratch_;
  p.parameters = parameter_count(model);
  p.columns = Layout(model).columns();
  StepContext context(model, p);
  // Which source these have does not matter: they are replaced.
  part.from_ = p.add_symbol(ir::Source::progress, 0);
  part.to_ = p.add_symbol(ir::Source::substep, 0);
  part.free_ = p.add_symbol(ir::Source::progress, 1);
  context.over(p.graph.symbol(part.from_), p.graph.symbol(part.to_));
  if (with_hold) context.move_while(p.graph.symbol(part.free_, ir::Type::boolean));
  auto step = integrator.build(context);
  if (!step) return fail(std::move(step.error()));
  At& at = part.in_scratch_;
  at.next = context.hold(std::move(step->next));
  part.event_at_from_ = context.expression(event, context.state_values(), Layout::Stage::start);
  at.event = context.expression(event, at.next, Layout::Stage::end);
  std::vector<NodeId> seeds(p.variables.size(), ir::no_node);
  seeds[index(part.to_)] = context.algebra().number(1.0);
  ir::Tangent tangent(context.algebra(), std::move(seeds));
  for (const NodeId id : at.next) at.slope.push_back(tangent.of(id));
  at.event_slope = tangent.of(at.event);
  return part;
}

std::vector<NodeId> PartOfRow::made(ir::Program& program, std::span<const NodeId> roots, std::span<const NodeId> values,
                                    const Places& places) const {
  std::vector<NodeId> map;
  for (const ir::Variable& v : scratch_.variables) switch (v.source) {
      case ir::Source::parameter: map.push_back(program.parameter(v.index)); break;
      case ir::Source::column: map.push_back(program.column(v.index)); break;
      case ir::Source::carried: map.push_back(values[v.index]); break;
      default: map.push_back(ir::no_node);
    }
  map[index(from_)] = places.from;
  map[index(to_)] = places.to;
  map[index(free_)] = places.free;
  return ir::simplify(scratch_.graph, roots, program.graph, map);
}

NodeId PartOfRow::event(ir::Program& program, std::span<const NodeId> values, NodeId fraction) const {
  return made(program, std::span(&event_at_from_, 1), values, {fraction, ir::no_node, ir::no_node})[0];
}

PartOfRow::At PartOfRow::at(ir::Program& program, std::span<const NodeId> values, NodeId from, NodeId to,
                            NodeId free) const {
  std::vector<NodeId> roots(in_scratch_.next);
  roots.insert(roots.end(), in_scratch_.slope.begin(), in_scratch_.slope.end());
  roots.insert(roots.end(), {in_scratch_.event, in_scratch_.event_slope});
  const std::vector<NodeId> all = made(program, roots, values, {from, to, free});
  const auto n = static_cast<std::ptrdiff_t>(in_scratch_.next.size());
  return {{all.begin(), all.begin() + n}, {all.begin() + n, all.begin() + 2 * n}, all[all.size() - 2], all.back()};
}

}  // namespace hillock::sim
