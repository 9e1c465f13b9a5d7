#include "ir/passes/take_ahead.hpp"

#include <algorithm>

#include "ir/usual.hpp"

namespace hillock::ir {
namespace {

constexpr std::int64_t nothing = -1, several = -2;

/// By node: the carried variable that it depends on, `nothing` where it stands still, or `several` where more moves.
std::vector<std::int64_t> moved_by(const Program& program) {
  std::vector<std::int64_t> out(program.graph.size(), nothing);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    const Node& node = program.graph[NodeId{i}];
    if (node.op == Op::symbol) {
      const Variable& v = program.variables[index(node.symbol)];
      if (v.source == Source::carried) out[i] = v.index;
      else if (v.source != Source::parameter) out[i] = several;
    }
    for (const NodeId arg : node.args) {
      if (arg == no_node || out[index(arg)] == nothing) continue;
      out[i] = out[i] == nothing || out[i] == out[index(arg)] ? out[index(arg)] : several;
    }
  }
  return out;
}

/// A node with something else for each carried variable.
template <class Value>
NodeId with_carried(Program& program, NodeId id, Value&& value) {
  const Graph from = program.graph;
  return rebuild(from, std::span(&id, 1), [&](NodeId, const Node& node, std::span<const NodeId> args) {
    if (node.op == Op::symbol && program.variables[index(node.symbol)].source == Source::carried)
      return value(program.variables[index(node.symbol)].index);
    return same_node(program.graph, node, args);
  })[0];
}

}  // namespace

void take_exponentials_ahead(Program& program) {
  if (program.adaptive || program.tape > 0) return;
  std::vector<NodeId> next(program.init.size(), no_node);
  std::vector<NodeId> roots;
  for (const Assignment& a : program.advance) next[a.carried] = a.value, roots.push_back(a.value);
  for (const Assignment& a : program.observe) next[a.carried] = no_node;  // it changes in the middle of a row

  const std::vector<std::int64_t> moved = moved_by(program);
  const std::vector<NodeId> order = reachable(program.graph, roots);
  const std::vector<bool> always = usually_needed(program.graph, roots);
  struct Ahead {
    NodeId function, read;
    std::uint32_t carried;
  };
  std::vector<Ahead> taken;
  for (const NodeId id : order) {
    const std::int64_t state = moved[index(id)];
    if (program.graph[id].op != Op::exp || !always[index(id)] || state < 0) continue;
    if (next[static_cast<std::size_t>(state)] == no_node) continue;
    const NodeId first = with_carried(program, id, [&](std::uint32_t which) { return program.init[which]; });
    const std::uint32_t carried = program.carry("ahead", first);
    if (std::ranges::find(program.singles, static_cast<std::uint32_t>(state)) != program.singles.end())
      program.singles.push_back(carried);
    taken.push_back({id, program.carried(carried), carried});
  }
  if (taken.empty()) return;

  const Graph from = program.graph;
  const std::vector<NodeId> reading =
      rebuild(from, roots, [&](NodeId id, const Node& node, std::span<const NodeId> args) {
        for (const Ahead& t : taken)
          if (t.function == id) return t.read;
        return same_node(program.graph, node, args);
      });
  for (std::size_t i = 0; i < reading.size(); ++i)
    next[program.advance[i].carried] = program.advance[i].value = reading[i];
  for (const Ahead& t : taken)
    program.advance.push_back(
        {t.carried, with_carried(program, t.function, [&](std::uint32_t which) { return next[which]; })});
}

}  // namespace hillock::ir
