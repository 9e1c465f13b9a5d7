#include "inference/allen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "child.hpp"
#include "inference/neuron.hpp"
#include "machine.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t cells = 7;
constexpr const char* budget = "60s";

std::vector<fs::path> recordings() {
  std::vector<fs::path> out;
  const fs::path folder = fs::path(HILLOCK_SHARED_DIR) / "data/allen_cell_types";
  if (fs::exists(folder))
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".npz") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

/// "cell_509881736_sweep_39" is cell 509881736.
std::string number_of(const fs::path& recording) {
  const std::string name = recording.stem().string();
  const std::size_t at = name.find('_') + 1;
  return name.substr(at, name.find('_', at) - at);
}

Json fit(const std::string& hillock, const fs::path& recording, const fs::path& out) {
  const Machine before = this_machine();
  const ChildResult ran = run_child({hillock, "fit", std::string(HILLOCK_SOURCE_DIR) + "/examples/allen/study.toml",
                                     "--json", "--quiet", "--threads", "2", "--seed", "1", "--budget", budget, "--set",
                                     "data.train.file=" + recording.string(), "--out", out.string()});
  if (ran.exit_code != 0)
    stop(fmt::format("{}: hillock fit ended with {}: {}{}", recording.string(), ran.exit_code, ran.err,
                     ran.out.substr(0, 2000)));
  const Json verdict = Json::parse(ran.out, nullptr, false);
  if (!verdict.is_object() || !verdict.contains("simulated")) stop("allen: no verdict on a fit by simulation");
  // The spike count is the study's first statistic.
  const Json near = ask_draws({"near", (out / "posterior.nc").string(), "0", "1"});
  std::string reasons;
  for (const Json& reason : verdict["reasons"]) reasons += reason["text"].get<std::string>() + "\n";
  Json outside = Json::array(), unnamed = Json::array();
  for (const Json& s : verdict["simulated"]["statistics"]) {
    if (s["inside"].get<bool>()) continue;
    outside.push_back(s["name"]);
    if (reasons.find(s["name"].get<std::string>()) == std::string::npos) unnamed.push_back(s["name"]);
  }
  return {{"cell", number_of(recording)},
          {"wall_s", ran.wall_s},
          {"cpu_s", ran.cpu_s},
          {"load", before.load},
          {"method", verdict["simulated"]["method"]},
          {"simulations", verdict["simulated"]["simulations"]},
          {"rounds", verdict["simulated"]["rounds"].size()},
          {"spikes", near["observed"]},
          {"near", near["share"]},
          {"predictions", near["draws"]},
          {"outside", outside},
          {"unnamed", unnamed}};
}

}  // namespace

Json measure_allen(const std::string& hillock) {
  const std::vector<fs::path> files = recordings();
  if (files.size() != cells) {
    fmt::print(stderr, "allen: left out, {} of {} recordings are there\n", files.size(), cells);
    return nullptr;
  }
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-allen-{}", getpid());
  fs::create_directories(folder);
  Json out = Json::array();
  for (const fs::path& file : files) {
    out.push_back(fit(hillock, file, folder / number_of(file)));
    fmt::print(stderr, "  cell {}: {:.1f} s wall, {:.0f} % within 1 of {:.0f} spikes\n", number_of(file),
               out.back()["wall_s"].get<double>(), 100.0 * out.back()["near"].get<double>(),
               out.back()["spikes"].get<double>());
  }
  fs::remove_all(folder);
  return out;
}

void add_allen(const Json& numbers, Table& table) {
  const bool there = numbers.is_array() && !numbers.empty();
  double wall = there ? 0.0 : std::nan(""), near = there ? 1.0 : std::nan(""), unnamed = there ? 0.0 : std::nan("");
  Sheet sheet{
      "allen",
      "Cells of the Allen Cell Types Database, examples/allen, budget 60 s, 2 threads.",
      {"cell", "spikes", "wall s", "CPU s", "method", "rounds", "simulations", "within 1, %", "statistics outside"},
      {}};
  double load = 0.0;
  for (const Json& c : numbers.is_array() ? numbers : Json::array()) {
    wall = std::max(wall, c["wall_s"].get<double>());
    near = std::min(near, c["near"].get<double>());
    unnamed += static_cast<double>(c["unnamed"].size());
    load = std::max(load, c["load"].get<double>());
    sheet.lines.push_back({c["cell"].get<std::string>(), c["spikes"].get<double>(), c["wall_s"].get<double>(),
                           c["cpu_s"].get<double>(), c["method"].get<std::string>(), c["rounds"].get<double>(),
                           c["simulations"].get<double>(), 100.0 * c["near"].get<double>(),
                           fmt::format("{}", fmt::join(c["outside"].get<std::vector<std::string>>(), ", "))});
  }
  table.rows.push_back(row("seven cells of cortex, prior to report: the longest", wall, "s").at_most(60.0));
  table.rows.push_back(
      row("seven cells: predicted spike counts within 1 of the recording, the least", 100.0 * near, "%")
          .at_least(80.0));
  table.rows.push_back(
      row("seven cells: statistics outside their 95 % interval that the verdict does not name", unnamed, "")
          .at_most(0.0));
  if (!there) return;
  table.sheets.push_back(std::move(sheet));
  table.notes.push_back(fmt::format("Cells of cortex: load of the machine before a fit at most {:.1f}.", load));
}

}  // namespace hillock::bench
