/// From a Program and a Timeline to a Loop: passes that put every computation where it is cheapest.

#include <algorithm>
#include <bit>
#include <map>

#include "base/error.hpp"
#include "ir/interpret.hpp"
#include "ir/passes/derive_columns.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"
#include "ir/program.hpp"

namespace hillock::ir {
namespace {

int cost(const Node& node) {
  switch (node.op) {
    case Op::constant:
    case Op::symbol: return 0;
    case Op::div:
    case Op::sqrt: return 8;
    default: return info(node.op).written ? 20 : 1;
  }
}

constexpr int cheap_group = 4;  // up to this many operations a branch costs more than it saves

/// The nodes of a phase, sorted into groups by the columns they depend on, and the rest.
Loop::Phase schedule(const Graph& graph, Dependences& dependences, std::span<const NodeId> roots,
                     std::map<std::uint32_t, std::vector<std::uint32_t>>& columns_of_bit, std::uint32_t& next_bit) {
  Loop::Phase phase;
  std::map<std::vector<std::uint32_t>, std::vector<NodeId>> by_columns;
  for (const NodeId id : reachable(graph, roots)) {
    const Node& node = graph[id];
    if (node.op == Op::constant || node.op == Op::symbol) continue;
    const Dependence& d = dependences.of(id);
    if (d.carried) phase.nodes.push_back(id);
    else if (!d.columns.empty()) by_columns[d.columns].push_back(id);
  }
  std::vector<std::pair<std::vector<std::uint32_t>, std::vector<NodeId>>> sorted(by_columns.begin(), by_columns.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  for (auto& [columns, nodes] : sorted) {
    int total = 0;
    for (const NodeId id : nodes) total += cost(graph[id]);
    Group group{std::move(nodes), 0};
    if (total > cheap_group && next_bit < 31) {
      group.bit = next_bit++;
      columns_of_bit[group.bit] = columns;
    }
    phase.groups.push_back(std::move(group));
  }
  return phase;
}

/// Groups of a phase that are always recomputed together become one.
void merge_groups(Loop::Phase& phase, std::vector<std::uint32_t>& flags) {
  std::vector<Group> merged;
  for (Group& group : phase.groups) {
    bool joined = false;
    if (group.bit != 0 && !merged.empty() && merged.back().bit != 0) {
      Group& last = merged.back();
      const bool together = std::all_of(flags.begin(), flags.end(), [&](std::uint32_t f) {
        return ((f >> group.bit) & 1U) == ((f >> last.bit) & 1U);
      });
      if (together) {
        last.nodes.insert(last.nodes.end(), group.nodes.begin(), group.nodes.end());
        joined = true;
      }
    }
    if (!joined) merged.push_back(std::move(group));
  }
  phase.groups = std::move(merged);
}

/// The columns that a loop keeps, of its timeline or derived, and which of its rows are observed.
void read_rows(const Timeline& timeline, const DerivedColumns& derived, std::span<const std::uint32_t> kept,
               Loop& loop) {
  loop.values.resize(loop.rows * kept.size());
  loop.flags.resize(loop.rows);
  const std::size_t given = timeline.columns;
  const bool computes = std::ranges::any_of(kept, [&](std::uint32_t c) { return c >= given; });
  Evaluator evaluator(derived.graph, derived.wanted);
  std::vector<double> symbols(derived.symbols, 0.0), made(derived.wanted.size());
  double* to = loop.values.data();
  timeline.each_block([&](Rows rows, std::span<const double> values, std::span<const std::uint8_t> observe) {
    for (std::size_t r = 0; r < rows.end - rows.begin; ++r) {
      const double* row = values.data() + r * given;
      if (computes) {
        for (const auto& [symbol, column] : derived.reads) symbols[symbol] = row[column];
        evaluator.run(symbols, made);
      }
      for (const std::uint32_t c : kept) *to++ = c < given ? row[c] : made[c - given];
      loop.flags[rows.begin + r] = observe[r] != 0 ? 1U : 0U;
      loop.observed += observe[r] != 0 ? 1U : 0U;
    }
    return true;
  });
}

}  // namespace

Loop bind(const Program& source, const Timeline& timeline, const BindOptions& options) {
  HILLOCK_CHECK(source.columns == timeline.columns, "the timeline has other columns than the program");
  HILLOCK_CHECK(timeline.rows > 0, "a timeline without rows");
  Program program = source;
  fold_constant_columns(program, timeline);
  for (const std::string_view name : options.without)
    HILLOCK_CHECK(std::ranges::any_of(passes(), [&](const Pass& p) { return p.name == name && p.optional; }),
                  "no pass that can be left out has this name");
  for (const Pass& pass : passes())
    if ((options.lower || pass.of_written_functions) && (pass.applies == nullptr || pass.applies(program)) &&
        std::ranges::find(options.without, pass.name) == options.without.end())
      pass.run(program);
  const DerivedColumns derived = derive_columns(program, timeline);

  Loop loop;
  loop.parameters = program.parameters;
  loop.carried = static_cast<std::uint32_t>(program.init.size());
  loop.init = program.init;
  loop.observe = program.observe;
  loop.advance = program.advance;
  loop.outputs = program.outputs;
  loop.adaptive = program.adaptive;
  loop.taped = program.taped;
  loop.tape = program.tape;
  loop.observe_last = program.observe_last;
  loop.single = !program.singles.empty();
  HILLOCK_CHECK(!(loop.adaptive && (loop.observe_last || loop.tape > 0)), "steps of a lane's own are not put down");
  loop.rows = timeline.rows;
  loop.graph = std::move(program.graph);

  // Keep only the columns that are read.
  const std::vector<NodeId> roots = [&] {
    Program shell;
    shell.init = loop.init, shell.observe = loop.observe, shell.advance = loop.advance;
    shell.outputs = loop.outputs, shell.adaptive = loop.adaptive;
    return gather_roots(shell);
  }();
  std::vector<std::uint32_t> new_column(program.columns, UINT32_MAX);
  std::vector<std::uint32_t> kept;
  for (const NodeId id : reachable(loop.graph, roots)) {
    const Node& node = loop.graph[id];
    if (node.op != Op::symbol) continue;
    const Variable& v = program.variables[index(node.symbol)];
    if (v.source == Source::column && new_column[v.index] == UINT32_MAX) {
      new_column[v.index] = static_cast<std::uint32_t>(kept.size());
      kept.push_back(v.index);
    }
  }
  loop.variables = program.variables;
  for (Variable& v : loop.variables)
    if (v.source == Source::column) v.index = new_column[v.index] == UINT32_MAX ? 0 : new_column[v.index];
  loop.columns = static_cast<std::uint32_t>(kept.size());
  read_rows(timeline, derived, kept, loop);

  Dependences dependences(loop.graph, loop.variables);
  for (const NodeId id : loop.init)
    HILLOCK_CHECK(dependences.of(id).columns.empty(), "an initial value reads a column that changes");
  std::vector<NodeId> observe_roots;
  std::vector<NodeId> advance_roots;
  for (const Assignment& a : loop.observe) observe_roots.push_back(a.value);
  observe_roots.insert(observe_roots.end(), loop.outputs.begin(), loop.outputs.end());
  for (const Assignment& a : loop.advance) advance_roots.push_back(a.value);
  if (loop.adaptive)
    for (const NodeId id : loop.adaptive->roots()) advance_roots.push_back(id);

  std::uint32_t next_bit = 1;
  std::map<std::uint32_t, std::vector<std::uint32_t>> columns_of_bit;
  loop.observe_phase = schedule(loop.graph, dependences, observe_roots, columns_of_bit, next_bit);
  const std::uint32_t first_advance_bit = next_bit;
  loop.advance_phase = schedule(loop.graph, dependences, advance_roots, columns_of_bit, next_bit);
  for (const NodeId id : reachable(loop.graph, roots)) {
    const Node& node = loop.graph[id];
    const Dependence& d = dependences.of(id);
    if (node.op != Op::constant && node.op != Op::symbol && !d.carried && d.columns.empty())
      loop.prologue.push_back(id);
  }

  for (const auto& [bit, columns] : columns_of_bit) {
    const bool in_observe = bit < first_advance_bit;
    std::size_t last = SIZE_MAX;
    for (std::size_t r = 0; r < loop.rows; ++r) {
      if (in_observe && (loop.flags[r] & 1U) == 0) continue;
      bool changed = last == SIZE_MAX;
      for (const std::uint32_t c : columns)
        changed = changed || std::bit_cast<std::uint64_t>(loop.values[r * loop.columns + c]) !=
                                 std::bit_cast<std::uint64_t>(loop.values[last * loop.columns + c]);
      if (changed) loop.flags[r] |= 1U << bit;
      last = r;
    }
  }
  merge_groups(loop.observe_phase, loop.flags);
  merge_groups(loop.advance_phase, loop.flags);
  return loop;
}

}  // namespace hillock::ir
