#pragma once
/// The verdict in words, composed from its numbers by rules: the same sentences on the page and in the terminal.

#include <string>
#include <string_view>
#include <vector>

#include "verify/verdict.hpp"

namespace hillock::report {

/// What a status means, one sentence.
[[nodiscard]] std::string_view status_meaning(verify::Status status);

/// Plain sentences (not escaped), each about one box of the verdict; boxes without numbers are left out.
[[nodiscard]] std::vector<std::string> summary(const verify::Verdict& verdict);

/// The prediction that the status rests on: the first gating one with an error, else the first; null without any.
[[nodiscard]] const verify::Generalisation* main_prediction(const verify::Verdict& verdict);

/// The baseline with the least error; null without any.
[[nodiscard]] const verify::Baseline* best_baseline(const verify::Generalisation& generalisation);

}  // namespace hillock::report
