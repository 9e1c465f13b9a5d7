#pragma once
/// What `hillock check` says about integrators and steps, from a short run of the model.

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "study/check.hpp"

namespace hillock::study {

/// Adds to `text` and `json`: the integrator that "auto" chooses and why; the fastest time constant and the longest
/// stable steps, along a run of 1 s; the steps at which spike times are converged, over 200 ms. Where a parameter or an
/// input has no value, what is missing. Errors: those of `options.set` and `options.inputs`.
[[nodiscard]] Result<void> check_steps(const ir::Model& model, const CheckOptions& options, std::string& text,
                                       nlohmann::ordered_json& json);

}  // namespace hillock::study
