#pragma once
/// Cells of the Allen Cell Types Database: from the prior to the report, against the clock.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// `hillock fit examples/allen/study.toml --budget 60s` of each of the seven recordings, 2 threads, seed 1. Null, and a
/// line on stderr, where the recordings are not there. A fit that fails ends the benchmark.
[[nodiscard]] nlohmann::json measure_allen(const std::string& hillock);
void add_allen(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
