#pragma once
/// What `hillock check` would change, by rules over what it found.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ir/model.hpp"

namespace hillock::study {

/// One sentence each.
/// @param found  the answer of `hillock check` so far: "unread", "stiffness", "spike_steps", "cost"
[[nodiscard]] std::vector<std::string> suggestions(const ir::Model& model, const nlohmann::ordered_json& found);

/// Adds them to the answer.
void say_suggestions(const ir::Model& model, std::string& text, nlohmann::ordered_json& json);

}  // namespace hillock::study
