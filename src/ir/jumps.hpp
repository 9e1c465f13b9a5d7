#pragma once
/// Functions of time that jump: `int(t > 100*ms)`, `floor(t/T)`, `t % T < w`, `sign(sin(w*t))`.

#include <functional>
#include <span>
#include <vector>

#include "ir/graph.hpp"

namespace hillock::ir {

/// A function of one variable, SymbolId{0}, taken apart: what goes on smoothly stays a function of it, and what can
/// only jump (comparisons, floor, int, sign, the whole part in x % y) becomes a function of SymbolId{1}. With both the
/// same it is the function; with the second one anywhere inside an interval without jumps it is the function's
/// continuation over that interval, up to and with its ends.
struct Sided {
  Graph graph;
  NodeId value = no_node;

  /// A part that jumps where `drive`, a function of SymbolId{1}, is 0, or is a whole number.
  struct Part {
    NodeId drive = no_node;
    bool whole_numbers = false;
  };
  std::vector<Part> parts;
};
[[nodiscard]] Sided take_sides(const Graph& graph, NodeId value);

/// The same of equations that read more than the time. Only parts whose drive is a straight line of `side` are taken,
/// reading nothing else but what stands still over a step; the rest goes on as it was.
struct SidedEquations {
  Graph graph;  ///< the symbols of the equations', and `side`
  std::vector<NodeId> values;
  std::vector<Sided::Part> parts;
};
[[nodiscard]] SidedEquations take_sides(const Graph& graph, std::span<const NodeId> roots, SymbolId time, SymbolId side,
                                        const std::function<bool(SymbolId)>& stands_still);

/// Where a function may jump in (from, until), in order: where one of its parts changes. Parts whose drive is a
/// straight line are solved for; others are looked for between points `resolution` apart (besides the jumps of what
/// they contain), so a change and a change back in a shorter time may be missed. At most `most` are looked for: where
/// there are more, the result has most + 1.
[[nodiscard]] std::vector<double> jumps(const Sided& function, double from, double until, double resolution,
                                        std::size_t most);

}  // namespace hillock::ir
