/// Sensitivities of programs, by mixed mode.
///
/// Of an expression that is evaluated at every row, d/d parameter k = sum over its leaves of (d expression / d leaf)
/// (d leaf / d parameter k). The leaves are the carried variables, whose derivatives are carried along, and the largest
/// parts that read no carried variable, which change only with the columns and are differentiated in reverse. So a row
/// costs one reverse sweep of what moves, and one product per leaf and parameter.

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "ir/derive.hpp"
#include "ir/program.hpp"

namespace hillock::ir {
namespace {

/// The largest parts of an expression that read no carried variable (and no step of the lane's own); a bare parameter
/// is one too. What is below a node of `stop` is not looked at.
std::vector<NodeId> still_parts(const Program& program, NodeId root, std::span<const NodeId> stop) {
  const Graph& graph = program.graph;
  const auto stops = [&](NodeId id) { return std::find(stop.begin(), stop.end(), id) != stop.end(); };
  std::vector<bool> moves(graph.size());
  for (const NodeId id : reachable(graph, std::span(&root, 1))) {
    const Node& node = graph[id];
    if (node.op == Op::symbol) {
      const Source source = program.variables[index(node.symbol)].source;
      moves[index(id)] = source == Source::carried || source == Source::substep || source == Source::progress;
    }
    for (const NodeId arg : node.args)
      if (arg != no_node && moves[index(arg)]) moves[index(id)] = true;
  }
  std::vector<NodeId> parts;
  std::vector<bool> seen(graph.size());
  std::vector<NodeId> open{root};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (seen[index(id)] || stops(id)) continue;
    seen[index(id)] = true;
    const Node& node = graph[id];
    if (!moves[index(id)]) {
      const bool plain = node.op == Op::constant ||
                         (node.op == Op::symbol && program.variables[index(node.symbol)].source == Source::column);
      if (!plain && node.type == Type::real) parts.push_back(id);
      continue;
    }
    for (const NodeId arg : node.args)
      if (arg != no_node) open.push_back(arg);
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

/// The nodes that a derivative of `root` looks at: not what is behind conditions and piecewise constant functions.
std::vector<NodeId> with_slopes(const Graph& graph, NodeId root) {
  std::vector<NodeId> out;
  std::vector<bool> seen(graph.size());
  std::vector<NodeId> open{root};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (seen[index(id)]) continue;
    seen[index(id)] = true;
    out.push_back(id);
    if (is_piecewise_constant(graph[id].op)) continue;
    for (const NodeId arg : graph[id].args)
      if (arg != no_node && graph[arg].type == Type::real) open.push_back(arg);
  }
  return out;
}

}  // namespace

std::vector<NodeId> sensitivity(Program& program, NodeId root, const TangentTable& tangents,
                                std::span<const std::uint32_t> with_respect_to, std::span<const KnownSlopes> known,
                                std::span<const NodeId> onto) {
  Algebra algebra(program.graph);
  std::vector<NodeId> parameters;
  for (const std::uint32_t parameter : with_respect_to) parameters.push_back(program.parameter(parameter));
  std::vector<NodeId> leaves;
  for (const KnownSlopes& k : known) leaves.push_back(k.node);
  const std::vector<NodeId> parts = still_parts(program, root, leaves);
  const std::size_t first_carried = leaves.size();
  for (std::uint32_t c = 0; c < tangents.size(); ++c) leaves.push_back(program.carried(c));
  const std::size_t first_part = leaves.size();
  leaves.insert(leaves.end(), parts.begin(), parts.end());
  const std::vector<NodeId> adjoint = gradient(algebra, root, leaves);
  std::vector<std::vector<NodeId>> slopes;
  for (const NodeId part : parts) slopes.push_back(gradient(algebra, part, parameters));

  std::vector<NodeId> out;
  for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
    // Products are added one after another: each pair becomes a fused multiply-add.
    NodeId sum = onto.empty() ? algebra.number(0.0) : onto[k];
    for (std::size_t i = 0; i < known.size(); ++i) sum = algebra.add(sum, algebra.mul(adjoint[i], known[i].slopes[k]));
    for (std::uint32_t c = 0; c < tangents.size(); ++c)
      if (tangents[c][k])
        sum = algebra.add(sum, algebra.mul(adjoint[first_carried + c], program.carried(*tangents[c][k])));
    for (std::size_t i = 0; i < parts.size(); ++i)
      sum = algebra.add(sum, algebra.mul(adjoint[first_part + i], slopes[i][k]));
    out.push_back(sum);
  }
  return out;
}

TangentTable add_tangents(Program& program, std::span<const std::uint32_t> with_respect_to) {
  const auto primal = static_cast<std::uint32_t>(program.init.size());
  TangentTable table(primal, std::vector<std::optional<std::uint32_t>>(with_respect_to.size()));
  const std::vector<Assignment> observe = program.observe;
  const std::vector<Assignment> advance = program.advance;
  Algebra algebra(program.graph);

  // Which carried variables can parameter k reach? A fixed point over the dependences of the right sides.
  std::vector<std::vector<std::uint32_t>> reads_carried(primal);
  std::vector<std::vector<std::uint32_t>> reads_parameter(primal);
  const auto note = [&](std::uint32_t target, NodeId root) {
    for (const NodeId id : with_slopes(program.graph, root)) {
      const Node& node = program.graph[id];
      if (node.op != Op::symbol) continue;
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::carried) reads_carried[target].push_back(v.index);
      if (v.source == Source::parameter) reads_parameter[target].push_back(v.index);
    }
  };
  for (std::uint32_t c = 0; c < primal; ++c) note(c, program.init[c]);
  for (const Assignment& a : observe) note(a.carried, a.value);
  for (const Assignment& a : advance) note(a.carried, a.value);

  std::vector<NodeId> parameters;
  for (const std::uint32_t parameter : with_respect_to) parameters.push_back(program.parameter(parameter));
  for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
    std::vector<bool> reached(primal);
    for (bool grew = true; grew;) {
      grew = false;
      for (std::uint32_t c = 0; c < primal; ++c) {
        if (reached[c]) continue;
        const auto& direct = reads_parameter[c];
        const bool now = std::find(direct.begin(), direct.end(), with_respect_to[k]) != direct.end() ||
                         std::any_of(reads_carried[c].begin(), reads_carried[c].end(),
                                     [&](std::uint32_t from) { return reached[from]; });
        if (now) reached[c] = grew = true;
      }
    }
    for (std::uint32_t c = 0; c < primal; ++c)
      if (reached[c])
        table[c][k] = program.carry("d " + program.carried_names[c] + " / d p" + std::to_string(with_respect_to[k]),
                                    algebra.number(0.0));
  }
  for (std::uint32_t c = 0; c < primal; ++c) {
    // Initial values read no carried variables.
    const std::vector<NodeId> slopes = gradient(algebra, program.init[c], parameters);
    for (std::size_t k = 0; k < slopes.size(); ++k)
      if (table[c][k]) program.init[*table[c][k]] = slopes[k];
  }
  const auto extend = [&](const std::vector<Assignment>& assignments, std::vector<Assignment>& to) {
    for (const Assignment& a : assignments) {
      const std::vector<NodeId> slopes = sensitivity(program, a.value, table, with_respect_to);
      for (std::size_t k = 0; k < slopes.size(); ++k)
        if (table[a.carried][k]) to.push_back({*table[a.carried][k], slopes[k]});
    }
  };
  extend(observe, program.observe);
  extend(advance, program.advance);
  return table;
}

}  // namespace hillock::ir
