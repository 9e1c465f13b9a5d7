#pragma once
/// What reads what in a model, and what nothing reads.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ir/model.hpp"

namespace hillock::study {

/// Of one equation, through its sub-expressions.
struct Reads {
  std::string what;                     ///< "dv/dt", "threshold", "reset v", "observe I", ...
  std::vector<std::string> moving;      ///< states, inputs, noise, t: what changes in time
  std::vector<std::string> parameters;  ///< in the model's order
};
[[nodiscard]] std::vector<Reads> dependencies(const ir::Model& model);
/// Parameters, constants and inputs that no equation, condition or observation reads.
[[nodiscard]] std::vector<std::string> unread(const ir::Model& model);

/// Adds both to an answer.
void say_dependencies(const ir::Model& model, std::string& text, nlohmann::ordered_json& json);

}  // namespace hillock::study
