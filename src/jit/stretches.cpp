#include "jit/stretches.hpp"

#include <algorithm>

namespace hillock::jit {
namespace {

using ir::NodeId;
using ir::Op;

/// Each stretch costs a branch and a walk over what is left: choices that depend on one another more deeply than this
/// are made by `select`, with both sides computed.
constexpr int most_stretches = 32;

class Cut {
 public:
  Cut(const ir::Graph& graph, std::span<const NodeId> nodes, std::span<const NodeId> roots,
      const std::function<std::array<NodeId, 3>(NodeId)>& operands)
      : graph_(graph),
        nodes_(nodes),
        operands_(operands),
        here_(graph.size()),
        usual_(graph.size()),
        done_(graph.size(), true) {
    for (const NodeId id : nodes) here_[index(id)] = true;
    for (const NodeId id : roots) usual_[index(id)] = true;
    for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
      if (!usual_[index(*it)]) continue;
      const std::array<NodeId, 3> args = operands(*it);
      for (std::size_t k = 0; k < 3; ++k)
        if (args[k] != ir::no_node && !(k == 1 && chooses(*it))) usual_[index(args[k])] = true;
    }
    for (const NodeId id : nodes) done_[index(id)] = false;
  }

  std::vector<Stretch> take() {
    std::vector<NodeId> left;
    for (const NodeId id : nodes_)
      if (usual_[index(id)]) left.push_back(id);
    std::vector<Stretch> out;
    while (!left.empty()) {
      const bool last = static_cast<int>(out.size()) == most_stretches;
      if (last) {
        // Everything that is still open, with the rare sides of these choices, in order.
        std::vector<bool> open(graph_.size());
        for (const NodeId id : left) open[index(id)] = true;
        for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it)
          if (open[index(*it)])
            for (const NodeId arg : operands_(*it))
              if (arg != ir::no_node && here_[index(arg)] && !done_[index(arg)]) open[index(arg)] = true;
        Stretch rest;
        std::ranges::copy_if(nodes_, std::back_inserter(rest.always), [&](NodeId id) { return open[index(id)]; });
        out.push_back(std::move(rest));
        return out;
      }
      Stretch next;
      std::vector<NodeId> later;
      for (const NodeId id : left) {
        if (chooses(id) || !ready(id)) later.push_back(id);
        else {
          next.always.push_back(id);
          done_[index(id)] = true;
        }
      }
      left.clear();
      for (const NodeId id : later) {
        if (chooses(id) && decidable(id)) next.choices.push_back(id);
        else left.push_back(id);
      }
      std::vector<bool> taken(graph_.size());
      for (const NodeId id : next.choices) {
        for (const NodeId rare : rare_side(id))
          if (!taken[index(rare)]) {
            taken[index(rare)] = true;
            next.rare.push_back(rare);
          }
        done_[index(id)] = true;
      }
      std::sort(next.rare.begin(), next.rare.end());
      out.push_back(std::move(next));
    }
    return out;
  }

 private:
  [[nodiscard]] bool chooses(NodeId id) const { return graph_[id].op == Op::seldom; }
  [[nodiscard]] bool ready(NodeId id) const {
    return std::ranges::all_of(operands_(id), [&](NodeId arg) { return arg == ir::no_node || done_[index(arg)]; });
  }
  /// The nodes that only rare sides need, under this choice's rare side; in no order.
  [[nodiscard]] std::vector<NodeId> rare_side(NodeId choice) const {
    std::vector<NodeId> found;
    std::vector<NodeId> open{operands_(choice)[1]};
    std::vector<bool> seen(graph_.size());
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      if (!here_[index(id)] || usual_[index(id)] || seen[index(id)]) continue;
      seen[index(id)] = true;
      found.push_back(id);
      for (const NodeId arg : operands_(id))
        if (arg != ir::no_node) open.push_back(arg);
    }
    return found;
  }
  [[nodiscard]] bool decidable(NodeId choice) const {
    const std::array<NodeId, 3> args = operands_(choice);
    const auto known = [&](NodeId id) { return !usual_[index(id)] || done_[index(id)]; };
    if (!done_[index(args[0])] || !done_[index(args[2])] || !known(args[1])) return false;
    return std::ranges::all_of(rare_side(choice), [&](NodeId id) {
      return std::ranges::all_of(operands_(id), [&](NodeId arg) { return arg == ir::no_node || known(arg); });
    });
  }

  const ir::Graph& graph_;
  std::span<const NodeId> nodes_;
  const std::function<std::array<NodeId, 3>(NodeId)>& operands_;
  std::vector<bool> here_;   ///< in the phase
  std::vector<bool> usual_;  ///< needed whatever is chosen
  std::vector<bool> done_;   ///< known at this point; what is not of the phase always is
};

}  // namespace

std::vector<Stretch> stretches(const ir::Graph& graph, std::span<const NodeId> nodes, std::span<const NodeId> roots,
                               const std::function<std::array<NodeId, 3>(NodeId)>& operands) {
  return Cut(graph, nodes, roots, operands).take();
}

}  // namespace hillock::jit
