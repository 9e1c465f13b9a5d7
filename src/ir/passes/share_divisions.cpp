#include "ir/passes/share_divisions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "ir/algebra.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/rewrite.hpp"
#include "ir/usual.hpp"

namespace hillock::ir {
namespace {

class Sharing {
 public:
  Sharing(Graph& graph, const std::function<bool(NodeId)>& moves, const DivisionLimits& limits)
      : al_(graph), moves_(moves), limits_(limits) {}

  std::vector<NodeId> phase(std::span<const NodeId> roots) {
    const std::vector<NodeId> order = reachable(al_.g, roots);
    // What only a rare side of a choice needs is not worth a shared division.
    const std::vector<bool> usual = usually_needed(al_.g, roots);
    // Divisions of one level do not wait for each other.
    std::vector<int> level(al_.g.size());
    std::map<int, std::vector<NodeId>> divisors;
    std::vector<bool> listed(al_.g.size());
    for (const NodeId id : order) {
      const Node& node = al_.g[id];
      for (const NodeId arg : node.args)
        if (arg != no_node) level[index(id)] = std::max(level[index(id)], level[index(arg)]);
      if (node.op != Op::div || !usual[index(id)] || !moves_(node.args[1])) continue;
      if (!listed[index(node.args[1])]) divisors[level[index(node.args[1])]].push_back(node.args[1]);
      listed[index(node.args[1])] = true;
      ++level[index(id)];
    }
    std::map<NodeId, Place> place_of;
    std::vector<std::vector<NodeId>> groups;
    for (const auto& [at, list] : divisors)
      for (std::size_t first = 0; first + 1 < list.size(); first += limits_.most) {
        const std::size_t last = std::min(list.size(), first + limits_.most);
        if (last - first < 2) continue;
        for (std::size_t i = first; i < last; ++i) place_of[list[i]] = {groups.size(), i - first};
        groups.emplace_back(list.begin() + static_cast<std::ptrdiff_t>(first),
                            list.begin() + static_cast<std::ptrdiff_t>(last));
      }
    if (groups.empty()) return {roots.begin(), roots.end()};

    // In order of levels arguments still come first, and all divisors of a group before what divides by them.
    std::vector<NodeId> by_level = order;
    std::ranges::stable_sort(by_level, {}, [&](NodeId id) { return level[index(id)]; });
    const Graph before = al_.g;
    std::vector<NodeId> made(before.size(), no_node);
    std::vector<std::vector<NodeId>> reciprocals(groups.size());
    for (const NodeId id : by_level) {
      const Node& node = before[id];
      std::vector<NodeId> args;
      for (const NodeId arg : node.args)
        if (arg != no_node) args.push_back(made[index(arg)]);
      const auto found = node.op == Op::div && usual[index(id)] ? place_of.find(node.args[1]) : place_of.end();
      if (found == place_of.end()) {
        made[index(id)] = same_node(al_.g, node, args);
        continue;
      }
      const auto [group, place] = found->second;
      if (reciprocals[group].empty()) {
        std::vector<NodeId> now;
        for (const NodeId divisor : groups[group]) now.push_back(made[index(divisor)]);
        reciprocals[group] = invert(now);
      }
      made[index(id)] = al_.mul(args[0], reciprocals[group][place]);
    }
    std::vector<NodeId> out;
    for (const NodeId root : roots) out.push_back(made[index(root)]);
    return out;
  }

 private:
  struct Place {
    std::size_t group, place;
  };

  /// 1/d for each, from one division.
  std::vector<NodeId> invert(const std::vector<NodeId>& d) {
    std::vector<NodeId> shared(d.size());
    const NodeId product = multiply(d, 0, d.size());
    const NodeId inverse = al_.div(al_.number(1.0), product);
    spread(d, 0, d.size(), inverse, shared);
    NodeId usual = al_.make(Op::ge, al_.make(Op::abs, product), al_.number(limits_.product));
    for (const NodeId divisor : d)
      usual = al_.make(Op::land, usual, al_.make(Op::le, al_.make(Op::abs, divisor), al_.number(limits_.divisor)));
    const NodeId alone = al_.make(Op::lnot, usual);
    std::vector<NodeId> out;
    for (std::size_t i = 0; i < d.size(); ++i) {
      const NodeId choice[3] = {alone, al_.div(al_.number(1.0), d[i]), shared[i]};
      out.push_back(al_.g.make(Op::seldom, choice));
    }
    return out;
  }
  NodeId multiply(const std::vector<NodeId>& d, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return d[begin];
    const std::size_t middle = begin + (end - begin) / 2;
    return al_.mul(multiply(d, begin, middle), multiply(d, middle, end));
  }
  /// `inverse` is 1/(product of begin..end).
  void spread(const std::vector<NodeId>& d, std::size_t begin, std::size_t end, NodeId inverse,
              std::vector<NodeId>& out) {
    if (end - begin == 1) {
      out[begin] = inverse;
      return;
    }
    const std::size_t middle = begin + (end - begin) / 2;
    spread(d, begin, middle, al_.mul(inverse, multiply(d, middle, end)), out);
    spread(d, middle, end, al_.mul(inverse, multiply(d, begin, middle)), out);
  }

  Algebra al_;
  const std::function<bool(NodeId)>& moves_;
  const DivisionLimits& limits_;
};

}  // namespace

std::vector<NodeId> share_divisions(Graph& graph, std::span<const std::vector<NodeId>> phases,
                                    const std::function<bool(NodeId)>& moves, const DivisionLimits& limits) {
  std::vector<NodeId> out;
  for (const std::vector<NodeId>& roots : phases)
    for (const NodeId root : Sharing(graph, moves, limits).phase(roots)) out.push_back(root);
  return out;
}

namespace {

/// What singles can take: partial products in 1e-24 .. 1e36.
constexpr DivisionLimits of_singles{3, 1e12, 1e-12};

// Vectors of eight doubles, where the divider is slowest beside the rest (Intel's Ice Lake: Fog, Instruction tables).
constexpr double cycles_of_a_division = 16.0;  // until the next one can begin
constexpr double cycles_of_a_function = 16.0;  // exp, exprel: as many operations

}  // namespace

std::size_t divisions_to_share(const Graph& graph, std::span<const NodeId> roots,
                               const std::function<bool(NodeId)>& moves) {
  const std::vector<bool> usual = usually_needed(graph, roots);
  double divisions = 0.0, others = 0.0;
  for (const NodeId id : reachable(graph, roots)) {
    const Node& node = graph[id];
    if (node.op == Op::constant || node.op == Op::symbol || !usual[index(id)] || !moves(id)) continue;
    if (node.op == Op::div && moves(node.args[1])) ++divisions;
    else others += info(node.op).written && info(node.op).arity == 1 ? cycles_of_a_function : 1.0;
  }
  // Of the time that the rest takes: what waits for a division takes its part too.
  constexpr double share = 0.75;
  return static_cast<std::size_t>(std::ceil(cycles_of_a_division * divisions / (share * std::max(1.0, others))));
}

void share_divisions(Program& program) {
  Dependences dependences(program.graph, program.variables);
  const auto moves = [&](NodeId id) { return dependences.of(id).carried; };
  std::array<std::vector<NodeId>, 3> phases;  // as roots are gathered: what is once, observed, advanced
  phases[0] = program.init;
  for (const Assignment& a : program.observe) phases[1].push_back(a.value);
  for (const Assignment& a : program.advance) phases[2].push_back(a.value);
  std::vector<NodeId> roots;
  for (const std::vector<NodeId>& phase : phases) {
    DivisionLimits limits = program.singles.empty() ? DivisionLimits{} : of_singles;
    limits.most = std::min(limits.most, divisions_to_share(program.graph, phase, moves));
    const std::vector<NodeId> shared =
        limits.most < 2 ? phase : share_divisions(program.graph, std::span(&phase, 1), moves, limits);
    roots.insert(roots.end(), shared.begin(), shared.end());
  }
  // Outputs and step control keep the divisions they have.
  const std::vector<NodeId> all = gather_roots(program);
  roots.insert(roots.end(), all.begin() + static_cast<std::ptrdiff_t>(roots.size()), all.end());
  scatter_roots(roots, program);
}

}  // namespace hillock::ir
