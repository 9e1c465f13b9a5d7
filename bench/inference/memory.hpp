#pragma once
/// What a fit holds in memory at 10^6 simulations of a neuron.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// Hodgkin-Huxley with M current (models/conductance_based/hh_m_current.model), the capacitance free too: eight
/// parameters, seven statistics of a step of current; fitted with `auto` at 10^6 simulations and at a tenth of them.
/// Peak resident megabytes of the program. A fit that fails ends the benchmark.
[[nodiscard]] nlohmann::json measure_memory(const std::string& hillock);
void add_memory(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
