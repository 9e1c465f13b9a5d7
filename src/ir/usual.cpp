#include "ir/usual.hpp"

namespace hillock::ir {

std::vector<bool> usually_needed(const Graph& graph, std::span<const NodeId> roots) {
  std::vector<bool> needed(graph.size());
  for (const NodeId root : roots) needed[index(root)] = true;
  const std::vector<NodeId> order = reachable(graph, roots);
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    if (!needed[index(*it)]) continue;
    const Node& node = graph[*it];
    for (std::size_t k = 0; k < node.args.size(); ++k)
      if (node.args[k] != no_node && !(k == 1 && node.op == Op::seldom)) needed[index(node.args[k])] = true;
  }
  return needed;
}

}  // namespace hillock::ir
