#include "study/simulate_integrator.hpp"

#include <fmt/format.h>

#include "sim/choose_integrator.hpp"
#include "sim/step_cost.hpp"
#include "study/check_stiffness.hpp"

namespace hillock::study {

Result<TakenIntegrator> taken_integrator(const ir::Model& model, const sim::Experiment& experiment,
                                         std::span<const double> parameters, const std::string& asked) {
  const std::string usual = "exponential_euler";
  const bool unfit = asked.empty() && !sim::step_cost(model, usual);
  if (asked != "auto" && !unfit) return TakenIntegrator{asked.empty() ? usual : asked, ""};
  auto chosen = sim::choose_integrator(model);
  if (!chosen) return fail(std::move(chosen.error()));
  std::string why;
  if ((chosen->name == "rk4" || chosen->name == "dopri5") && parameters.size() == model.parameters.size()) {
    const auto fast = stiffness(model, experiment, parameters);
    if (fast && fast->rk4 < experiment.interval) {
      chosen = sim::choose_integrator(model, true);
      if (!chosen) return fail(std::move(chosen.error()));
      why = fmt::format(": rk4 needs steps below {:.2g} ms", fast->rk4 * 1e3);
    }
  }
  if (unfit) why += "; exponential_euler needs each equation to be linear in its own state";
  return TakenIntegrator{std::string(chosen->name), chosen->reason + why};
}

}  // namespace hillock::study
