#include "sim/step_cost.hpp"

#include "sim/integrate/step.hpp"

namespace hillock::sim {

Result<StepCost> step_cost(const ir::Model& model, std::string_view name) {
  const Integrator* integrator = find_integrator(name);
  if (integrator == nullptr) return fail("integrator-unknown", "there is no integrator \"" + std::string(name) + "\"");
  const Layout layout(model);
  ir::Program program;
  program.parameters = static_cast<std::uint32_t>(model.parameters.size());
  program.columns = layout.columns();
  StepContext context(model, program);
  for (const ir::State& s : model.states)
    program.carry(model.symbol(s.symbol).name, context.algebra().number(0.0));
  auto step = integrator->build(context);
  if (!step) return fail(std::move(step.error()));
  for (std::size_t i = 0; i < step->next.size(); ++i)
    program.advance.push_back({static_cast<std::uint32_t>(i), step->next[i]});
  program.adaptive = step->adaptive;

  StepCost cost;
  for (const ir::NodeId id : ir::reachable(program.graph, step->next)) {
    const ir::Op op = program.graph[id].op;
    if (op == ir::Op::pow || (op >= ir::Op::sin && op <= ir::Op::exprel)) ++cost.library_functions;
  }
  // Three rows in which every input moves and the step and the constants do not.
  ir::Timeline timeline{3, program.columns, {}, {0, 0, 0}};
  for (std::size_t row = 0; row < timeline.rows; ++row)
    for (std::uint32_t c = 0; c < program.columns; ++c) {
      const bool moves = c >= layout.time(Layout::Stage::start) && c < layout.constant(0);
      timeline.values.push_back(c == Layout::step() ? 1e-4 : (moves ? 0.01 * static_cast<double>(row + 1) + 1e-4 * c : 1.0));
    }
  for (std::size_t i = 0; i < model.constants.size(); ++i)
    for (std::size_t row = 0; row < timeline.rows; ++row)
      timeline.values[row * timeline.columns + layout.constant(i)] = model.constants[i].value;
  const ir::Loop loop = ir::bind(program, timeline);
  cost.every_step = loop.advance_phase.nodes.size();
  for (const ir::Group& group : loop.advance_phase.groups)
    (group.bit == 0 ? cost.every_step : cost.when_inputs_change) += group.nodes.size();
  cost.once = loop.prologue.size();
  return cost;
}

}  // namespace hillock::sim
