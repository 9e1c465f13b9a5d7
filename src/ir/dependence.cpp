#include "ir/dependence.hpp"

#include <algorithm>

#include "ir/derive.hpp"

namespace hillock::ir {

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

std::vector<NodeId> still_parts(const Program& program, NodeId root, std::span<const NodeId> stop) {
  const Graph& graph = program.graph;
  const auto stops = [&](NodeId id) { return std::find(stop.begin(), stop.end(), id) != stop.end(); };
  std::vector<bool> moves(graph.size());
  for (const NodeId id : reachable(graph, std::span(&root, 1))) {
    const Node& node = graph[id];
    if (node.op == Op::symbol) {
      const Source source = program.variables[index(node.symbol)].source;
      moves[index(id)] = source != Source::parameter && source != Source::column;
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

Reads reads(const Program& program) {
  Reads out;
  out.carried.resize(program.init.size());
  out.parameters.resize(program.init.size());
  const auto note = [&](std::uint32_t target, NodeId root) {
    for (const NodeId id : with_slopes(program.graph, root)) {
      const Node& node = program.graph[id];
      if (node.op != Op::symbol) continue;
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::carried) out.carried[target].push_back(v.index);
      if (v.source == Source::parameter) out.parameters[target].push_back(v.index);
    }
  };
  for (std::uint32_t c = 0; c < program.init.size(); ++c) note(c, program.init[c]);
  for (const Assignment& a : program.observe) note(a.carried, a.value);
  for (const Assignment& a : program.advance) note(a.carried, a.value);
  return out;
}

std::vector<bool> reached_from(const Reads& reads, std::span<const std::uint32_t> with_respect_to) {
  std::vector<bool> reached(reads.carried.size());
  for (bool grew = true; grew;) {
    grew = false;
    for (std::size_t c = 0; c < reached.size(); ++c) {
      if (reached[c]) continue;
      const bool direct = std::ranges::any_of(reads.parameters[c], [&](std::uint32_t p) {
        return std::ranges::find(with_respect_to, p) != with_respect_to.end();
      });
      if (direct || std::ranges::any_of(reads.carried[c], [&](std::uint32_t from) { return reached[from]; }))
        reached[c] = grew = true;
    }
  }
  return reached;
}

}  // namespace hillock::ir
