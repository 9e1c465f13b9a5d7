#include "inference/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "child.hpp"
#include "io/whole_file.hpp"
#include "machine.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* study = R"toml([model]
file = "cell.model"

[data.train]
holds = "statistics"
file = "observation.csv"
duration = "100 ms"
sampling_interval = "0.025 ms"
input.I = { pieces = [ { until = "10 ms", value = "0 uA/cm**2" }, { value = "3.25 uA/cm**2" } ] }

[observe]
statistics = ["spike_count(V, from=10 ms)", "mean(V, until=10 ms)", "sd(V, until=10 ms)", "mean(V, from=10 ms)",
              "sd(V, from=10 ms)", "skewness(V, from=10 ms)", "kurtosis(V, from=10 ms)"]
)toml";

/// An answer of a spiking cell; any one within the prior's reach would do.
constexpr const char* observation = "count,rest,rest_sd,mean,sd,skewness,kurtosis\n4,-70.5,0.4,-55,17,2.5,9\n";

std::string model() {
  std::string text =
      need(io::read_whole(std::string(HILLOCK_SOURCE_DIR) + "/models/conductance_based/hh_m_current.model", 1U << 20U));
  const std::string fixed = "const C = 1 ufarad/cm**2";
  const std::size_t at = text.find(fixed);
  if (at == std::string::npos) stop("hh_m_current.model: the capacitance is not where it was");
  return text.replace(at, fixed.size(),
                      "param C : ufarad/cm**2 = 1 ufarad/cm**2 ~ uniform(0.5 ufarad/cm**2, 2 ufarad/cm**2)");
}

Json fit(const std::string& hillock, const fs::path& folder, std::uint64_t simulations) {
  const ChildResult ran =
      run_child({hillock, "fit", (folder / "study.toml").string(), "--json", "--quiet", "--threads", "2", "--seed", "1",
                 "--set", "search.method=auto", "--set", fmt::format("search.simulations={}", simulations), "--out",
                 (folder / std::to_string(simulations)).string()});
  if (ran.exit_code != 0)
    stop(fmt::format("memory, {} simulations: hillock fit ended with {}: {}{}", simulations, ran.exit_code, ran.err,
                     ran.out.substr(0, 2000)));
  const Json verdict = Json::parse(ran.out, nullptr, false);
  if (!verdict.is_object() || !verdict.contains("simulated")) stop("memory: no verdict on a fit by simulation");
  return {{"peak_mb", ran.peak_mb},
          {"wall_s", ran.wall_s},
          {"cpu_s", ran.cpu_s},
          {"method", verdict["simulated"]["method"]},
          {"simulations", verdict["simulated"]["simulations"]},
          {"parameters", verdict["parameters"].size()}};
}

}  // namespace

Json measure_memory(const std::string& hillock) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-memory-{}", getpid());
  fs::create_directories(folder);
  need(io::write_whole((folder / "cell.model").string(), model()));
  need(io::write_whole((folder / "study.toml").string(), study));
  need(io::write_whole((folder / "observation.csv").string(), observation));
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
