#include "inference/cell_runner.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "child.hpp"
#include "inference/tasks.hpp"
#include "io/sha256.hpp"
#include "io/whole_file.hpp"
#include "machine.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int draws = 10000;  // as published; the reference has as many
constexpr int interrupted = 130;

std::vector<std::string> command_of(const std::string& hillock, const Cell& cell, const TaskFiles& files,
                                    const fs::path& out) {
  std::vector<std::string> command = {
      hillock,  "fit", files.study, "--json",    "--quiet", "--threads", std::to_string(cell.threads),
      "--seed", "1",   "--out",     out.string()};
  const auto set = [&](const std::string& text) { command.insert(command.end(), {"--set", text}); };
  set("data.train.file=" + files.observation);
  set("search.method=" + cell.method);
  set(fmt::format("search.draws={}", draws));
  set("report.html=false");
  if (cell.budget.simulations > 0) set(fmt::format("search.simulations={}", cell.budget.simulations));
  if (cell.budget.seconds > 0.0) command.insert(command.end(), {"--budget", cell.budget.name()});
  return command;
}

/// What the verdict says of the search.
void read_verdict(const Json& verdict, Outcome& o) {
  const Json& s = verdict.at("simulated");
  o.method = s.at("method");
  o.why = s.at("why_method").is_string() ? s.at("why_method").get<std::string>() : "";
  o.simulations = s.at("simulations");
  o.failed = s.at("failed");
  o.search_s = verdict.at("cost").at("search_s");
}

}  // namespace

Outcome CellRunner::fit(const Cell& cell) {
  const TaskFiles files = files_of(cell.task, cell.observation);
  if (!files.makefile.empty()) {
    const ChildResult made =
        run_child({"/usr/bin/make", "--silent", "-C", fs::path(files.makefile).parent_path().string()});
    if (made.exit_code != 0) stop(fmt::format("{} could not be made: {}", files.makefile, made.err));
  }
  const fs::path folder = store_.folder(cell), run = folder / "run";
  store_.forget(cell);
  fs::create_directories(folder);
  Outcome o;
  o.load = this_machine().load;
  const ChildResult ran = run_child(command_of(hillock_, cell, files, run));
  if (ran.exit_code == interrupted || ran.exit_code < 0)
    stop(fmt::format("{}: the fit was stopped; the same call goes on with it. {}", cell.title(), ran.err));
  o.exit_code = ran.exit_code;
  o.wall_s = ran.wall_s;
  o.cpu_s = ran.cpu_s;
  o.peak_mb = ran.peak_mb;
  const Json verdict = Json::parse(ran.out, nullptr, false);
  try {
    if (o.exit_code == 0) read_verdict(verdict, o);
  } catch (const Json::exception& error) {
    stop(fmt::format("{}: the verdict is not as expected: {}", cell.title(), error.what()));
  }
  if (o.exit_code != 0) {
    o.message = ran.err;
    if (verdict.is_object() && verdict.contains("errors"))
      for (const Json& e : verdict["errors"]) o.message += e.value("message", "") + "\n";
  } else {
    fs::rename(run / "posterior.nc", folder / "posterior.nc");
    fs::rename(run / "verdict.json", folder / "verdict.json");
    o.draws = io::sha256(need(io::read_whole((folder / "posterior.nc").string(), io::largest_input)));
  }
  fs::remove_all(run);
  need(store_.add(cell, o));
  return o;
}

void CellRunner::judge(const std::vector<Cell>& cells) {
  struct Job {
    Cell cell;
    std::string draws, reference, score;
  };
  std::vector<Job> jobs;
  for (const Cell& cell : cells) {
    const auto o = store_.find(cell);
    if (!o || o->draws.empty() || o->c2st) continue;
    jobs.push_back({cell, store_.draws(cell, *o).string(), files_of(cell.task, cell.observation).reference,
                    store_.score_file(cell, *o).string()});
    fs::create_directories(fs::path(jobs.back().score).parent_path());
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const unsigned beside = std::clamp(std::thread::hardware_concurrency(), 1U, 2U);
  std::vector<std::jthread> pool;
  for (unsigned w = 0; w < std::min<std::size_t>(beside, jobs.size()); ++w)
    pool.emplace_back([&] {
      for (std::size_t i = next++; i < jobs.size(); i = next++) {
        const Job& job = jobs[i];
        // Under another name first: a judge that was stopped while it wrote has said nothing.
        const std::string unfinished = job.score + ".tmp";
        const ChildResult ran = run_child({HILLOCK_PYTHON, judge_, job.reference, job.draws, "--out", unfinished});
        const std::lock_guard lock(mutex);
        if (ran.exit_code != 0)
          stop(fmt::format("{}: the judge ended with {}: {}", job.cell.title(), ran.exit_code, ran.err));
        const Json score = Json::parse(need(io::read_whole(unfinished, 1U << 20U)), nullptr, false);
        if (!score.is_object() || score.value("draws_each", 0) != draws)
          stop(fmt::format("{}: {} against {} draws were asked for: {}", job.cell.title(), draws, draws, score.dump()));
        fs::rename(unfinished, job.score);
        fmt::print(stderr, "  {}: C2ST {:.4f} (judged in {:.0f} s)\n", job.cell.title(), score.value("c2st", 0.0),
                   ran.wall_s);
      }
    });
}

}  // namespace hillock::bench
