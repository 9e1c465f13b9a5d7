#include "ir/passes/derive_columns.hpp"

#include <map>

#include "ir/passes/rewrite.hpp"

namespace hillock::ir {

DerivedColumns derive_columns(Program& program, const Timeline& timeline) {
  Graph before = program.graph;
  Dependences dependences(before, program.variables);
  const auto column_only = [&](NodeId id) {
    const Dependence& d = dependences.of(id);
    return !d.parameter && !d.carried && !d.columns.empty() && before[id].type != Type::boolean;
  };
  const std::vector<NodeId> roots = gather_roots(program);
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

}  // namespace hillock::ir
