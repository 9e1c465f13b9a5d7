#pragma once
/// One expression outside a model: a stimulus of a study, `-30*mV + 54*mV*sin(0.007/ms*(t - 2500.1*ms))`.

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "ir/graph.hpp"
#include "units/unit.hpp"

namespace hillock::lang {

/// A name that the expression may use.
struct NamedDimension {
  std::string name;
  units::Dimension dimension;
};

struct Expression {
  ir::Graph graph;  ///< SI
  ir::NodeId root = ir::no_node;
};

/// The expression as a graph, in which `names[i]` is SymbolId{i}. Units, `pi`, `e`, `inf` and all functions are known.
/// It must have dimension `wanted`. Line breaks are space; '#' starts a comment. `where` (a file or a key) is what the
/// messages start with. All mistakes at once.
[[nodiscard]] Result<Expression> parse_expression(std::string_view text, std::string_view where,
                                                  std::span<const NamedDimension> names,
                                                  const units::Dimension& wanted);

}  // namespace hillock::lang
