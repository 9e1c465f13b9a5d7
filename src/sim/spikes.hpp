#pragma once
/// Threshold, reset, refractory period and custom events around the step of an integrator.
///
/// Brian 2's order within a step of length h from t: the cell is refractory or not; the equations advance; the
/// threshold is read on the new values, then the conditions of events; a spike resets the states; events run their
/// code. A spike carries the time t of the step's start, and the time since is counted in whole steps
/// (timestep(t - last, h) >= timestep(refractory, h)). A condition for `refractory` keeps the cell refractory after a
/// spike until it is false.
///
/// `lastspike` and `not_refractory` change within the step: what they stand for in expressions is defined anew where
/// they do.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

class Spikes {
 public:
  /// `lastspike` and `not_refractory` of a cell that never spiked, for initial values.
  static void define_at_start(StepContext& context);
  /// Adds the carried variables.
  explicit Spikes(StepContext& context);
  /// The step begins: refractory or not. Tells the context when equations stand still. Before the integrator builds.
  void begin();
  /// What the states are after all that follows `next`, the integrator's. Adds the assignments of its own variables.
  [[nodiscard]] std::vector<ir::NodeId> advance(const std::vector<ir::NodeId>& next);
  /// Expressions are read between steps again.
  void between_steps();
  /// Carried: how many spikes so far; none where the model has no threshold.
  [[nodiscard]] std::optional<std::uint32_t> count() const { return count_; }
  /// Carried, by event: how often it happened.
  [[nodiscard]] const std::vector<std::uint32_t>& event_counts() const { return event_counts_; }
  /// Carried: the time of the last spike, long ago where there was none; none where the model has no threshold.
  [[nodiscard]] std::optional<std::uint32_t> last() const { return count_ ? std::optional(last_) : std::nullopt; }

 private:
  StepContext& context_;
  std::uint32_t last_ = 0;
  std::optional<std::uint32_t> count_;
  std::vector<std::uint32_t> event_counts_;
  std::optional<std::uint32_t> free_;        ///< where `refractory` is a condition, or an expression asks
  ir::NodeId not_refractory_ = ir::no_node;  ///< none: never refractory

  void define(ir::NodeId last_spike, ir::NodeId not_refractory);
  void count(std::uint32_t carried, ir::NodeId happened);
  std::vector<ir::NodeId> assign(const std::vector<ir::Reset>& resets, ir::NodeId where,
                                 const std::vector<ir::NodeId>& states);
};

}  // namespace hillock::sim
