#include "inference/demands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "cpu_time.hpp"
#include "inference/tasks.hpp"

namespace hillock::bench {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int asked_cells = 24;
constexpr double worse_than_npe = 0.02;
constexpr double timed_goal = 0.55;
constexpr int asked_tasks = 8;
constexpr double timed_seconds = 60.0;

bool published_budget(const Budget& b) {
  return b.seconds == 0.0 && (b.simulations == 1000 || b.simulations == 10000 || b.simulations == 100000);
}

double goal_in_seconds(const std::string& task) {
  return task == "slcp" ? 0.57 : task == "bernoulli_glm" ? 0.58 : timed_goal;
}

std::vector<double> scores(const CellGroup& g) {
  std::vector<double> out;
  for (const Outcome& o : g.outcomes)
    if (o.c2st) out.push_back(*o.c2st);
  return out;
}

double median_of(const CellGroup& g, double Outcome::*member) {
  std::vector<double> values;
  for (const Outcome& o : g.outcomes)
    if (o.exit_code == 0) values.push_back(o.*member);
  return values.empty() ? nan : median(values);
}

bool complete(const CellGroup& g) { return scores(g).size() == static_cast<std::size_t>(observations); }

/// "tsnpe", "nle 3, tsnpe 2", "the fit ended with 1: ..." or "not there".
std::string methods(const CellGroup& g) {
  std::map<std::string, int> counts;
  for (const Outcome& o : g.outcomes)
    ++counts[o.exit_code == 0
                 ? o.method
                 : fmt::format("ended with {}: {}", o.exit_code, o.message.substr(0, o.message.find('\n')))];
  if (counts.empty()) return g.lacking.empty() ? "not there" : "not there: " + g.lacking;
  std::string out;
  for (const auto& [name, times] : counts) {
    if (!out.empty()) out += ", ";
    out += counts.size() == 1 ? name : fmt::format("{} {}", name, times);
  }
  return out;
}

/// A count over cells, with its goal where it is decided.
Row counted(const std::string& what, int met, int there, int all, int asked) {
  const int missing = all - there;
  if (met >= asked || met + missing < asked)
    return row(fmt::format("{}, of {}", what, all), met, "cells").at_least(asked);
  return row(
      fmt::format("{}, of the {} that are there (undecided: at least {} of {} are asked)", what, there, asked, all),
      met, "cells");
}

void add_published(const std::vector<CellGroup>& groups, const PublishedMedians& published, Table& table) {
  int there = 0, met = 0;
  double worst = nan;
  std::string where;
  const int all = 3 * static_cast<int>(tasks().size());
  for (const CellGroup& g : groups) {
    if (!published_budget(g.budget)) continue;
    const double c2st = c2st_of(g);
    const auto best = published.best(g.task, g.budget.simulations);
    const auto npe = published.find(g.task, "NPE", g.budget.simulations);
    if (std::isnan(c2st) || !best || !npe) continue;
    // A cell counts for the goals when all its observations have been judged; the figures are of what there is.
    there += complete(g) ? 1 : 0;
    met += complete(g) && c2st <= best->c2st ? 1 : 0;
    if (complete(g) && !(c2st - *npe <= worst)) {
      worst = c2st - *npe;
      where = fmt::format(" ({}, {})", g.task, g.budget.name());
    }
  }
  table.rows.push_back(counted("C2ST at most the best published of NPE, SNPE, NLE, SNLE, NRE and SNRE: cells", met,
                               there, all, asked_cells));
  const std::string name = "C2ST above that of published NPE, at most" + where;
  if (there == all || worst > worse_than_npe) table.rows.push_back(row(name, worst, "").at_most(worse_than_npe));
  else
    table.rows.push_back(row(fmt::format("{}, in the {} of {} cells that are there (undecided: at most {} is asked)",
                                         name, there, all, worse_than_npe),
                             worst, ""));
}

void add_timed(const std::vector<CellGroup>& groups, Table& table) {
  int there = 0, met = 0;
  std::map<std::string, double> found;
  double longest = nan;
  for (const CellGroup& g : groups) {
    if (g.budget != Budget{0, timed_seconds}) continue;
    for (const Outcome& o : g.outcomes)
      if (o.exit_code == 0 && !(o.wall_s <= longest)) longest = o.wall_s;
    if (!complete(g)) continue;
    ++there;
    found[g.task] = c2st_of(g);
    met += found[g.task] <= timed_goal ? 1 : 0;
  }
  const auto of = [&](const std::string& task) { return found.contains(task) ? found[task] : nan; };
  table.rows.push_back(counted("60 s of wall time: C2ST at most 0.55: tasks", met, there,
                               static_cast<int>(tasks().size()), asked_tasks));
  for (const std::string task : {"slcp", "bernoulli_glm"})
    table.rows.push_back(
        row(fmt::format("60 s of wall time: C2ST of {}", task), of(task), "").at_most(goal_in_seconds(task)));
  table.rows.push_back(row("60 s of wall time: the longest fit, start of the program to its end", longest, "s wall"));
}

}  // namespace

double c2st_of(const CellGroup& group) {
  const std::vector<double> found = scores(group);
  return found.empty() ? nan : median(found);
}

void add_demands(const std::vector<CellGroup>& groups, const PublishedMedians& published, Table& table) {
  add_published(groups, published, table);
  add_timed(groups, table);
  Sheet sheet;
  sheet.name = "cells";
  sheet.title =
      "C2ST by task and budget: median, least and largest over observations; wall time of the whole fit and "
      "simulations, medians; the method that was chosen. Published: medians over ten observations.";
  sheet.columns = {"task",         "budget",        "C2ST",   "min",          "max",
                   "observations", "method",        "wall s", "simulations",  "published best",
                   "by",           "published NPE", "goal",   "at most that", "NPE + 0.02 at most"};
  for (const CellGroup& g : groups) {
    const std::vector<double> found = scores(g);
    const double c2st = c2st_of(g);
    std::vector<Sheet::Entry> line = {g.task,
                                      g.budget.name(),
                                      c2st,
                                      found.empty() ? nan : std::ranges::min(found),
                                      found.empty() ? nan : std::ranges::max(found),
                                      static_cast<double>(found.size()),
                                      methods(g),
                                      median_of(g, &Outcome::wall_s),
                                      median_of(g, &Outcome::simulations)};
    const auto best = published.best(g.task, g.budget.simulations);
    const auto npe = published.find(g.task, "NPE", g.budget.simulations);
    double goal = nan;
    if (published_budget(g.budget) && best) goal = best->c2st;
    if (g.budget == Budget{0, timed_seconds}) goal = goal_in_seconds(g.task);
    const auto judged = [&](double limit) -> Sheet::Entry {
      if (std::isnan(c2st) || std::isnan(limit)) return std::string();
      return c2st <= limit;
    };
    line.insert(line.end(), {best ? best->c2st : nan, best ? best->algorithm : "", npe.value_or(nan), goal,
                             judged(goal), judged(npe ? *npe + worse_than_npe : nan)});
    sheet.lines.push_back(std::move(line));
  }
  table.sheets.push_back(std::move(sheet));
}

}  // namespace hillock::bench
