#pragma once
/// What derivatives can reach.

#include <span>
#include <vector>

#include "ir/program.hpp"

namespace hillock::ir {

/// The nodes that a derivative of `root` looks at: not what is behind conditions and piecewise constant functions.
[[nodiscard]] std::vector<NodeId> with_slopes(const Graph& graph, NodeId root);

/// The largest parts of an expression that change with parameters and columns alone; a bare parameter is one too. What
/// is below a node of `stop` is not looked at.
[[nodiscard]] std::vector<NodeId> still_parts(const Program& program, NodeId root, std::span<const NodeId> stop);

/// By carried variable: which carried variables and which parameters the right sides that it is given read, as far as
/// derivatives go.
struct Reads {
  std::vector<std::vector<std::uint32_t>> carried, parameters;
};
[[nodiscard]] Reads reads(const Program& program);

/// The carried variables that have a derivative by a parameter of `with_respect_to`.
[[nodiscard]] std::vector<bool> reached_from(const Reads& reads, std::span<const std::uint32_t> with_respect_to);

}  // namespace hillock::ir
