#pragma once
/// `hillock check`: what a model file says, without running it.

#include <string>

#include "base/error.hpp"
#include "study/answer.hpp"

namespace hillock::study {

struct CheckOptions {
  std::string model;    ///< path of the model file
  bool format = false;  ///< the answer is the model in canonical text
};

/// States, parameters, constants, inputs, observations with their units, and the cost of a step; or all errors at once.
[[nodiscard]] Result<Answer> check_model(const CheckOptions& options);

}  // namespace hillock::study
