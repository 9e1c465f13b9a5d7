#pragma once
/// Several divisions of a step from one.
///
/// A division of vectors costs as much as a dozen products. The reciprocals of d1 ... dn are products of 1/(d1 ... dn)
/// with the other divisors (Montgomery, Math. Comp. 48 (1987) 243, section 10.3.1): one division and 3 (n - 1)
/// products, with a relative error of n epsilon or so. Where a divisor is so large, or their product so small, that a
/// partial product could overflow or lose digits, each is divided by itself.

#include <functional>

#include "ir/graph.hpp"

namespace hillock::ir {

inline constexpr std::size_t most_shared_divisions = 6;

/// Where a division is not shared.
struct DivisionLimits {
  std::size_t most = most_shared_divisions;  ///< of one division
  double divisor = 1e20;                     ///< a divisor above this in size: six of them stay below 1e120
  double product = 1e-200;  ///< below this: a partial product is above 1e-200/1e100 otherwise, not subnormal
};

/// @param phases  roots of what is computed together; divisions of different phases are never joined
/// @param moves   whether a node of `graph` changes from step to step of one simulation
/// @returns       the roots of all phases, in order, in the same graph
[[nodiscard]] std::vector<NodeId> share_divisions(Graph& graph, std::span<const std::vector<NodeId>> phases,
                                                  const std::function<bool(NodeId)>& moves,
                                                  const DivisionLimits& limits = {});

/// How many divisions should be one, so that the divider of a processor is not what the rest waits for. 1, or 0 where
/// there is none: as many as there are.
[[nodiscard]] std::size_t divisions_to_share(const Graph& graph, std::span<const NodeId> roots,
                                             const std::function<bool(NodeId)>& moves);

}  // namespace hillock::ir
