#include <array>

#include "sim/integrate/step.hpp"

namespace hillock::sim {
namespace {

constexpr std::array<Integrator, 4> table{{
    {"exponential_euler", 1, "exact for equations that are linear in their own state while the rest stands still",
     false, exponential_euler_step},
    {"euler", 1, "forward Euler", false, euler_step},
    {"rk4", 4, "classical Runge-Kutta", false, rk4_step},
    {"dopri5", 5, "Dormand-Prince 5(4) with step control per simulation", true, dopri5_step},
}};

}  // namespace

std::span<const Integrator> integrators() { return table; }

const Integrator* find_integrator(std::string_view name) {
  for (const Integrator& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace hillock::sim
