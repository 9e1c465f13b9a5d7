#pragma once
/// Is `npe` right about a neuron? Fresh draws of the prior, and their own posteriors.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// `npe` on the eight-parameter neuron of neuron.hpp, with verify.calibration_draws = 1000. A fit that fails ends the
/// benchmark.
[[nodiscard]] nlohmann::json measure_neuron_calibration(const std::string& hillock);
void add_neuron_calibration(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
