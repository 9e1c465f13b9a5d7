#pragma once
/// The verdict in words, composed from its numbers by rules: the same sentences on the page and in the terminal.

#include <string>
#include <string_view>
#include <vector>

#include "verify/verdict.hpp"

namespace hillock::report {

/// What the verdict's status means, one sentence.
[[nodiscard]] std::string_view status_meaning(const verify::Verdict& verdict);

/// The posterior was learnt from simulations; there may be no best fit, no starts, no residuals.
[[nodiscard]] bool from_simulations(const verify::Verdict& verdict);

/// What was simulated, whether the data are like it, whether the posterior is right: sentences of `summary`.
[[nodiscard]] std::vector<std::string> summary_of_simulations(const verify::Simulated& simulated, std::int64_t draws);

/// Plain sentences (not escaped), each about one box of the verdict; boxes without numbers are left out.
[[nodiscard]] std::vector<std::string> summary(const verify::Verdict& verdict);

/// "89.4 %", "89.4 % (± 0.4 %)": a tenth of a per cent is what a thousand simulations can tell.
[[nodiscard]] std::string coverage_text(double covered, double standard_error);

/// The prediction that the status rests on: the first gating one with an error, else the first; null without any.
[[nodiscard]] const verify::Generalisation* main_prediction(const verify::Verdict& verdict);

/// The baseline with the least error; null without any.
[[nodiscard]] const verify::Baseline* best_baseline(const verify::Generalisation& generalisation);

}  // namespace hillock::report
