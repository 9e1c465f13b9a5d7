#pragma once
/// `hillock check`: what a model file says, and what a short run of it says about steps.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "study/answer.hpp"
#include "study/simulate.hpp"

namespace hillock::study {

struct CheckOptions {
  std::string model;                    ///< path of the model file
  bool format = false;                  ///< the answer is the model in canonical text
  std::vector<Assignment> set = {};     ///< parameters and constants of the run that finds stiffness and steps
  std::vector<Assignment> inputs = {};  ///< and its inputs
  std::string cache = {};               ///< folder of compiled models, for the speed; empty: none
};

/// States, parameters, constants, inputs, observations with their units, the cost of a step, the integrator that "auto"
/// chooses, how stiff the equations are, and the step that spike times need; or all errors at once.
[[nodiscard]] Result<Answer> check_model(const CheckOptions& options);

}  // namespace hillock::study
