#pragma once
/// What a step of a model costs, known before it runs.

#include <cstddef>
#include <string_view>

#include "base/error.hpp"
#include "ir/model.hpp"

namespace hillock::sim {

/// Primitive operations per simulation and step, by when they are needed.
struct StepCost {
  std::size_t every_step = 0;          ///< what depends on the states
  std::size_t when_inputs_change = 0;  ///< rates and the like: skipped while the inputs stand still
  std::size_t once = 0;                ///< what depends on the parameters alone
  std::size_t library_functions = 0;   ///< calls of exp, log, ... in the step as written
};

/// Errors: "integrator-unknown", "integrator-unfit".
[[nodiscard]] Result<StepCost> step_cost(const ir::Model& model, std::string_view integrator);

}  // namespace hillock::sim
