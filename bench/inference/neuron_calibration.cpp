#include "inference/neuron_calibration.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "inference/neuron.hpp"
#include "need.hpp"

namespace hillock::bench {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json measure_neuron_calibration(const std::string& hillock) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-calibration-{}", getpid());
  write_eight_parameter_neuron(folder);
  const Json verdict = fit_neuron(hillock, folder, "out",
                                  {"search.method=npe", "search.simulations=100000", "verify.calibration_draws=1000"});
  Json out = ask_draws({"ranks", (folder / "out/posterior.nc").string()});
  out["simulations"] = verdict["simulated"]["simulations"];
  out["run"] = verdict["run"];
  fs::remove_all(folder);
  if (out["parameters"].size() != 8) stop("calibration: the model has not eight parameters");
  return out;
}

void add_neuron_calibration(const Json& numbers, Table& table) {
  const bool there = numbers.is_object();
  double p = there ? 1.0 : std::nan(""), low = there ? 1.0 : std::nan(""), high = there ? 0.0 : std::nan("");
  Sheet sheet{"calibration",
              "`npe` on the 8-parameter neuron: ranks of fresh draws of the prior in their own posteriors.",
              {"parameter", "p", "p (Holm)", "90 % coverage, %"},
              {}};
  for (const Json& q : there ? numbers["parameters"] : Json::array()) {
    p = std::min(p, q["p_holm"].get<double>());
    low = std::min(low, q["coverage_90"].get<double>());
    high = std::max(high, q["coverage_90"].get<double>());
    sheet.lines.push_back({q["name"].get<std::string>(), q["p"].get<double>(), q["p_holm"].get<double>(),
                           100.0 * q["coverage_90"].get<double>()});
  }
  table.rows.push_back(
      row("calibration of npe on the 8-parameter neuron, uniform ranks: least p (Holm)", p, "").at_least(0.01));
  table.rows.push_back(
      row("the same: least coverage of 90 % intervals, by parameter", 100.0 * low, "%").within(87.0, 93.0));
  table.rows.push_back(
      row("the same: most coverage of 90 % intervals, by parameter", 100.0 * high, "%").within(87.0, 93.0));
  if (!there) return;
  table.sheets.push_back(std::move(sheet));
  table.notes.push_back(fmt::format("Calibration: {} fresh draws, npe with {} simulations, {:.0f} s wall.",
                                    numbers["draws"].get<int>(), numbers["simulations"].get<std::int64_t>(),
                                    numbers["run"]["wall_s"].get<double>()));
}

}  // namespace hillock::bench
