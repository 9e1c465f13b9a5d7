#include "sim/choose_integrator.hpp"

#include <algorithm>

#include "sim/dynamics.hpp"
#include "sim/step_cost.hpp"

namespace hillock::sim {
namespace {

/// Above this many operations, to rebuild the propagator where an input changes costs more than it brings.
constexpr std::size_t largest_propagator = 1000;

Result<void> takes(const ir::Model& model, std::string_view integrator) {
  ir::Program program;
  StepContext context(model, program);
  if (auto added = add_dynamics(context, integrator); !added) return fail(std::move(added.error()));
  return {};
}

}  // namespace

Result<ChosenIntegrator> choose_integrator(const ir::Model& model, bool stiff) {
  // Euler's method takes everything but noise that a state multiplies.
  if (auto additive = takes(model, "euler"); !additive) {
    Errors errors = std::move(additive.error());
    for (Error& e : errors) {
      const std::size_t at = e.message.find(" takes additive noise only, and ");
      if (at != std::string::npos)
        e.message = "the meaning of noise that a state multiplies is not guessed: " +
                    e.message.substr(at + std::string(" takes additive noise only, and ").size());
    }
    return fail(std::move(errors));
  }
  if (takes(model, "exact")) {
    const auto cost = step_cost(model, "exact");
    if (cost && cost->when_inputs_change <= largest_propagator)
      return ChosenIntegrator{"exact", "the equations are linear"};
  }
  if (takes(model, "exponential_euler"))
    return ChosenIntegrator{"exponential_midpoint", "each equation is linear in its own state"};
  if (!model.noises.empty())
    return ChosenIntegrator{"exponential_midpoint", "the equations are not linear and have additive noise"};
  const bool gridless = takes(model, "rodas4").has_value();
  if (stiff && gridless) return ChosenIntegrator{"rodas4", "the equations are stiff and not linear"};
  if (stiff) return ChosenIntegrator{"exponential_midpoint", "the equations are stiff, and belong to a grid of steps"};
  if (!gridless)
    return ChosenIntegrator{"rk4", "the equations are not linear, and what happens at a step belongs to a grid"};
  return ChosenIntegrator{"dopri5", model.spiking ? "the equations are not linear, and it finds spikes inside its steps"
                                                  : "the equations are not linear, smooth and free of noise"};
}

}  // namespace hillock::sim
