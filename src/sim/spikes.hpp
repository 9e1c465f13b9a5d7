#pragma once
/// Threshold, reset and refractory period around the step of an integrator.
///
/// Brian 2's order within a step of length h from t: the cell is refractory or not; the equations advance; the
/// threshold is read on the new values; a spike resets them. A spike carries the time t of the step's start, and the
/// time since is counted in whole steps (timestep(t - last, h) >= timestep(refractory, h)). A condition for
/// `refractory` keeps the cell refractory after a spike until it is false.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

class Spikes {
 public:
  /// Adds the carried variables, and tells the context when equations stand still. Before the integrator builds.
  explicit Spikes(StepContext& context);
  /// What the states are after the threshold has been read on `next`, the integrator's. Adds the assignments of its own
  /// variables.
  [[nodiscard]] std::vector<ir::NodeId> advance(const std::vector<ir::NodeId>& next);
  /// Carried: how many spikes so far.
  [[nodiscard]] std::uint32_t count() const { return count_; }

 private:
  StepContext& context_;
  std::uint32_t last_ = 0, count_ = 0;
  std::optional<std::uint32_t> free_;  ///< where `refractory` is a condition
  ir::NodeId not_refractory_ = ir::no_node;
};

}  // namespace hillock::sim
