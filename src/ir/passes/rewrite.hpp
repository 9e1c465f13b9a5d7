#pragma once
/// What passes over a program share: its roots, what a node depends on, and a graph made anew.

#include <span>
#include <utility>
#include <vector>

#include "ir/program.hpp"

namespace hillock::ir {

/// What a node's value depends on.
struct Dependence {
  bool parameter = false;
  bool carried = false;                ///< or the lane's own step
  std::vector<std::uint32_t> columns;  ///< sorted
};

/// Of the nodes of a graph, as they are asked for.
class Dependences {
 public:
  /// Both must outlive it. The graph may grow.
  Dependences(const Graph& graph, std::span<const Variable> variables) : graph_(graph), variables_(variables) {}

  const Dependence& of(NodeId id) {
    while (known_.size() <= index(id)) known_.push_back(compute(NodeId{static_cast<std::uint32_t>(known_.size())}));
    return known_[index(id)];
  }

 private:
  [[nodiscard]] Dependence compute(NodeId id) const;
  const Graph& graph_;
  std::span<const Variable> variables_;
  std::vector<Dependence> known_;
};

/// All roots of a program in one list: initial values, what is observed, what is advanced, outputs, step control.
[[nodiscard]] std::vector<NodeId> gather_roots(const Program& program);
/// And back.
void scatter_roots(std::span<const NodeId> all, Program& program);

/// Replaces the program's graph by one made node by node: `rewrite(graph, id, node, args)`.
template <class Rewrite>
void rewrite_program(Program& program, Rewrite&& rewrite) {
  const std::vector<NodeId> roots = gather_roots(program);
  const Graph from = std::move(program.graph);
  program.graph = Graph();
  const std::vector<NodeId> out = rebuild(from, roots, [&](NodeId id, const Node& node, std::span<const NodeId> args) {
    return rewrite(program.graph, id, node, args);
  });
  scatter_roots(out, program);
}

}  // namespace hillock::ir
