#pragma once
/// Where compiled code branches around what is seldom needed.

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::jit {

/// A stretch of a phase: nodes that are computed always, then choices (Op::seldom) that are made together. Only where
/// some lane wants a rare side are the nodes of `rare` computed; a lane's result is that of `select` either way.
struct Stretch {
  std::vector<ir::NodeId> always;
  std::vector<ir::NodeId> choices;
  std::vector<ir::NodeId> rare;
};

/// The nodes of a phase (in evaluation order) as stretches, in order. `roots` are read from outside; `operands(id)` is
/// what the code of a node reads.
[[nodiscard]] std::vector<Stretch> stretches(const ir::Graph& graph, std::span<const ir::NodeId> nodes,
                                             std::span<const ir::NodeId> roots,
                                             const std::function<std::array<ir::NodeId, 3>(ir::NodeId)>& operands);

}  // namespace hillock::jit
