#pragma once
/// What stands still, gathered into one factor.
///
/// Models are written in their units, and steps multiply them by h: -(h (1.28 (x)/ms + 1.4 (y)/ms)). Here every moving
/// number is read as scale * core + rest, where scale and rest stand still (constants, parameters, and what is made of
/// them). Factors are joined, taken into sums that nobody else reads, and taken out of products: what is left at every
/// step is (-1280 h) x - (1400 h) y, in as many operations as there are terms. What stands still is computed once.
///
/// Values change by roundings, a few units of the last place of the largest term. A factor that would overflow or
/// become subnormal is left where it is.

#include <functional>

#include "ir/graph.hpp"

namespace hillock::ir {

/// @param still  whether a node of `graph`, also one that is made later, stands still
/// @returns      the roots, in the same graph
[[nodiscard]] std::vector<NodeId> collect_terms(Graph& graph, std::span<const NodeId> roots,
                                                const std::function<bool(NodeId)>& still);

}  // namespace hillock::ir
