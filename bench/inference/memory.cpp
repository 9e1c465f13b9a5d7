#include "inference/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "inference/neuron.hpp"
#include "machine.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json fit(const std::string& hillock, const fs::path& folder, std::uint64_t simulations) {
  const Json verdict = fit_neuron(hillock, folder, std::to_string(simulations),
                                  {"search.method=auto", fmt::format("search.simulations={}", simulations)});
  Json out = verdict["run"];
  out["method"] = verdict["simulated"]["method"];
  out["simulations"] = verdict["simulated"]["simulations"];
  out["parameters"] = verdict["parameters"].size();
  return out;
}

}  // namespace

Json measure_memory(const std::string& hillock) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-memory-{}", getpid());
  write_eight_parameter_neuron(folder);
  Json out = {{"load", this_machine().load}};
  out["some"] = fit(hillock, folder, 100'000);
  out["many"] = fit(hillock, folder, 1'000'000);
  fs::remove_all(folder);
  // What is measured is what was asked for.
  if (out["many"]["parameters"] != 8) stop("memory: the model has not eight parameters");
  if (out["many"]["simulations"].get<double>() < 999'000.0)
    stop(fmt::format("memory: {} simulations, not 10^6", out["many"]["simulations"].get<double>()));
  return out;
}

void add_memory(const Json& numbers, Table& table) {
  const auto value = [&](const char* run, const char* key) {
    return numbers.is_object() ? numbers.at(run).at(key).get<double>() : std::nan("");
  };
  table.rows.push_back(
      row("a fit with 10^6 simulations of an 8-parameter neuron: most memory", value("many", "peak_mb"), "MB")
          .against("with 10^5", value("some", "peak_mb"))
          .at_most(300.0));
  if (numbers.is_object())
    table.notes.push_back(
        fmt::format("Memory: resident, of the whole program; method {}; {:.0f} s wall and {:.0f} s CPU for 10^6 "
                    "simulations of 4000 steps, load {:.1f} before.",
                    numbers["many"]["method"].get<std::string>(), value("many", "wall_s"), value("many", "cpu_s"),
                    numbers["load"].get<double>()));
}

}  // namespace hillock::bench
