#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;

StepContext::StepContext(const ir::Model& model, ir::Program& program)
    : model_(model), program_(program), algebra_(program.graph), layout_(model) {}

std::vector<NodeId> StepContext::state_values() {
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < states(); ++i) out.push_back(state(i));
  return out;
}

std::vector<NodeId> StepContext::substitution(std::span<const NodeId> values) {
  std::vector<NodeId> map(model_.symbols.size(), ir::no_node);
  for (std::size_t i = 0; i < model_.states.size(); ++i) map[index(model_.states[i].symbol)] = values[i];
  for (std::size_t i = 0; i < model_.parameters.size(); ++i)
    map[index(model_.parameters[i].symbol)] = program_.parameter(static_cast<std::uint32_t>(i));
  for (std::size_t i = 0; i < model_.constants.size(); ++i)
    map[index(model_.constants[i].symbol)] = program_.column(layout_.constant(i));
  map[index(model_.step)] = step();
  return map;
}

NodeId StepContext::expression(NodeId root, std::span<const NodeId> values, Layout::Stage stage) {
  std::vector<NodeId> map = substitution(values);
  for (std::size_t i = 0; i < model_.inputs.size(); ++i)
    map[index(model_.inputs[i])] = program_.column(layout_.input(i, stage));
  map[index(model_.time)] = program_.column(layout_.time(stage));
  return ir::simplify(model_.graph, std::span(&root, 1), program_.graph, map)[0];
}

std::vector<NodeId> StepContext::derivatives(std::span<const NodeId> values, Layout::Stage stage) {
  std::vector<NodeId> out;
  for (const ir::State& s : model_.states) out.push_back(expression(s.derivative, values, stage));
  return out;
}

std::vector<NodeId> StepContext::derivatives_at(std::span<const NodeId> values, NodeId fraction) {
  using Stage = Layout::Stage;
  std::vector<NodeId> map = substitution(values);
  ir::Algebra& al = algebra_;
  const NodeId one = al.number(1.0);
  const NodeId two = al.number(2.0);
  // Lagrange's parabola through 0, 1/2, 1, in Newton's form: exact for constants and lines in floating point too.
  const auto between = [&](auto column) {
    const NodeId start = program_.column(column(Stage::start));
    const NodeId middle = program_.column(column(Stage::middle));
    const NodeId end = program_.column(column(Stage::end));
    const NodeId slope = al.sub(end, start);
    const NodeId bend = al.mul(two, al.sub(al.add(start, end), al.mul(two, middle)));
    const NodeId line = al.add(start, al.mul(slope, fraction));
    return al.sub(line, al.mul(al.mul(bend, fraction), al.sub(one, fraction)));
  };
  for (std::size_t i = 0; i < model_.inputs.size(); ++i)
    map[index(model_.inputs[i])] = between([&](Stage s) { return layout_.input(i, s); });
  map[index(model_.time)] = between([&](Stage s) { return layout_.time(s); });
  std::vector<NodeId> roots;
  for (const ir::State& s : model_.states) roots.push_back(s.derivative);
  return ir::simplify(model_.graph, roots, program_.graph, map);
}

}  // namespace hillock::sim
