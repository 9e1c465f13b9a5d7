#pragma once
/// Do draws leave the prior? A neuron of 24 bounded parameters.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// `npe` with 5000 simulations of the neuron of neuron.hpp; its 10 000 draws are held against the prior's bounds. A fit
/// that fails ends the benchmark.
[[nodiscard]] nlohmann::json measure_bounded(const std::string& hillock);
void add_bounded(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
