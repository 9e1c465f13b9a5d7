#pragma once
/// Which integrator `hillock simulate` takes.

#include <span>
#include <string>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::study {

struct TakenIntegrator {
  std::string name;
  std::string reason;  ///< where it was chosen: why
};

/// As `asked`; for "auto" by the rules of sim/choose_integrator.hpp, where an explicit method counts as unfit for a
/// step at which it is not stable along the run; for "" exponential_euler, or where that cannot take the model, as
/// "auto".
/// @param parameters  SI; empty where they differ between runs: then stability is not looked at
[[nodiscard]] Result<TakenIntegrator> taken_integrator(const ir::Model& model, const sim::Experiment& experiment,
                                                       std::span<const double> parameters, const std::string& asked);

}  // namespace hillock::study
