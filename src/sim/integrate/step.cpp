#include "sim/integrate/step.hpp"

#include <algorithm>
#include <array>

#include "ir/derive.hpp"

namespace hillock::sim {

using ir::NodeId;

StepContext::StepContext(const ir::Model& model, ir::Program& program)
    : model_(model),
      program_(program),
      algebra_(program.graph),
      layout_(model),
      defined_(model.symbols.size(), ir::no_node) {}

std::vector<NodeId> StepContext::state_values() {
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < states(); ++i) out.push_back(state(i));
  return out;
}

std::vector<NodeId> StepContext::substitution(std::span<const NodeId> values) {
  std::vector<NodeId> map = defined_;
  for (std::size_t i = 0; i < model_.states.size(); ++i) map[index(model_.states[i].symbol)] = values[i];
  for (std::size_t i = 0; i < model_.parameters.size(); ++i)
    map[index(model_.parameters[i].symbol)] = program_.parameter(static_cast<std::uint32_t>(i));
  for (std::size_t i = 0; i < model_.constants.size(); ++i)
    map[index(model_.constants[i].symbol)] = program_.column(layout_.constant(i));
  map[index(model_.step)] = program_.column(Layout::step());
  for (const ir::SymbolId noise : model_.noises) map[index(noise)] = algebra_.number(0.0);
  return map;
}

std::optional<NodeId> StepContext::moving() const {
  const bool any = std::ranges::any_of(model_.states, [](const ir::State& s) { return s.unless_refractory; });
  if (!any || not_refractory_ == ir::no_node) return std::nullopt;
  return not_refractory_;
}

NodeId StepContext::hold(std::size_t i, NodeId value, NodeId still) {
  if (!model_.states[i].unless_refractory || not_refractory_ == ir::no_node) return value;
  return algebra_.select(not_refractory_, value, still);
}

std::vector<NodeId> StepContext::hold(std::vector<NodeId> values) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = hold(i, values[i]);
  return values;
}

NodeId StepContext::step() {
  const NodeId row = program_.column(Layout::step());
  return part_ ? algebra_.mul(row, algebra_.sub(part_->to, part_->from)) : row;
}

std::vector<NodeId> StepContext::substitution(std::span<const NodeId> values, Layout::Stage stage) {
  using Stage = Layout::Stage;
  if (part_ && stage == Stage::start) return substitution_at(values, part_->from);
  if (part_ && stage == Stage::end) return substitution_at(values, part_->to);
  if (part_ && stage == Stage::middle)
    return substitution_at(values, algebra_.mul(algebra_.number(0.5), algebra_.add(part_->from, part_->to)));
  std::vector<NodeId> map = substitution(values);
  for (std::size_t i = 0; i < model_.inputs.size(); ++i)
    map[index(model_.inputs[i])] = program_.column(layout_.input(i, stage));
  map[index(model_.time)] = program_.column(layout_.time(stage));
  return map;
}

NodeId StepContext::expression(NodeId root, std::span<const NodeId> values, Layout::Stage stage) {
  return ir::simplify(model_.graph, std::span(&root, 1), program_.graph, substitution(values, stage))[0];
}

std::vector<NodeId> StepContext::derivatives(std::span<const NodeId> values, Layout::Stage stage) {
  std::vector<NodeId> out;
  for (const ir::State& s : model_.states) out.push_back(expression(s.derivative, values, stage));
  return out;
}

std::vector<NodeId> StepContext::diffusion(std::size_t j, std::span<const NodeId> values, Layout::Stage stage) {
  ir::Graph graph = model_.graph;
  ir::Algebra algebra(graph);
  const NodeId noise = graph.symbol(model_.noises[j]);
  std::vector<NodeId> factors;
  for (const ir::State& s : model_.states)
    factors.push_back(ir::gradient(algebra, s.derivative, std::span(&noise, 1))[0]);
  return ir::simplify(graph, factors, program_.graph, substitution(values, stage));
}

NodeId StepContext::increment(std::size_t j) {
  // The address: two rows share a block, noises have blocks of their own.
  const NodeId counter =
      algebra_.add(algebra_.mul(program_.column(layout_.row_pair()), algebra_.number(static_cast<double>(noises()))),
                   algebra_.number(static_cast<double>(j)));
  const std::array<NodeId, 3> address{counter, program_.parameter(lane_parameter(model_)),
                                      program_.parameter(seed_parameter(model_))};
  const NodeId odd = algebra_.make(ir::Op::gt, program_.column(layout_.row_odd()), algebra_.number(0.5));
  const NodeId z = algebra_.select(odd, program_.graph.make(ir::Op::normal_b, address),
                                   program_.graph.make(ir::Op::normal_a, address));
  const NodeId whole = algebra_.mul(algebra_.make(ir::Op::sqrt, program_.column(Layout::step())), z);
  return part_ ? algebra_.mul(whole, algebra_.sub(part_->to, part_->from)) : whole;
}

Result<std::vector<NodeId>> StepContext::with_additive_noise(std::string_view integrator, std::vector<NodeId> next) {
  const std::vector<NodeId> x = state_values();
  Errors errors;
  for (std::size_t j = 0; j < noises(); ++j) {
    const std::vector<NodeId> factor = diffusion(j, x, Layout::Stage::start);
    for (std::size_t i = 0; i < states(); ++i) {
      for (std::size_t k = 0; k < states(); ++k) {
        if (!ir::depends_on(algebra_.g, factor[i], algebra_.g[x[k]].symbol)) continue;
        const ir::Symbol& symbol = model_.symbol(model_.states[i].symbol);
        errors.push_back({"integrator-unfit",
                          std::string(integrator) + " takes additive noise only, and " +
                              model_.symbol(model_.states[k].symbol).name + " multiplies " +
                              model_.symbol(model_.noises[j]).name + " in d" + symbol.name + "/dt",
                          symbol.span, "model.integrator",
                          "integrator = \"heun\" or \"milstein_stratonovich\", or \"milstein_ito\""});
        break;
      }
      if (!algebra_.g.is_constant(factor[i], 0.0))
        next[i] = algebra_.add(next[i], algebra_.mul(factor[i], increment(j)));
    }
  }
  if (!errors.empty()) return fail(std::move(errors));
  return next;
}

Result<void> refuse_noise(const StepContext& context, std::string_view integrator) {
  if (context.noises() == 0) return {};
  const ir::Symbol& noise = context.model().symbol(context.model().noises.front());
  return fail("integrator-unfit", std::string(integrator) + " has no place for the noise " + noise.name,
              "model.integrator",
              "integrator = \"exponential_euler\" or \"euler\"; where a state multiplies the noise, \"heun\" or "
              "\"milstein_stratonovich\", or \"milstein_ito\"");
}

NodeId StepContext::progress_or_substep(ir::Source source) {
  for (std::uint32_t s = 0; s < program_.variables.size(); ++s)
    if (program_.variables[s].source == source) return program_.graph.symbol(ir::SymbolId{s});
  return program_.graph.symbol(program_.add_symbol(source, 0));
}

namespace {

/// Lagrange's parabola through the values at 0, 1/2, 1, in Newton's form: exact for constants and lines in floating
/// point too.
NodeId parabola(ir::Algebra& al, NodeId start, NodeId middle, NodeId end, NodeId fraction) {
  const NodeId one = al.number(1.0);
  const NodeId two = al.number(2.0);
  const NodeId slope = al.sub(end, start);
  const NodeId bend = al.mul(two, al.sub(al.add(start, end), al.mul(two, middle)));
  const NodeId line = al.add(start, al.mul(slope, fraction));
  return al.sub(line, al.mul(al.mul(bend, fraction), al.sub(one, fraction)));
}

}  // namespace

NodeId StepContext::time_at(NodeId fraction) {
  using Stage = Layout::Stage;
  const auto time = [&](Stage s) { return program_.column(layout_.time(s)); };
  return parabola(algebra_, time(Stage::start), time(Stage::middle), time(Stage::end), fraction);
}

std::vector<NodeId> StepContext::substitution_at(std::span<const NodeId> values, NodeId fraction) {
  using Stage = Layout::Stage;
  std::vector<NodeId> map = substitution(values);
  for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
    const auto input = [&](Stage s) { return program_.column(layout_.input(i, s)); };
    map[index(model_.inputs[i])] =
        parabola(algebra_, input(Stage::start), input(Stage::middle), input(Stage::end), fraction);
  }
  map[index(model_.time)] = time_at(fraction);
  return map;
}

NodeId StepContext::expression_at(NodeId root, std::span<const NodeId> values, NodeId fraction) {
  return ir::simplify(model_.graph, std::span(&root, 1), program_.graph, substitution_at(values, fraction))[0];
}

void StepContext::take_sides(const ir::Graph& graph, std::vector<NodeId> values, NodeId time) {
  sides_ = Sides{graph, std::move(values), time};
}

NodeId StepContext::at_side(const ir::Graph& graph, NodeId root, NodeId time) {
  const std::vector<NodeId> nothing(states(), ir::no_node);
  std::vector<NodeId> map = substitution(nothing);
  map.push_back(time);
  return ir::simplify(graph, std::span(&root, 1), program_.graph, map)[0];
}

std::vector<NodeId> StepContext::derivatives_at(std::span<const NodeId> values, NodeId fraction) {
  if (sides_) {
    std::vector<NodeId> map = substitution_at(values, fraction);
    map.push_back(sides_->time);
    return ir::simplify(sides_->graph, sides_->values, program_.graph, map);
  }
  std::vector<NodeId> roots;
  for (const ir::State& s : model_.states) roots.push_back(s.derivative);
  return ir::simplify(model_.graph, roots, program_.graph, substitution_at(values, fraction));
}

}  // namespace hillock::sim
