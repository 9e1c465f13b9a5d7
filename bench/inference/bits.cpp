#include "inference/bits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "child.hpp"
#include "inference/tasks.hpp"
#include "io/whole_file.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::vector<std::string> command_of(const std::string& hillock, const std::string& task, int threads,
                                    const fs::path& out) {
  const TaskFiles files = files_of(task, 1);
  return {hillock,
          "fit",
          files.study,
          "--json",
          "--quiet",
          "--threads",
          std::to_string(threads),
          "--seed",
          "1",
          "--set",
          "data.train.file=" + files.observation,
          "--set",
          "search.method=auto",
          "--set",
          "search.simulations=1000",
          "--set",
          "report.html=false",
          "--out",
          out.string()};
}

std::string posterior(const fs::path& run) {
  return need(io::read_whole((run / "posterior.nc").string(), io::largest_input));
}

}  // namespace

Json measure_bits(const std::string& hillock) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("hillock-bench-bits-{}", getpid());
  fs::create_directories(folder);
  Json out = {{"threads", Json::array()}, {"resumed", Json::array()}};
  for (const std::string task : {"two_moons", "slcp"}) {
    const auto run = [&](int threads, const std::string& name) {
      const ChildResult ran = run_child(command_of(hillock, task, threads, folder / name));
      if (ran.exit_code != 0)
        stop(fmt::format("bits, {}: hillock fit ended with {}: {}{}", task, ran.exit_code, ran.err,
                         ran.out.substr(0, 2000)));
      return ran;
    };
    const ChildResult whole = run(1, task + "_1");
    run(2, task + "_2");
    const std::string one = posterior(folder / (task + "_1"));
    out["threads"].push_back({{"task", task}, {"same", one == posterior(folder / (task + "_2"))}});
    // Stopped as by Ctrl-C, half way.
    std::vector<std::string> command = command_of(hillock, task, 2, folder / (task + "_stopped"));
    std::vector<std::string> stopped = {"/usr/bin/timeout", "--preserve-status", "--signal=INT",
                                        fmt::format("{:.3f}s", 0.5 * whole.wall_s)};
    stopped.insert(stopped.end(), command.begin(), command.end());
    const ChildResult first = run_child(stopped);
    command.push_back("--resume");
    const ChildResult second = first.exit_code == 0 ? first : run_child(command);
    out["resumed"].push_back({{"task", task},
                              {"stopped", first.exit_code != 0},
                              {"exit_code", second.exit_code},
                              {"same", second.exit_code == 0 && one == posterior(folder / (task + "_stopped"))}});
  }
  fs::remove_all(folder);
  return out;
}

void add_bits(const Json& numbers, Table& table) {
  const auto share = [&](const char* key) {
    if (!numbers.is_object()) return std::nan("");
    double same = 0.0;
    for (const Json& run : numbers.at(key)) same += run.at("same").get<bool>() ? 1.0 : 0.0;
    return 100.0 * same / static_cast<double>(numbers.at(key).size());
  };
  table.rows.push_back(
      row("the same seed, 1 and 2 threads: posteriors of the same bits", share("threads"), "%").at_least(100.0));
  table.rows.push_back(
      row("the same seed, stopped half way and resumed: posteriors of the same bits", share("resumed"), "%")
          .at_least(100.0));
  if (!numbers.is_object()) return;
  for (const Json& run : numbers.at("resumed"))
    if (!run.at("stopped").get<bool>())
      table.notes.push_back(
          fmt::format("Bits: the fit of {} had ended before it was stopped.", run.at("task").get<std::string>()));
    else if (run.at("exit_code") != 0)
      table.notes.push_back(fmt::format("Bits: `--resume` of {} ended with {}.", run.at("task").get<std::string>(),
                                        run.at("exit_code").get<int>()));
}

}  // namespace hillock::bench
