#pragma once
/// integrator = "auto": which one, and why. The rules read the equations alone, so that a model has one answer; whether
/// it is stiff, which depends on numbers, is for the caller to say.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "ir/model.hpp"

namespace hillock::sim {

struct ChosenIntegrator {
  std::string_view name;
  std::string reason;  ///< a clause: "every equation is linear ..."
};

/// The first that fits:
///   1. `exact`: linear equations, where their propagator is cheap beside a step;
///   2. `exponential_midpoint`: each equation linear in its own state, or additive noise;
///   3. `rodas4`: `stiff`, and nothing belongs to a grid of steps;
///   4. `rk4`: events, random numbers or what is held over a step, which belong to a grid as in Brian 2;
///   5. `dopri5`.
/// @param stiff  an explicit method would need steps shorter than wanted
/// Error code "integrator-unfit" where a state multiplies noise: the calculus is the user's to name.
[[nodiscard]] Result<ChosenIntegrator> choose_integrator(const ir::Model& model, bool stiff = false);

}  // namespace hillock::sim
