#pragma once
/// The neurons that the benchmark fits by simulation, as studies of their own.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace hillock::bench {

/// Writes study.toml, cell.model and observation.csv into `folder`: Hodgkin-Huxley with M current
/// (models/conductance_based/hh_m_current.model), the capacitance free too: eight parameters, seven statistics of a
/// step of current.
void write_eight_parameter_neuron(const std::filesystem::path& folder);

/// The same kind of cell with a dendrite: two compartments, 24 bounded parameters, nine statistics.
/// @return  by parameter: its bounds, in the unit that it is declared in
std::map<std::string, std::pair<double, double>> write_bounded_neuron(const std::filesystem::path& folder);

/// `hillock fit study.toml` in that folder: 2 threads, seed 1, results in `folder`/`out`. The verdict, with "wall_s",
/// "cpu_s" and "peak_mb" of the program beside it ("run"). A fit that fails ends the benchmark.
[[nodiscard]] nlohmann::json fit_neuron(const std::string& hillock, const std::filesystem::path& folder,
                                        const std::string& out, const std::vector<std::string>& sets);

/// What draws.py says about posterior.nc.
[[nodiscard]] nlohmann::json ask_draws(const std::vector<std::string>& words);

}  // namespace hillock::bench
