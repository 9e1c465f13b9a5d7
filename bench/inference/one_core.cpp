#include "inference/one_core.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "cpu_time.hpp"

namespace hillock::bench {
namespace {

constexpr std::uint64_t simulations = 100000;

/// sbi 0.27.0, NPE with its masked autoregressive flow, 10^5 simulations, batches of 200, one core of an AMD EPYC of
/// family 26 (bench/sbi/RESULTS.md of the shared data, section 2): seconds of wall time of training, and C2ST of the
/// observations 1, 2, ...
struct Measured {
  const char* task;
  double train_s;
  std::vector<double> c2st;
};
const std::vector<Measured>& measured() {
  static const std::vector<Measured> all = {{"two_moons", 290.9, {0.527, 0.530, 0.610}},
                                            {"gaussian_linear", 99.0, {0.517, 0.508}},
                                            {"slcp", 597.7, {0.933, 0.909, 0.792}}};
  return all;
}

Cell cell_of(const Measured& m, std::size_t k) {
  return {m.task, {simulations, 0.0}, "auto", 1, static_cast<int>(k) + 1};
}

}  // namespace

std::vector<Cell> one_core_cells() {
  std::vector<Cell> cells;
  for (const Measured& m : measured())
    for (std::size_t k = 0; k < m.c2st.size(); ++k) cells.push_back(cell_of(m, k));
  return cells;
}

void add_one_core(const CellStore& store, Table& table) {
  const auto middle = [](const std::vector<double>& values) { return values.empty() ? std::nan("") : median(values); };
  std::vector<double> loads;
  for (const Measured& m : measured()) {
    std::vector<double> wall, cpu, score, their_score;
    std::string method = "not there";
    for (std::size_t k = 0; k < m.c2st.size(); ++k) {
      const auto o = store.find(cell_of(m, k));
      if (!o || o->exit_code != 0) continue;
      wall.push_back(o->search_s);
      cpu.push_back(o->cpu_s);
      loads.push_back(o->load);
      method = o->method;
      if (!o->c2st) continue;
      score.push_back(*o->c2st);
      their_score.push_back(m.c2st[k]);
    }
    const std::string what = fmt::format("{}, 10^5 simulations, one core", m.task);
    table.rows.push_back(row(fmt::format("{}: simulate, learn, draw 10 000 ({}, {} of {} observations)", what, method,
                                         wall.size(), m.c2st.size()),
                             middle(wall), "s wall")
                             .against("sbi 0.27, as measured elsewhere: training alone", m.train_s)
                             .ratio_at_most(0.1));
    table.rows.push_back(row(what + ": CPU time of the whole program", middle(cpu), "s"));
    table.rows.push_back(
        row(fmt::format("{}: C2ST, {} of {} observations", what, score.size(), m.c2st.size()), middle(score), "")
            .against("sbi 0.27, the same observations", middle(their_score))
            .ratio_at_most(1.0));
  }
  if (!loads.empty())
    table.notes.push_back(
        fmt::format("One core: sbi's figures are of one core of an AMD EPYC, family 26, in real-time class; load of "
                    "this machine before each "
                    "of these fits: {:.1f}.",
                    fmt::join(loads, ", ")));
}

}  // namespace hillock::bench
