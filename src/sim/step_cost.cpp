#include "sim/step_cost.hpp"

#include <algorithm>

#include "sim/dynamics.hpp"

namespace hillock::sim {
namespace {

/// Primitive operations of nodes. A block of random numbers is ten rounds of ten, and has two halves.
std::size_t operations(const ir::Graph& graph, std::span<const ir::NodeId> nodes) {
  constexpr std::size_t half_block = 50;
  std::size_t sum = 0;
  for (const ir::NodeId id : nodes) {
    const ir::Op op = graph[id].op;
    sum += op == ir::Op::random_a || op == ir::Op::random_b ? half_block : 1;
  }
  return sum;
}

bool draws(const ir::Graph& graph, const ir::Group& group) {
  return std::ranges::any_of(group.nodes, [&](ir::NodeId id) { return graph[id].op == ir::Op::random_a; });
}

}  // namespace

Result<StepCost> step_cost(const ir::Model& model, std::string_view name) {
  const Layout layout(model);
  ir::Program program;
  StepContext context(model, program);
  if (auto added = add_dynamics(context, name); !added) return fail(std::move(added.error()));
  // A step, not the start, is what is counted.
  for (ir::NodeId& initial : program.init) initial = context.algebra().number(0.0);

  StepCost cost;
  std::vector<ir::NodeId> next;
  for (const ir::Assignment& a : program.advance) next.push_back(a.value);
  for (const ir::NodeId id : ir::reachable(program.graph, next)) {
    const ir::Op op = program.graph[id].op;
    if (op == ir::Op::pow || (op >= ir::Op::sin && op <= ir::Op::exprel)) ++cost.library_functions;
  }
  // Three rows in which every input moves and the step and the constants do not.
  ir::Timeline timeline{3, program.columns, {}, {0, 0, 0}};
  for (std::size_t row = 0; row < timeline.rows; ++row)
    for (std::uint32_t c = 0; c < program.columns; ++c) {
      const bool moves = c >= layout.time(Layout::Stage::start) && c < layout.constant(0);
      timeline.values.push_back(c == Layout::step() ? 1e-4
                                                    : (moves ? 0.01 * static_cast<double>(row + 1) + 1e-4 * c : 1.0));
    }
  for (std::size_t i = 0; i < model.constants.size(); ++i)
    for (std::size_t row = 0; row < timeline.rows; ++row)
      timeline.values[row * timeline.columns + layout.constant(i)] = model.constants[i].value;
  if (model.random())
    for (std::size_t row = 0; row < timeline.rows; ++row) {
      timeline.values[row * timeline.columns + layout.row_pair()] = static_cast<double>(row / 2);
      timeline.values[row * timeline.columns + layout.row_odd()] = static_cast<double>(row % 2);
    }
  const ir::Loop loop = ir::bind(program, timeline);
  cost.every_step = operations(loop.graph, loop.advance_phase.nodes);
  for (const ir::Group& group : loop.advance_phase.groups) {
    const std::size_t size = operations(loop.graph, group.nodes);
    if (draws(loop.graph, group)) cost.every_step += size / 2;  // a block serves two steps
    else (group.bit == 0 ? cost.every_step : cost.when_inputs_change) += size;
  }
  cost.once = loop.prologue.size();
  return cost;
}

}  // namespace hillock::sim
