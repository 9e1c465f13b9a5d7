#include "sim/dynamics.hpp"

#include "sim/draws.hpp"
#include "sim/held.hpp"
#include "sim/located_spikes.hpp"
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

/// Spikes, events and what is held over a step belong to a grid of steps, which an adaptive integrator leaves.
Result<void> needs_no_grid(const ir::Model& model, std::string_view integrator) {
  const auto refuse = [&](const std::string& what, const Span& where) {
    return fail(Error{"integrator-unfit", std::string(integrator) + what, where, "model.integrator",
                      "a fixed step: exponential_euler, euler or rk4"});
  };
  if (model.spiking) return refuse(" does not find spikes inside its steps yet", model.spiking->span);
  if (!model.events.empty()) return refuse(" does not find events inside its steps yet", model.events.front().span);
  if (!model.held.empty())
    return refuse(
        " chooses its own steps, and " + model.symbol(model.held.front().symbol).name + " is constant over one",
        model.symbol(model.held.front().symbol).span);
  return {};
}

/// The integrator's step with spikes at their own times in it.
Result<Dynamics> add_located(StepContext& context, const Integrator& integrator) {
  auto spikes = LocatedSpikes::create(context, integrator);
  if (!spikes) return fail(std::move(spikes.error()));
  auto step = integrator.build(context);
  if (!step) return fail(std::move(step.error()));
  const std::vector<ir::NodeId> next = spikes->advance(context.hold(std::move(step->next)));
  for (std::uint32_t i = 0; i < next.size(); ++i) context.program().advance.push_back({i, next[i]});
  return Dynamics{spikes->count(), spikes->last(), {}, spikes->trouble()};
}

}  // namespace

Result<Events> events_called(std::string_view name) {
  if (name == "grid") return Events::grid;
  if (name == "located") return Events::located;
  return fail("events-unknown", "spikes are at the steps or located inside them, not \"" + std::string(name) + "\"",
              "--events", "grid or located");
}

Result<Dynamics> add_dynamics(StepContext& context, std::string_view name, Events events) {
  auto integrator = integrator_called(name);
  if (!integrator) return fail(std::move(integrator.error()));
  const ir::Model& model = context.model();
  ir::Program& p = context.program();
  p.parameters = parameter_count(model);
  p.columns = Layout(model).columns();
  // Initial values may not read states; zeros stand in for them (the language has checked).
  const std::vector<ir::NodeId> no_states(model.states.size(), context.algebra().number(0.0));
  define_first_draws(context);
  Spikes::define_at_start(context);
  for (const ir::State& s : model.states)
    p.carry(model.symbol(s.symbol).name, context.expression(s.init, no_states, Layout::Stage::holding));

  if (events == Events::located && model.spiking) return add_located(context, **integrator);
  if ((*integrator)->adaptive)
    if (auto fits = needs_no_grid(model, name); !fits) return fail(std::move(fits.error()));
  define_draws(context);
  Spikes spikes(context);
  Held held(context);
  spikes.begin();
  auto step = (*integrator)->build(context);
  if (!step) return fail(std::move(step.error()));
  const std::vector<ir::NodeId> next = spikes.advance(context.hold(std::move(step->next)));
  for (std::uint32_t i = 0; i < next.size(); ++i) p.advance.push_back({i, next[i]});
  p.adaptive = step->adaptive;
  std::vector<ir::NodeId*> built;
  for (ir::Assignment& a : p.advance) built.push_back(&a.value);
  held.open(built);
  spikes.between_steps();
  return Dynamics{spikes.count(), spikes.last(), spikes.event_counts(), {}};
}

}  // namespace hillock::sim
