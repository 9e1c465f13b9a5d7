#pragma once
/// The same seed gives the same posterior, bit by bit: for one thread and two, and for a run that was stopped and
/// resumed.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// Fits by `auto` of two tasks that differ in what `auto` weighs (two_moons, slcp), 1000 simulations. posterior.nc is
/// compared whole: the same numbers give the same bytes (io/netcdf/netcdf.hpp).
[[nodiscard]] nlohmann::json measure_bits(const std::string& hillock);
void add_bits(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
