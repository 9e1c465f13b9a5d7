#pragma once
/// An integrator's step over a part of a row, as often as one likes: built once, then instantiated.

#include <span>
#include <vector>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

class PartOfRow {
 public:
  /// @param event  a real expression of the model, in the model's graph, that is read along
  /// @param with_hold  whether equations marked `unless refractory` may stand still. Errors: the integrator's.
  [[nodiscard]] static Result<PartOfRow> create(const ir::Model& model, const Integrator& integrator, ir::NodeId event,
                                                bool with_hold);

  struct At {
    std::vector<ir::NodeId> next;                               ///< the states at the end of the part
    std::vector<ir::NodeId> slope;                              ///< d next / d end of the part (a fraction of the row)
    ir::NodeId event = ir::no_node, event_slope = ir::no_node;  ///< at the end, likewise
  };
  /// In `program`, from `values` at the fraction `from` of the row to the fraction `to`. `free`: a boolean, whether
  /// equations marked `unless refractory` move.
  [[nodiscard]] At at(ir::Program& program, std::span<const ir::NodeId> values, ir::NodeId from, ir::NodeId to,
                      ir::NodeId free) const;
  /// The event where the states are `values`, at a fraction of the row.
  [[nodiscard]] ir::NodeId event(ir::Program& program, std::span<const ir::NodeId> values, ir::NodeId fraction) const;

 private:
  PartOfRow() = default;
  struct Places {
    ir::NodeId from = ir::no_node, to = ir::no_node, free = ir::no_node;
  };
  std::vector<ir::NodeId> made(ir::Program& program, std::span<const ir::NodeId> roots,
                               std::span<const ir::NodeId> values, const Places& places) const;
  ir::Program scratch_;
  ir::SymbolId from_{}, to_{}, free_{};
  At in_scratch_;
  ir::NodeId event_at_from_ = ir::no_node;
};

}  // namespace hillock::sim
