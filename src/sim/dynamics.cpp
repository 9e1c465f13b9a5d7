#include "sim/dynamics.hpp"

#include "sim/spikes.hpp"

namespace hillock::sim {
namespace {

Result<const Integrator*> integrator_called(std::string_view name) {
  if (const Integrator* found = find_integrator(name)) return found;
  std::vector<std::string> names;
  std::string all;
  for (const Integrator& row : integrators()) {
    const bool last = &row == &integrators().back();
    all += (names.empty() ? "" : last ? " or " : ", ") + std::string(row.name);
    names.emplace_back(row.name);
  }
  const std::string near = nearest(name, names);
  return fail("integrator-unknown", "there is no integrator \"" + std::string(name) + "\"", "model.integrator",
              near.empty() ? all : near);
}

}  // namespace

Result<Dynamics> add_dynamics(StepContext& context, std::string_view name) {
  auto integrator = integrator_called(name);
  if (!integrator) return fail(std::move(integrator.error()));
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  p.parameters = parameter_count(model);
  p.columns = Layout(model).columns();
  // Initial values may not read states; zeros stand in for them (the language has checked).
  const std::vector<ir::NodeId> no_states(model.states.size(), context.algebra().number(0.0));
  for (const ir::State& s : model.states)
    p.carry(model.symbol(s.symbol).name, context.expression(s.init, no_states, Layout::Stage::holding));

  Dynamics out;
  std::optional<Spikes> spikes;
  if (model.spiking) {
    if ((*integrator)->adaptive)
      return fail(Error{"integrator-unfit", std::string(name) + " does not find spikes inside its steps yet",
                        model.spiking->span, "model.integrator", "a fixed step: exponential_euler, euler or rk4"});
    spikes.emplace(context);
    out.spikes = spikes->count();
  }
  auto step = (*integrator)->build(context);
  if (!step) return fail(std::move(step.error()));
  step->next = context.hold(std::move(step->next));
  const std::vector<ir::NodeId> next = spikes ? spikes->advance(step->next) : std::move(step->next);
  for (std::uint32_t i = 0; i < next.size(); ++i) p.advance.push_back({i, next[i]});
  p.adaptive = step->adaptive;
  return out;
}

}  // namespace hillock::sim
