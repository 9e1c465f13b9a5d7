#pragma once
/// The part of a phase that a row needs where no lane wants a rare side, and the test that says so.

#include <array>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "jit/enough.hpp"
#include "jit/stretches.hpp"

namespace hillock::jit {

struct UsualRow {
  std::vector<ir::NodeId> nodes;             ///< in evaluation order, those of the test among them
  std::map<ir::NodeId, ir::NodeId> usually;  ///< of each choice (Op::seldom) its usual side
  EnoughTest test;

  /// What stands for a node: of a choice what it usually is, through choices of choices.
  [[nodiscard]] ir::NodeId resolved(ir::NodeId id) const;
};

/// @param graph     gets the expressions of the test
/// @param cut       the phase's stretches
/// @param roots     what is wanted of the phase
/// @param operands  what the code of a node reads
/// @param known     whether a node has its value before the phase
/// @param still     whether it has it before the rows
[[nodiscard]] UsualRow usual_row(ir::Graph& graph, std::span<const Stretch> cut, std::span<const ir::NodeId> roots,
                                 const std::function<std::array<ir::NodeId, 3>(ir::NodeId)>& operands,
                                 const std::function<bool(ir::NodeId)>& known,
                                 const std::function<bool(ir::NodeId)>& still);

}  // namespace hillock::jit
