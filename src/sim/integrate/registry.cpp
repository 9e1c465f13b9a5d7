#include <array>

#include "sim/integrate/step.hpp"

namespace hillock::sim {
namespace {

using enum Calculus;
constexpr std::array table{
    Integrator{"exponential_euler", 1,
               "exact for equations that are linear in their own state while the rest stands still", false, additive,
               1.0, exponential_euler_step},
    Integrator{"exponential_midpoint", 2,
               "exponential Euler's steps about the middle: second order at little more cost", false, additive, 1.0,
               exponential_midpoint_step},
    Integrator{"exact", 2, "linear equations whose coefficients stand still in a row, exactly", false, additive, 0.0,
               exact_step},
    Integrator{"euler", 1, "forward Euler", false, additive, 1.0, euler_step},
    Integrator{"rk2", 2, "explicit midpoint", false, none, 0.0, rk2_step},
    Integrator{"rk4", 4, "classical Runge-Kutta", false, none, 0.0, rk4_step},
    Integrator{"dopri5", 5, "Dormand-Prince 5(4) with step control per simulation", true, none, 0.0, dopri5_step},
    Integrator{"rodas4", 4, "stiff equations: a Rosenbrock method of order 4(3) with step control per simulation", true,
               none, 0.0, rodas4_step},
    Integrator{"heun", 1, "noise that states multiply, by Stratonovich; the drift is a plain Euler step", false,
               stratonovich, 1.0, heun_step},
    Integrator{"milstein", 1, "noise that states multiply, by Stratonovich, with Brian 2's formula", false,
               stratonovich, 0.5, milstein_step},
    Integrator{"milstein_stratonovich", 1, "noise that states multiply, by Stratonovich", false, stratonovich, 1.0,
               milstein_stratonovich_step},
    Integrator{"milstein_ito", 1, "noise that states multiply, by Ito", false, ito, 1.0, milstein_ito_step},
};

}  // namespace

std::span<const Integrator> integrators() { return table; }

const Integrator* find_integrator(std::string_view name) {
  for (const Integrator& row : table)
    if (row.name == name) return &row;
  return name == "linear" ? find_integrator("exact") : nullptr;  // Brian 2's other name for it
}

std::vector<std::string_view> integrator_names() {
  std::vector<std::string_view> out;
  for (const Integrator& row : table) out.push_back(row.name);
  return out;
}

}  // namespace hillock::sim
