#pragma once
/// What the rules say of a posterior that was learnt from simulations: sentences of the table in rules.cpp. Each is
/// empty where its rule is silent, and all are where `Simulated::method` is empty.

#include <string>

#include "verify/rules.hpp"

namespace hillock::verify {

[[nodiscard]] bool from_simulations(const Facts& facts);
/// An exact likelihood agreed, or fresh simulations told how far the posterior is right.
[[nodiscard]] bool certified_or_calibrated(const Facts& facts);
/// "importance weights (123)" where the draws are exact by their weights, and too few; "kept simulations (45)"
/// likewise.
[[nodiscard]] std::string too_few_weighted_draws(const Facts& facts);

[[nodiscard]] std::string all_simulations_failed(const Facts& facts);
[[nodiscard]] std::string no_posterior_draws(const Facts& facts);
[[nodiscard]] std::string calibration_rejected(const Facts& facts);
[[nodiscard]] std::string calibration_coverage_off(const Facts& facts);
[[nodiscard]] std::string observation_outside_prior_predictive(const Facts& facts);
[[nodiscard]] std::string statistics_not_predicted(const Facts& facts);
[[nodiscard]] std::string too_few_predictive_draws(const Facts& facts);
[[nodiscard]] std::string statistics_outside_interval(const Facts& facts);
[[nodiscard]] std::string data_off_the_model(const Facts& facts);
[[nodiscard]] std::string certified_approximate(const Facts& facts);
[[nodiscard]] std::string simulations_failed(const Facts& facts);
[[nodiscard]] std::string proposal_capped(const Facts& facts);

}  // namespace hillock::verify
