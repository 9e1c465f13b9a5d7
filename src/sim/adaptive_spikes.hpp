#pragma once
/// Threshold, reset and refractory period of an integrator that chooses its own steps: spikes are found inside them.
///
/// A spike is where the threshold's condition turns from false to true while the cell is not refractory. Where a trial
/// step ends with the condition true, the crossing is looked for on the cubic through the step's ends (Hermite), by
/// halving, and the step is tried again up to there; with each trial the cubic's error falls by two orders. The spike
/// is at the end of a step whose last millionth holds the crossing: the states there are the integrator's own, the
/// resets apply, and the next step starts from them. A condition that is true already at the start of a step, as after
/// a refractory period, is a spike there and then, unless the cell would spike again at once.
///
/// A refractory period is as long as it says (steps end where it ends), not a whole number of steps.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

class AdaptiveSpikes {
 public:
  /// Error code "integrator-unfit" where the end of a refractory period is not known beforehand and equations stand
  /// still up to it.
  [[nodiscard]] static Result<void> fits(const ir::Model& model, std::string_view integrator);
  /// Adds the carried variables.
  explicit AdaptiveSpikes(StepContext& context);
  /// The trial step begins: refractory or not, and how long it may be. Before the integrator builds.
  void begin();
  /// What the states are after the trial step to `next`; whether it is kept. Adds the assignments of its own variables.
  [[nodiscard]] std::vector<ir::NodeId> advance(const std::vector<ir::NodeId>& next, ir::Adaptive& control);
  /// Expressions are read between steps again.
  void between_steps();
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::uint32_t last() const { return last_; }
  /// Carried: the times of the last spikes, spike n at n modulo their number.
  [[nodiscard]] const std::vector<std::uint32_t>& times() const { return times_; }

 private:
  StepContext& context_;
  std::uint32_t last_ = 0, count_ = 0;
  std::vector<std::uint32_t> times_;
  std::optional<std::uint32_t> free_;  ///< where `refractory` is a condition, or an expression asks
  ir::NodeId not_refractory_ = ir::no_node;
  ir::NodeId was_true_ = ir::no_node;
  ir::NodeId waits_ = ir::no_node;  ///< does a spike begin a time without spikes?

  void define(ir::NodeId last_spike, ir::NodeId not_refractory);
  [[nodiscard]] ir::NodeId crossing(const std::vector<ir::NodeId>& next);
  [[nodiscard]] std::vector<ir::NodeId> reset(const std::vector<ir::NodeId>& values, ir::NodeId fraction);
};

}  // namespace hillock::sim
