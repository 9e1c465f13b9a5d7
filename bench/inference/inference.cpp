/// Inference from simulations: posteriors of the ten benchmark tasks judged by the classifier two-sample test, and what
/// they cost.
///
///   hillock_bench_inference RESULT.json [--parts cells,one_core,training,memory,bits,allen,bounded,calibration]
///                           [--tasks two_moons,slcp] [--observations 1,2] [--budgets 1000,10000,60s] [--method auto]
///                           [--no-score] [--again]
///                           [--build NAME] [--borrow NAME,NAME] [--list]
///
/// Everything is kept under <build>/bench/inference/ as it is found, by build of the program; the table is of all that
/// is there for this build, whatever a call adds to it. All cells take hours: call it again, with other options if need
/// be.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "child.hpp"
#include "inference/allen.hpp"
#include "inference/bits.hpp"
#include "inference/bounded.hpp"
#include "inference/cell_runner.hpp"
#include "inference/cell_store.hpp"
#include "inference/demands.hpp"
#include "inference/memory.hpp"
#include "inference/neuron_calibration.hpp"
#include "inference/one_core.hpp"
#include "inference/program.hpp"
#include "inference/published_medians.hpp"
#include "inference/tasks.hpp"
#include "inference/training.hpp"
#include "need.hpp"
#include "quiet_core.hpp"
#include "table.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::vector<std::string> parts = {"cells", "one_core", "training", "memory",
                                        "bits",  "allen",    "bounded",  "calibration"};
const std::vector<std::string> grid = {"1000", "10000", "100000", "60s"};
constexpr int threads = 2;  // what the demands in seconds are for

struct Options {
  std::string result;
  std::vector<std::string> parts = bench::parts;
  std::vector<std::string> tasks = bench::tasks();
  std::vector<int> observations = {1, 2, 3, 4, 5};
  std::vector<std::string> budgets = grid;
  std::string method = "auto";
  std::string build;                ///< empty: the program as it is now
  std::vector<std::string> borrow;  ///< builds for what it lacks
  bool score = true, again = false, list = false;
};

template <class T>
bool among(const std::vector<T>& all, const T& one) {
  return std::ranges::find(all, one) != all.end();
}

class Inference {
 public:
  explicit Inference(Options options)
      : options_(std::move(options)),
        source_(std::string(HILLOCK_SOURCE_DIR) + "/bench/inference/"),
        root_(fs::path(HILLOCK_BUILD_DIR) / "bench/inference"),
        program_(root_, options_.build),
        store_(need(CellStore::open(root_, program_.name(), source_ + "c2st.py"))),
        runner_(program_.path(), source_ + "c2st.py", store_) {
    store_.borrow(options_.borrow);
    table_.benchmark = "inference";
    table_.machine = this_machine();
    table_.hillock = program_.version();
    table_.title =
        "`hillock fit` without likelihoods on the ten tasks of the benchmark of Lueckmann et al. 2021, method `auto`, "
        "seed 1; draws "
        "judged as published (C2ST: 10 000 against 10 000, 0.5 is perfect); what it costs, and how fast its networks "
        "learn.";
    for (const std::string& text : options_.budgets) budgets_.push_back(need(parse_budget(text)));
  }

  void list() const {
    for (const Cell& cell : chosen_cells()) {
      const auto o = store_.find(cell);
      const std::string lacking = files_of(cell.task, cell.observation).lacking();
      fmt::print("{}: {}\n", cell.title(),
                 !o                  ? (lacking.empty() ? "to do" : "cannot be done: " + lacking)
                 : o->exit_code != 0 ? fmt::format("ended with {}", o->exit_code)
                 : o->c2st           ? fmt::format("{}, {:.1f} s, C2ST {:.4f}", o->method, o->wall_s, *o->c2st)
                                     : fmt::format("{}, {:.1f} s, not judged", o->method, o->wall_s));
    }
  }

  Table run() {
    if (wanted("cells")) make(main_cells(), false);
    if (wanted("one_core")) make(chosen_one_core(), true);
    measure("training", [&] { return measure_training(source_ + "torch_peer.py"); });
    measure("memory", [&] { return measure_memory(program_.path()); });
    measure("bits", [&] { return measure_bits(program_.path()); });
    measure("allen", [&] { return measure_allen(program_.path()); });
    measure("bounded", [&] { return measure_bounded(program_.path()); });
    measure("calibration", [&] { return measure_neuron_calibration(program_.path()); });
    report();
    return std::move(table_);
  }

 private:
  [[nodiscard]] bool wanted(const std::string& part) const { return among(options_.parts, part); }

  /// Budget by budget, the cheap ones first, so that a stopped run has seen every task.
  [[nodiscard]] std::vector<Cell> main_cells() const {
    std::vector<Cell> cells;
    for (const Budget& budget : budgets_)
      for (const std::string& task : options_.tasks)
        for (const int k : options_.observations) cells.push_back({task, budget, options_.method, threads, k});
    return cells;
  }
  [[nodiscard]] std::vector<Cell> chosen_one_core() const {
    std::vector<Cell> cells = one_core_cells();
    std::erase_if(cells, [&](const Cell& c) {
      return !among(options_.tasks, c.task) || !among(options_.observations, c.observation);
    });
    return cells;
  }
  [[nodiscard]] std::vector<Cell> chosen_cells() const {
    std::vector<Cell> cells = wanted("cells") ? main_cells() : std::vector<Cell>{};
    if (wanted("one_core"))
      for (const Cell& c : chosen_one_core()) cells.push_back(c);
    return cells;
  }

  /// Fits one at a time, as they are timed; the observations of a task are judged together afterwards.
  void make(const std::vector<Cell>& cells, bool pinned) {
    std::set<std::string> lacking;
    std::size_t to_do = std::ranges::count_if(cells, [&](const Cell& c) { return options_.again || !store_.find(c); });
    const int core = pinned && to_do > 0 ? core_speeds().front().core : -1;
    for (std::size_t first = 0; first < cells.size();) {
      std::vector<Cell> group;
      for (; first < cells.size() && (group.empty() || (cells[first].task == group.front().task &&
                                                        cells[first].budget == group.front().budget));
           ++first)
        group.push_back(cells[first]);
      for (const Cell& cell : group) {
        if (!options_.again && store_.find(cell)) continue;
        --to_do;
        if (const std::string what = files_of(cell.task, cell.observation).lacking(); !what.empty()) {
          if (lacking.insert(what).second) fmt::print(stderr, "{}: left out, {}\n", cell.title(), what);
          continue;
        }
        std::optional<OnCore> here;
        if (pinned) here.emplace(core);
        const Outcome o = runner_.fit(cell);
        fmt::print(stderr, "{}: {}, {:.1f} s wall, {:.1f} s CPU; {} left\n", cell.title(),
                   o.exit_code == 0 ? o.method : fmt::format("ended with {}: {}", o.exit_code, o.message), o.wall_s,
                   o.cpu_s, to_do);
      }
      if (options_.score) runner_.judge(group);
    }
  }

  template <class Measure>
  void measure(const std::string& part, const Measure& how) {
    if (!wanted(part) || (!options_.again && !store_.measurement(part).is_null())) return;
    fmt::print(stderr, "{}\n", part);
    need(store_.keep_measurement(part, how()));
  }

  [[nodiscard]] CellGroup group_of(const std::string& task, const Budget& budget) const {
    CellGroup group{task, budget, {}, files_of(task, 1).lacking()};
    for (int k = 1; k <= observations; ++k)
      if (auto o = store_.find({task, budget, options_.method, threads, k})) group.outcomes.push_back(std::move(*o));
    // A path says more to the one who made it than to the reader of a table.
    if (!group.lacking.empty()) group.lacking = fs::exists(files_of(task, 1).study) ? "no data" : "no study";
    return group;
  }

  void report() {
    std::vector<Budget> all;
    for (const std::string& text : grid) all.push_back(need(parse_budget(text)));
    for (const Budget& b : budgets_)
      if (!among(all, b)) all.push_back(b);
    std::vector<CellGroup> groups;
    for (const std::string& task : tasks())
      for (const Budget& budget : all) groups.push_back(group_of(task, budget));
    const auto published =
        need(PublishedMedians::read(std::string(HILLOCK_SHARED_DIR) + "/data/sbibm/published_medians.csv"));
    add_demands(groups, published, table_);
    add_one_core(store_, table_);
    add_training(store_.measurement("training"), table_);
    add_memory(store_.measurement("memory"), table_);
    add_bits(store_.measurement("bits"), table_);
    add_allen(store_.measurement("allen"), table_);
    add_bounded(store_.measurement("bounded"), table_);
    add_neuron_calibration(store_.measurement("calibration"), table_);
    double most = 0.0;
    std::set<std::string> reasons;
    for (const CellGroup& g : groups)
      for (const Outcome& o : g.outcomes) {
        most = std::max(most, o.load);
        if (o.exit_code == 0 && !o.why.empty()) reasons.insert(o.method + ": " + o.why);
      }
    for (const std::string& reason : reasons) table_.notes.push_back("Chosen, " + reason + ".");
    if (options_.method != "auto")
      table_.notes.push_back(fmt::format("Cells are of method {}, not auto.", options_.method));
    table_.notes.push_back(
        fmt::format("Cells: {} threads; load of the machine before a fit at most {:.1f}: above 1, wall times are upper "
                    "bounds and fits of a fixed "
                    "time did less than they can.",
                    threads, most));
    for (const std::string& build : options_.borrow) note_borrowed(build, groups);
  }

  /// Which numbers are another build's.
  void note_borrowed(const std::string& build, const std::vector<CellGroup>& groups) {
    std::size_t cells = 0, all = 0;
    std::set<std::string> budgets;
    for (const CellGroup& g : groups)
      for (const Outcome& o : g.outcomes) {
        ++all;
        if (o.build != build) continue;
        ++cells;
        budgets.insert(g.budget.name());
      }
    std::vector<std::string> what;
    if (cells > 0) what.push_back(fmt::format("{} of {} cells (budgets {})", cells, all, fmt::join(budgets, ", ")));
    const auto on_one_core = std::ranges::count_if(one_core_cells(), [&](const Cell& cell) {
      const auto o = store_.find(cell);
      return o && o->build == build;
    });
    if (on_one_core > 0) what.push_back(fmt::format("{} fits on one core", on_one_core));
    for (const std::string& part : parts)
      if (const Json m = store_.measurement(part); m.is_object() && m.value("borrowed", "") == build)
        what.push_back(part);
    if (!what.empty())
      table_.notes.push_back(
          fmt::format("Of an earlier build, {}: {}.", Program(root_, build).version(), fmt::join(what, "; ")));
  }

  Options options_;
  std::string source_;
  fs::path root_;
  Program program_;
  CellStore store_;
  CellRunner runner_;
  std::vector<Budget> budgets_;
  Table table_;
};

int run(int count, char** words) {
  CLI::App app("Inference from simulations: C2ST on the ten benchmark tasks, wall time, training rates, memory, bits.");
  Options options;
  app.add_option("RESULT", options.result, "the .json to write")->required();
  app.add_option("--parts", options.parts, "which")->delimiter(',')->check(CLI::IsMember(parts));
  app.add_option("--tasks", options.tasks, "of the benchmark")->delimiter(',')->check(CLI::IsMember(tasks()));
  app.add_option("--observations", options.observations, "1 to 5")->delimiter(',')->check(CLI::Range(1, observations));
  app.add_option("--budgets", options.budgets, "simulations (1000) or seconds (60s)")->delimiter(',');
  app.add_option("--method", options.method, "search.method of the cells");
  app.add_flag("!--no-score", options.score, "leave the judging to another call");
  app.add_flag("--again", options.again, "what is chosen is made anew, though it is there");
  app.add_option("--build", options.build, "cells of an earlier build of the program, by the name of its folder");
  app.add_option("--borrow", options.borrow, "what this build lacks is taken from these, and the table says so")
      ->delimiter(',');
  app.add_flag("--list", options.list, "say what is there and what is to do, and end");
  CLI11_PARSE(app, count, words);
  // One thread for the judge and for PyTorch: two judges run beside each other.
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) setenv(name, "1", 1);
  const std::string result = options.result;
  const bool list = options.list;
  Inference inference(std::move(options));
  if (list) inference.list();
  else need(write_table(inference.run(), result));
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int count, char** words) { return hillock::bench::run(count, words); }
