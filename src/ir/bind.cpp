/// From a Program and a Timeline to a Loop: passes that put every computation where it is cheapest.

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/collect_terms.hpp"
#include "ir/interpret.hpp"
#include "ir/lower/lower.hpp"
#include "ir/narrow.hpp"
#include "ir/program.hpp"
#include "ir/share_divisions.hpp"
#include "ir/share_exponentials.hpp"
#include "ir/take_ahead.hpp"
#include "ir/usual.hpp"

namespace hillock::ir {
namespace {

/// What a node's value depends on.
struct Dependence {
  bool parameter = false;
  bool carried = false;                ///< or the lane's own step
  std::vector<std::uint32_t> columns;  ///< sorted
};

class Dependences {
 public:
  Dependences(const Graph& graph, std::span<const Variable> variables) : graph_(graph), variables_(variables) {}

  const Dependence& of(NodeId id) {
    while (known_.size() <= index(id)) known_.push_back(compute(NodeId{static_cast<std::uint32_t>(known_.size())}));
    return known_[index(id)];
  }

 private:
  Dependence compute(NodeId id) const {
    const Node& node = graph_[id];
    Dependence out;
    if (node.op == Op::symbol) {
      const Variable& v = variables_[index(node.symbol)];
      out.parameter = v.source == Source::parameter;
      out.carried = v.source != Source::parameter && v.source != Source::column;
      if (v.source == Source::column) out.columns.push_back(v.index);
      return out;
    }
    for (const NodeId arg : node.args) {
      if (arg == no_node) continue;
      const Dependence& d = known_[index(arg)];
      out.parameter |= d.parameter;
      out.carried |= d.carried;
      std::vector<std::uint32_t> both;
      std::set_union(out.columns.begin(), out.columns.end(), d.columns.begin(), d.columns.end(),
                     std::back_inserter(both));
      out.columns = std::move(both);
    }
    return out;
  }
  const Graph& graph_;
  std::span<const Variable> variables_;
  std::vector<Dependence> known_;
};

/// All roots of a program in one list, and back.
struct Roots {
  static std::vector<NodeId> gather(const Program& p) {
    std::vector<NodeId> all(p.init);
    for (const Assignment& a : p.observe) all.push_back(a.value);
    for (const Assignment& a : p.advance) all.push_back(a.value);
    all.insert(all.end(), p.outputs.begin(), p.outputs.end());
    if (p.adaptive)
      for (const NodeId id : p.adaptive->roots()) all.push_back(id);
    return all;
  }
  static void scatter(std::span<const NodeId> all, Program& p) {
    std::size_t i = 0;
    for (NodeId& id : p.init) id = all[i++];
    for (Assignment& a : p.observe) a.value = all[i++];
    for (Assignment& a : p.advance) a.value = all[i++];
    for (NodeId& id : p.outputs) id = all[i++];
    if (p.adaptive) {
      p.adaptive->error = all[i++];
      p.adaptive->factor = all[i++];
      if (p.adaptive->taken != no_node) p.adaptive->taken = all[i++];
    }
  }
};

/// Replaces the program's graph by one made node by node: `rewrite(graph, id, node, args)`.
template <class Rewrite>
void rewrite_program(Program& program, Rewrite&& rewrite) {
  const std::vector<NodeId> roots = Roots::gather(program);
  const Graph from = std::move(program.graph);
  program.graph = Graph();
  const std::vector<NodeId> out = rebuild(from, roots, [&](NodeId id, const Node& node, std::span<const NodeId> args) {
    return rewrite(program.graph, id, node, args);
  });
  Roots::scatter(out, program);
}

/// Pass: a division of something that changes by something that changes less often multiplies by the hoisted
/// reciprocal (one more rounding, at most 1 ulp).
void hoist_reciprocals(Program& program) {
  Graph before = program.graph;
  Dependences dependences(before, program.variables);
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::div) {
      const bool top_moves = dependences.of(node.args[0]).carried;
      const bool bottom_moves = dependences.of(node.args[1]).carried;
      if (top_moves && !bottom_moves) {
        Algebra algebra(g);
        return algebra.mul(args[0], algebra.div(algebra.number(1.0), args[1]));
      }
    }
    return same_node(g, node, args);
  });
}

/// Pass: divisions by quotients. A rate is written a/exprel(x), which is a x/(exp(x) - 1): one division instead of two;
/// and a/(b/c) = a c/b leaves b alone, to be hoisted where it stands still. A rounding more or less.
void merge_divisions(Program& program) {
  rewrite_program(program, [](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::div) {
      Algebra algebra(g);
      const Node below = g[args[1]];
      if (below.op == Op::exprel) return algebra.mul(args[0], algebra.make(Op::bernoulli, below.args[0]));
      if (below.op == Op::div) return algebra.div(algebra.mul(args[0], below.args[1]), below.args[0]);
    }
    return same_node(g, node, args);
  });
}

/// Pass: divisions by one moving number become products with its reciprocal, where there are several (one more rounding
/// each): derivatives divide by what their functions divide by.
void share_reciprocals(Program& program) {
  const std::vector<NodeId> roots = Roots::gather(program);
  std::vector<int> divides(program.graph.size());
  for (const NodeId id : reachable(program.graph, roots)) {
    const Node& node = program.graph[id];
    if (node.op == Op::div && !program.graph.is_constant(node.args[1])) ++divides[index(node.args[1])];
  }
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op != Op::div || divides[index(node.args[1])] < 2) return same_node(g, node, args);
    Algebra algebra(g);
    return algebra.mul(args[0], algebra.div(algebra.number(1.0), args[1]));
  });
}

/// What singles can take: exp(88), products up to 1e38. Powers of singles have the error of their base so many times
/// over, so there are fewer.
constexpr PowerLimits power_limits_of_singles{8, 5.0, 40.0, false};
constexpr DivisionLimits division_limits_of_singles{3, 1e12, 1e-12};  // partial products in 1e-24 .. 1e36

/// Pass, of programs in single precision: x/(exp(x) - 1) as a division where there are others that it can be shared
/// with; 1 at 0. (For doubles that is done where exponentials are shared.)
void divide_by_exponentials(Program& program) {
  const std::vector<NodeId> roots = Roots::gather(program);
  const auto divides = [&](NodeId id) {
    return program.graph[id].op == Op::div || program.graph[id].op == Op::bernoulli;
  };
  if (std::ranges::count_if(reachable(program.graph, roots), divides) < 2) return;
  rewrite_program(program, [](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op != Op::bernoulli) return same_node(g, node, args);
    Algebra al(g);
    const NodeId one = al.number(1.0);
    const NodeId at_zero = al.make(Op::eq, args[0], al.number(0.0));
    return al.div(al.select(at_zero, one, args[0]), al.select(at_zero, one, al.make(Op::expm1, args[0])));
  });
}

/// Pass: exponentials of one moving quantity from one of them.
void share_program_exponentials(Program& program) {
  Dependences dependences(program.graph, program.variables);
  const std::vector<NodeId> roots = Roots::gather(program);
  Roots::scatter(share_exponentials(
                     program.graph, roots, [&](NodeId id) { return dependences.of(id).carried; },
                     program.singles.empty() ? PowerLimits{} : power_limits_of_singles),
                 program);
}

/// Pass: several divisions of a phase from one.
void share_program_divisions(Program& program) {
  Dependences dependences(program.graph, program.variables);
  std::array<std::vector<NodeId>, 3> phases;  // as Roots gathers: what is once, observed, advanced
  phases[0] = program.init;
  for (const Assignment& a : program.observe) phases[1].push_back(a.value);
  for (const Assignment& a : program.advance) phases[2].push_back(a.value);
  std::vector<NodeId> roots = share_divisions(
      program.graph, phases, [&](NodeId id) { return dependences.of(id).carried; },
      program.singles.empty() ? DivisionLimits{} : division_limits_of_singles);
  // Outputs and step control keep the divisions they have.
  const std::vector<NodeId> all = Roots::gather(program);
  roots.insert(roots.end(), all.begin() + static_cast<std::ptrdiff_t>(roots.size()), all.end());
  Roots::scatter(roots, program);
}

/// Pass: factors and offsets that stand still, each in one number.
void collect_program_terms(Program& program) {
  Dependences dependences(program.graph, program.variables);
  const std::vector<NodeId> roots = Roots::gather(program);
  const auto still = [&](NodeId id) {
    const Dependence& d = dependences.of(id);
    return !d.carried && d.columns.empty();
  };
  Roots::scatter(collect_terms(program.graph, roots, still), program);
}

/// Pass: a product that sums alone read is fused with them, and so are two products that are added to something. Every
/// back end then rounds alike.
void contract(Program& program) {
  const std::vector<NodeId> roots = Roots::gather(program);
  const Graph before = program.graph;
  Dependences dependences(before, program.variables);
  const std::vector<NodeId> order = reachable(before, roots);
  // A product that stands still is not worth a fusion that a moving one could have.
  const auto product = [&](NodeId id) { return before[id].op == Op::mul && dependences.of(id).carried; };
  const auto sums = [&](NodeId id) { return before[id].op == Op::add || before[id].op == Op::sub; };
  std::vector<int> uses(before.size());
  std::vector<int> alone(before.size());  // by sums, and beside something else than a product
  for (const NodeId root : roots) ++uses[index(root)];
  for (const NodeId id : order) {
    const auto& args = before[id].args;
    for (const NodeId arg : args)
      if (arg != no_node) ++uses[index(arg)];
    if (sums(id))
      for (const std::size_t k : {0U, 1U})
        if (!product(args[1 - k])) ++alone[index(args[k])];
  }
  const auto fusible = [&](NodeId sum, NodeId id) {
    return before[id].op == Op::mul && (product(id) || !dependences.of(sum).carried) &&
           (uses[index(id)] == 1 || alone[index(id)] == uses[index(id)]);
  };
  rewrite_program(program, [&](Graph& g, NodeId id, const Node& node, std::span<const NodeId> args) {
    if (!sums(id)) return same_node(g, node, args);
    const auto negative = [&](NodeId of) {
      const Node n = g[of];
      if (n.op == Op::neg) return n.args[0];
      return n.op == Op::constant && n.type == Type::real ? g.constant(-n.value) : g.make(Op::neg, of);
    };
    const bool minus = node.op == Op::sub;
    for (const std::size_t k : {1U, 0U}) {
      if (!fusible(id, node.args[k]) || g[args[k]].op != Op::mul) continue;
      const auto f = g[args[k]].args;
      if (!minus) return g.make(Op::fma, f[0], f[1], args[1 - k]);
      return k == 1 ? g.make(Op::fma, negative(f[0]), f[1], args[0]) : g.make(Op::fma, f[0], f[1], negative(args[1]));
    }
    // a + (b c + d e)
    for (const std::size_t k : {1U, 0U}) {
      const NodeId pair = node.args[k];
      if (!sums(pair) || uses[index(pair)] != 1 || !dependences.of(pair).carried) continue;
      const auto& products = before[pair].args;
      if (!std::ranges::all_of(std::span(products).first(2),
                               [&](NodeId p) { return product(p) && uses[index(p)] == 1; }))
        continue;
      const Node fused = g[args[k]];
      if (fused.op != Op::fma || g[fused.args[2]].op != Op::mul) continue;
      const auto second = g[fused.args[2]].args;
      if (minus && k == 1)
        return g.make(Op::fma, negative(fused.args[0]), fused.args[1],
                      g.make(Op::fma, negative(second[0]), second[1], args[0]));
      return g.make(Op::fma, fused.args[0], fused.args[1],
                    g.make(Op::fma, second[0], second[1], minus ? negative(args[1]) : args[1 - k]));
    }
    // -a b - c
    const Node left = before[node.args[0]];
    if (minus && left.op == Op::neg && uses[index(node.args[0])] == 1 && fusible(id, left.args[0]))
      if (const Node turned = g[args[0]]; turned.op == Op::neg && g[turned.args[0]].op == Op::mul) {
        const auto f = g[turned.args[0]].args;
        return g.make(Op::fma, negative(f[0]), f[1], negative(args[1]));
      }
    return same_node(g, node, args);
  });
}

/// Pass: library functions become primitives.
void lower_program(Program& program) {
  const std::vector<NodeId> roots = Roots::gather(program);
  const std::vector<bool> usual = usually_needed(program.graph, roots);
  rewrite_program(program, [&](Graph& g, NodeId id, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::constant || node.op == Op::symbol) return same_node(g, node, args);
    if (node.op == Op::exp && node.type == Type::real && !usual[index(id)]) return lower_exp_anywhere(g, args[0]);
    return lower(g, node.op, args);
  });
}

/// What makes columns from those of a timeline.
struct DerivedColumns {
  Graph graph;
  std::vector<NodeId> wanted;
  std::vector<std::pair<std::size_t, std::uint32_t>> reads;  ///< symbol, column
  std::size_t symbols = 0;
};

/// Pass: what depends on columns alone becomes a column of its own, which is computed once for all lanes.
DerivedColumns derive_columns(Program& program, const Timeline& timeline) {
  Graph before = program.graph;
  Dependences dependences(before, program.variables);
  const auto column_only = [&](NodeId id) {
    const Dependence& d = dependences.of(id);
    return !d.parameter && !d.carried && !d.columns.empty() && before[id].type != Type::boolean;
  };
  const std::vector<NodeId> roots = Roots::gather(program);
  std::vector<NodeId> wanted;
  std::vector<bool> taken(before.size());
  const auto want = [&](NodeId id) {
    if (before[id].op == Op::symbol || !column_only(id) || taken[index(id)]) return;
    taken[index(id)] = true;
    wanted.push_back(id);
  };
  for (const NodeId id : reachable(before, roots)) {
    const Dependence& d = dependences.of(id);
    if (!d.parameter && !d.carried && before[id].type != Type::boolean) continue;
    for (const NodeId arg : before[id].args)
      if (arg != no_node) want(arg);
  }
  for (const NodeId root : roots) want(root);
  DerivedColumns derived;
  if (wanted.empty()) return derived;
  std::vector<SymbolId> fresh;
  const auto old_columns = static_cast<std::uint32_t>(timeline.columns);
  for (std::uint32_t s = 0; s < program.variables.size(); ++s)
    if (program.variables[s].source == Source::column) derived.reads.emplace_back(s, program.variables[s].index);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    fresh.push_back(program.add_symbol(Source::column, old_columns + static_cast<std::uint32_t>(i)));
  program.columns = old_columns + static_cast<std::uint32_t>(wanted.size());
  derived.symbols = program.variables.size();
  std::map<NodeId, SymbolId> by_node;
  for (std::size_t i = 0; i < wanted.size(); ++i) by_node[wanted[i]] = fresh[i];
  rewrite_program(program, [&](Graph& g, NodeId id, const Node& node, std::span<const NodeId> args) {
    if (const auto found = by_node.find(id); found != by_node.end()) return g.symbol(found->second, before[id].type);
    return same_node(g, node, args);
  });
  derived.graph = std::move(before);
  derived.wanted = std::move(wanted);
  return derived;
}

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

// The same bits in every row, NaN included.
void fold_constant_columns(Program& program, const Timeline& timeline) {
  std::vector<bool> constant(timeline.columns, timeline.rows > 0);
  std::vector<double> value(timeline.columns);
  std::vector<std::uint32_t> open;  // columns that may be constant, as far as the rows so far tell
  for (std::uint32_t c = 0; c < timeline.columns; ++c) {
    const auto known = timeline.source ? timeline.source->constant(c) : std::nullopt;
    if (known) value[c] = *known;
    else open.push_back(c);
  }
  timeline.each_block([&](Rows rows, std::span<const double> values, std::span<const std::uint8_t>) {
    if (rows.begin == 0)
      for (const std::uint32_t c : open) value[c] = values[c];
    std::erase_if(open, [&](std::uint32_t c) {
      for (std::size_t i = c; i < values.size(); i += timeline.columns)
        if (std::bit_cast<std::uint64_t>(values[i]) != std::bit_cast<std::uint64_t>(value[c])) {
          constant[c] = false;
          return true;
        }
      return false;
    });
    return !open.empty();
  });
  rewrite_program(program, [&](Graph& g, NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::symbol) {
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::column && constant[v.index]) return g.constant(value[v.index]);
    }
    if (node.op == Op::constant || node.op == Op::symbol) return same_node(g, node, args);
    Algebra algebra(g);
    return algebra.make(node.op, args);
  });
}

Loop bind(const Program& source, const Timeline& timeline, const BindOptions& options) {
  HILLOCK_CHECK(source.columns == timeline.columns, "the timeline has other columns than the program");
  HILLOCK_CHECK(timeline.rows > 0, "a timeline without rows");
  Program program = source;
  fold_constant_columns(program, timeline);
  if (options.lower) merge_divisions(program);
  hoist_reciprocals(program);
  if (options.lower) {
    share_program_exponentials(program);
    if (!program.singles.empty()) divide_by_exponentials(program);
    share_reciprocals(program);
    share_program_divisions(program);
    collect_program_terms(program);
    take_exponentials_ahead(program);
  }
  if (!program.singles.empty()) narrow(program);
  contract(program);
  if (options.lower) lower_program(program);
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
    return Roots::gather(shell);
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
