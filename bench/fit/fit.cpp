/// The whole job, cell by cell: `hillock fit` on the sine-wave recordings, held against the published fits.
///
///   hillock_bench_fit RESULT.json [--cells 1,5]
///
/// Cells 1 and 5 are in examples/herg/data; the others are read from ../shared/data/herg_voltage_clamp where it is
/// there.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "child.hpp"
#include "herg.hpp"
#include "need.hpp"
#include "published.hpp"
#include "table.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Where a cell's two recordings are, or empty.
std::string folder_of(int cell) {
  for (const std::string& folder : {std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/data",
                                    std::string(HILLOCK_SHARED_DIR) + "/data/herg_voltage_clamp"})
    if (fs::exists(fmt::format("{}/cell_{}_sine_wave.npz", folder, cell)) &&
        fs::exists(fmt::format("{}/cell_{}_action_potential.npz", folder, cell)))
      return folder;
  return {};
}

/// The verdict's error is what libm says of the verdict's parameters. They are printed with 12 digits; the error is at
/// its minimum, where it hardly depends on them: 1e-6 is asked.
void check_error(const Json& verdict, const HergRecording& recording, int cell) {
  constexpr double tolerance = 1e-6;
  std::array<double, 9> p{};
  for (const Json& parameter : verdict.at("parameters")) {
    const std::string name = parameter.at("name");
    if (name.size() == 2 && name[0] == 'p') p.at(static_cast<std::size_t>(name[1] - '1')) = parameter.at("best");
  }
  const double found = verdict.at("fit").at("error");
  const double truth = herg_error_reference(recording, p);
  if (!(std::fabs(found / truth - 1.0) < tolerance))
    stop(fmt::format("cell {}: the verdict says an error of {:.12g}, its parameters give {:.12g}", cell, found, truth));
}

/// The held-out error with the command across left-out samples as `how` says ("recorded", "interpolated").
double held_out_error(const Json& verdict, const std::string& how, int cell) {
  for (const Json& test : verdict.at("generalisation"))
    if (test.at("name").get<std::string>().find(how) != std::string::npos) return test.at("error");
  stop(fmt::format("cell {}: no held-out error with the command {}", cell, how));
}

void fit_cell(const PublishedFit& published, const std::string& folder, const fs::path& scratch, Table& table) {
  const int cell = published.cell;
  const auto recording = need(read_herg(folder, cell, Protocol::sine_wave));
  fmt::print(stderr, "cell {}: fitting\n", cell);
  const ChildResult ran =
      run_child({std::string(HILLOCK_BUILD_DIR) + "/bin/hillock", "fit",
                 std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/study.toml", "--json", "--quiet", "--set",
                 fmt::format("data.train.file={}/cell_{}_sine_wave.npz", folder, cell), "--set",
                 fmt::format("data.test.file={}/cell_{}_action_potential.npz", folder, cell), "--out",
                 (scratch / fmt::format("cell_{}", cell)).string()});
  if (ran.exit_code != 0)
    stop(fmt::format("cell {}: hillock fit ended with {}\n{}{}", cell, ran.exit_code, ran.err, ran.out));
  const Json verdict = Json::parse(ran.out, nullptr, false);
  if (verdict.is_discarded()) stop(fmt::format("cell {}: stdout is no JSON document", cell));
  check_error(verdict, recording, cell);

  const Json& fit = verdict.at("fit");
  const Json& cost = verdict.at("cost");
  const auto starts = fit.at("starts").get<std::int64_t>();
  const double agree = 100.0 * fit.at("starts_within_0_1_percent").get<double>() / static_cast<double>(starts);
  const auto add = [&](const std::string& what, double value, const std::string& unit) {
    return row(fmt::format("cell {}: {}", cell, what), value, unit);
  };
  const std::string readme = "published fit, from the data set's README";
  table.rows.insert(
      table.rows.end(),
      {add("error, sine wave", fit.at("error"), "rms/range")
           .against("published best of 50 runs", published.error)
           .ratio_at_most(1.0001),
       add(fmt::format("starts within 0.1 % of the best, of {}", starts), agree, "%")
           .against("published runs", 100.0 * published.runs_within / published.runs)
           .at_least(95.0),
       add("error, action potentials, command interpolated", held_out_error(verdict, "interpolated", cell), "rms/range")
           .against("published fit", published.action_potential_error)
           .ratio_within(0.999, 1.001),
       add("error, action potentials, command as recorded", held_out_error(verdict, "recorded", cell), "rms/range")
           .against(readme, recorded_command_error(cell)),
       add("hillock fit, everything", ran.wall_s, "s wall")
           .against("published: one optimiser run", published.seconds_per_run)
           .at_most(20.0),
       add("its CPU time, over 2 cores", ran.cpu_s / 2.0, "s"),
       add("its search", cost.at("search_s"), "s wall").at_most(3.0)});
  std::vector<std::string> reasons;
  for (const Json& reason : verdict.at("reasons")) reasons.push_back(reason.at("code"));
  table.notes.push_back(fmt::format("Cell {}: status `{}` ({}); {} simulations, {} gradients, {} threads.", cell,
                                    verdict.at("status").get<std::string>(), fmt::join(reasons, ", "),
                                    cost.at("simulations").get<std::int64_t>(),
                                    cost.at("gradients").get<std::int64_t>(), cost.at("threads").get<int>()));
}

int run(int count, char** words) {
  CLI::App app("The hERG cells, fitted, against the published fits.");
  std::string result;
  std::vector<int> cells = {1, 2, 3, 4, 5, 6};
  app.add_option("RESULT", result, "the .json to write")->required();
  app.add_option("--cells", cells, "which cells")->delimiter(',')->check(CLI::Range(1, 6));
  CLI11_PARSE(app, count, words);

  Table table;
  table.benchmark = "fit";
  table.title =
      "`hillock fit examples/herg/study.toml` (search, posterior, checks, report) for each cell. Each verdict's error "
      "was recomputed with libm from its parameters before anything was written down.";
  table.machine = this_machine();
  table.hillock = run_child({std::string(HILLOCK_BUILD_DIR) + "/bin/hillock", "--version"}).out;
  table.hillock.resize(table.hillock.find_last_not_of('\n') + 1);
  if (table.machine.load > 0.5)
    table.notes.push_back(
        fmt::format("The machine was not quiet (load {:.1f} before the first fit): wall times are upper bounds. "
                    "CPU time over two cores is what a quiet machine of two cores would need at least.",
                    table.machine.load));
  const auto published = need(read_published(std::string(HILLOCK_SOURCE_DIR) + "/bench/published/published_fits.csv"));
  const fs::path scratch = fs::temp_directory_path() / fmt::format("hillock-bench-fit-{}", getpid());
  fs::create_directories(scratch);
  for (const PublishedFit& fit : published) {
    if (std::ranges::find(cells, fit.cell) == cells.end()) continue;
    const std::string folder = folder_of(fit.cell);
    if (folder.empty())
      table.notes.push_back(fmt::format("Cell {} was left out: its recordings are not here.", fit.cell));
    else fit_cell(fit, folder, scratch, table);
  }
  fs::remove_all(scratch);
  need(write_table(table, result));
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int count, char** words) { return hillock::bench::run(count, words); }
