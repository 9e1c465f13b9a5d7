#pragma once
/// What is computed whatever is chosen.

#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

/// By node: whether the roots need it also where no choice (Op::seldom) takes its rare side.
[[nodiscard]] std::vector<bool> usually_needed(const Graph& graph, std::span<const NodeId> roots);

}  // namespace hillock::ir
