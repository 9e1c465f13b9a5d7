#include "jit/usual_row.hpp"

#include <algorithm>

namespace hillock::jit {

using ir::NodeId;
using ir::Op;

NodeId UsualRow::resolved(NodeId id) const {
  for (auto found = usually.find(id); found != usually.end(); found = usually.find(id)) id = found->second;
  return id;
}

UsualRow usual_row(ir::Graph& graph, std::span<const Stretch> cut, std::span<const NodeId> roots,
                   const std::function<std::array<NodeId, 3>(NodeId)>& operands,
                   const std::function<bool(NodeId)>& known, const std::function<bool(NodeId)>& still) {
  UsualRow row;
  std::vector<NodeId> conditions;
  for (const Stretch& stretch : cut) {
    row.nodes.insert(row.nodes.end(), stretch.always.begin(), stretch.always.end());
    for (const NodeId id : stretch.choices) {
      row.usually[id] = graph[id].args[2];
      conditions.push_back(graph[id].args[0]);
    }
  }
  row.test = enough_for(graph, conditions, still);

  std::map<NodeId, bool> needed;
  for (const NodeId id : row.nodes) needed[id] = false;
  std::vector<NodeId> of_the_test;  // and of nothing else
  std::vector<NodeId> open;
  for (const NodeId id : roots) open.push_back(row.resolved(id));
  if (row.test.every_row != ir::no_node) open.push_back(row.test.every_row);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (graph[id].op == Op::symbol || graph[id].op == Op::constant || known(id)) continue;
    const auto [found, is_new] = needed.try_emplace(id, false);
    if (found->second) continue;
    found->second = true;
    if (is_new) of_the_test.push_back(id);
    const std::array<NodeId, 3> reads = operands(id);
    for (int i = 0; i < ir::info(graph[id].op).arity; ++i)
      open.push_back(row.resolved(reads[static_cast<std::size_t>(i)]));
  }
  std::erase_if(row.nodes, [&](NodeId id) { return !needed[id]; });
  std::ranges::sort(of_the_test);
  row.nodes.insert(row.nodes.end(), of_the_test.begin(), of_the_test.end());
  return row;
}

}  // namespace hillock::jit
