#include "sim/dynamics.hpp"

#include "sim/adaptive_spikes.hpp"
#include "sim/choose_integrator.hpp"
#include "sim/draws.hpp"
#include "sim/held.hpp"
#include "sim/integrate/step_control.hpp"
#include "sim/located_spikes.hpp"
#include "sim/model_size.hpp"
#include "sim/own_jumps.hpp"
#include "sim/spikes.hpp"

namespace hillock::sim {
namespace {

Result<const Integrator*> integrator_called(std::string_view name, const ir::Model& model) {
  if (name == "auto") {
    auto chosen = choose_integrator(model);
    if (!chosen) return fail(std::move(chosen.error()));
    return find_integrator(chosen->name);
  }
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

/// Events, random numbers and what is held over a step belong to a grid of steps, which an adaptive integrator leaves.
Result<void> needs_no_grid(const ir::Model& model, std::string_view integrator) {
  const auto refuse = [&](const std::string& what, const Span& where) {
    return fail(Error{"integrator-unfit", std::string(integrator) + what, where, "model.integrator",
                      "a fixed step: exponential_midpoint, exponential_euler or rk4"});
  };
  const auto symbol = [&](ir::SymbolId id) -> const ir::Symbol& { return model.symbol(id); };
  if (!model.events.empty()) return refuse(" does not find events inside its steps", model.events.front().span);
  if (!model.held.empty())
    return refuse(" chooses its own steps, and " + symbol(model.held.front().symbol).name + " is constant over one",
                  symbol(model.held.front().symbol).span);
  if (!model.draws.empty())
    return refuse(" chooses its own steps, and a random number belongs to each one",
                  symbol(model.draws.front().symbol).span);
  return {};
}

/// The states after a step of an adaptive integrator, with the spikes inside it. Adds all other assignments.
Result<Dynamics> add_adaptive(StepContext& context, const Integrator& integrator) {
  ir::Program& p = context.program();
  const ir::Model& model = context.model();
  if (auto fits = needs_no_grid(model, integrator.name); !fits) return fail(std::move(fits.error()));
  std::optional<AdaptiveSpikes> spikes;
  if (model.spiking) {
    if (auto fits = AdaptiveSpikes::fits(model, integrator.name); !fits) return fail(std::move(fits.error()));
    spikes.emplace(context);
    spikes->begin();
  }
  OwnJumps jumps(context);
  if (jumps.any()) jumps.begin();
  auto step = integrator.build(context);
  if (!step) return fail(std::move(step.error()));
  p.adaptive = step->adaptive;
  std::vector<ir::NodeId> next = jumps.advance(context.hold(std::move(step->next)), *p.adaptive);
  if (jumps.any() && !spikes) {
    p.adaptive->factor = factor_of_shortened(context, *p.adaptive);
    p.adaptive->taken = context.fraction();
  }
  if (spikes) next = spikes->advance(next, *p.adaptive);
  for (std::uint32_t i = 0; i < next.size(); ++i) p.advance.push_back({i, next[i]});
  if (!spikes) return Dynamics{};
  spikes->between_steps();
  return Dynamics{spikes->count(), spikes->last(), spikes->times(), {}, {}};
}

/// The integrator's step with spikes at their own times in it.
Result<Dynamics> add_located(StepContext& context, const Integrator& integrator) {
  auto spikes = LocatedSpikes::create(context, integrator);
  if (!spikes) return fail(std::move(spikes.error()));
  auto step = integrator.build(context);
  if (!step) return fail(std::move(step.error()));
  const std::vector<ir::NodeId> next = spikes->advance(context.hold(std::move(step->next)));
  for (std::uint32_t i = 0; i < next.size(); ++i) context.program().advance.push_back({i, next[i]});
  return Dynamics{spikes->count(), spikes->last(), {}, {}, spikes->trouble(), spikes->instant()};
}

}  // namespace

Result<Events> events_called(std::string_view name) {
  if (name == "grid") return Events::grid;
  if (name == "located") return Events::located;
  return fail("events-unknown", "spikes are at the steps or located inside them, not \"" + std::string(name) + "\"",
              "--events", "grid or located");
}

Result<Dynamics> add_dynamics(StepContext& context, std::string_view name, Events events) {
  const ir::Model& model = context.model();
  if (auto fits = small_enough_to_run(model); !fits) return fail(std::move(fits.error()));
  auto integrator = integrator_called(name, model);
  if (!integrator) return fail(std::move(integrator.error()));
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
  if ((*integrator)->adaptive) return add_adaptive(context, **integrator);
  define_draws(context);
  Spikes spikes(context);
  Held held(context);
  spikes.begin();
  auto step = (*integrator)->build(context);
  if (!step) return fail(std::move(step.error()));
  const std::vector<ir::NodeId> next = spikes.advance(context.hold(std::move(step->next)));
  for (std::uint32_t i = 0; i < next.size(); ++i) p.advance.push_back({i, next[i]});
  std::vector<ir::NodeId*> built;
  for (ir::Assignment& a : p.advance) built.push_back(&a.value);
  held.open(built);
  spikes.between_steps();
  return Dynamics{spikes.count(), spikes.last(), {}, spikes.event_counts(), {}};
}

}  // namespace hillock::sim
