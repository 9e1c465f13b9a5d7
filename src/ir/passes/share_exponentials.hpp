#pragma once
/// Exponentials of the same moving quantity, computed from one.
///
/// The rates of a channel model are exponentials of one voltage over different widths: exp(-(v - a)/12), exp(-(v -
/// b)/18). Where the coefficients of what moves are whole multiples n of one number c (here 1/36: 3 and 2 times),
///
///     exp(n c v + d) = exp(c v + b)^n exp(d - n b),
///
/// and the last factor stands still. One exponential and a few products then serve all; a negative n is a reciprocal,
/// which shares a division with others; x/(exp(x) - 1) has its exponential too, and a short series where the
/// difference would cancel; and so has its derivative. c is the coefficient of one
/// of them or a fraction of it, whichever takes the fewest operations. A power multiplies the relative error by |n|,
/// which is at most `largest_power`. Outside |c v + b| <= 30 each exponential is computed by itself.

#include <functional>

#include "ir/graph.hpp"

namespace hillock::ir {

inline constexpr int largest_power = 16;

/// How far powers may go.
struct PowerLimits {
  int power = largest_power;
  double argument = 30.0;  ///< |c v + b|, and ...
  double shift = 200.0;    ///< ... |d - n b|: power x argument + shift is what exp must take
  bool quotients = true;   ///< also x/(exp(x) - 1), which loses digits to the difference
};

/// @param moves  whether a node of `graph` changes from step to step of one simulation
/// @returns      the roots, in the same graph
[[nodiscard]] std::vector<NodeId> share_exponentials(Graph& graph, std::span<const NodeId> roots,
                                                     const std::function<bool(NodeId)>& moves,
                                                     const PowerLimits& limits = {});

}  // namespace hillock::ir
