#pragma once
/// Integrators as builders of one step: from the expressions of dx/dt to the expressions of the next state.
///
/// A member of the family is one file here and one line in `registry.cpp`; the order-of-convergence, stiffness and
/// batch-equals-single suites then run on it.

#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/model.hpp"
#include "ir/program.hpp"
#include "sim/experiment.hpp"

namespace hillock::sim {

/// What a step builder may use. The states are the first carried variables of the program, in the model's order.
class StepContext {
 public:
  StepContext(const ir::Model& model, ir::Program& program);
  [[nodiscard]] const ir::Model& model() const { return model_; }
  ir::Algebra& algebra() { return algebra_; }
  ir::Program& program() { return program_; }
  [[nodiscard]] std::size_t states() const { return model_.states.size(); }
  ir::NodeId state(std::size_t i) { return program_.carried(static_cast<std::uint32_t>(i)); }
  std::vector<ir::NodeId> state_values();
  /// The length of the step, in seconds: the row, or the part of it.
  ir::NodeId step();
  /// The step is a part of the row, from one fraction of it to another: inputs and time by the parabola of
  /// `derivatives_at`, and of every noise the share that is due (its path is taken as straight within the row).
  void over(ir::NodeId from, ir::NodeId to) { part_ = {from, to}; }

  /// Of adaptive steps: how much of the row is done, and how much of it the trial step is (at most what the loop
  /// offers; whoever shortens it says so in `ir::Adaptive::taken`).
  ir::NodeId progress() { return progress_or_substep(ir::Source::progress); }
  ir::NodeId offered() { return progress_or_substep(ir::Source::substep); }
  ir::NodeId fraction() { return fraction_ == ir::no_node ? offered() : fraction_; }
  void shorten(ir::NodeId fraction) { fraction_ = fraction; }

  /// The condition under which equations marked `unless refractory` move; none: always.
  void move_while(ir::NodeId not_refractory) { not_refractory_ = not_refractory; }
  /// What a symbol of the model that is no state, parameter, constant, input or noise stands for, from now on.
  void define(ir::SymbolId symbol, ir::NodeId node) { defined_[index(symbol)] = node; }

  /// Is there a time in which equations stand still? The condition under which they move, then.
  [[nodiscard]] std::optional<ir::NodeId> moving() const;
  /// `value` where state i moves, the state's old value where it stands still. Of a stage or a step that starts at the
  /// old value this is what a right side multiplied by 0 (Brian 2's rule) gives, and what does not depend on the states
  /// stays hoistable.
  ir::NodeId hold(std::size_t i, ir::NodeId value) { return hold(i, value, state(i)); }
  /// The same with another value for a state that stands still.
  ir::NodeId hold(std::size_t i, ir::NodeId value, ir::NodeId still);
  std::vector<ir::NodeId> hold(std::vector<ir::NodeId> values);

  /// dx/dt of every state without its noise and as if it moved, with the states replaced by `values` and inputs and
  /// time taken at a stage of the row.
  std::vector<ir::NodeId> derivatives(std::span<const ir::NodeId> values, Layout::Stage stage);
  /// The same at a fraction of the row (0 to 1): inputs by the parabola through start, middle and end, which is exact
  /// for an input that is linear in the row.
  std::vector<ir::NodeId> derivatives_at(std::span<const ir::NodeId> values, ir::NodeId fraction);
  /// From now on dx/dt is `values`, expressions of a graph with the model's symbols and one more, in which `time`
  /// stands: what jumps by the time (ir/jumps.hpp).
  void take_sides(const ir::Graph& graph, std::vector<ir::NodeId> values, ir::NodeId time);
  /// An expression of such a graph that reads no state, input or other time.
  ir::NodeId at_side(const ir::Graph& graph, ir::NodeId root, ir::NodeId time);
  [[nodiscard]] std::size_t noises() const { return model_.noises.size(); }
  /// What noise j is multiplied with in dx/dt of every state, likewise.
  std::vector<ir::NodeId> diffusion(std::size_t j, std::span<const ir::NodeId> values, Layout::Stage stage);
  /// The Wiener increment of noise j over the row: sqrt(h) times a standard normal number of the lane's own.
  ir::NodeId increment(std::size_t j);
  /// `next` + sum of diffusion x increment, where that is right in any calculus: noise that no state multiplies. Error
  /// code "integrator-unfit" otherwise; `integrator` is who asks.
  Result<std::vector<ir::NodeId>> with_additive_noise(std::string_view integrator, std::vector<ir::NodeId> next);
  /// Any expression of the model, likewise.
  ir::NodeId expression(ir::NodeId root, std::span<const ir::NodeId> values, Layout::Stage stage);
  ir::NodeId expression_at(ir::NodeId root, std::span<const ir::NodeId> values, ir::NodeId fraction);
  /// The time at a fraction of the row, in seconds.
  ir::NodeId time_at(ir::NodeId fraction);

 private:
  /// What each symbol of the model is: all but inputs and time; and with them, at a stage of the row.
  std::vector<ir::NodeId> substitution(std::span<const ir::NodeId> values);
  std::vector<ir::NodeId> substitution(std::span<const ir::NodeId> values, Layout::Stage stage);
  std::vector<ir::NodeId> substitution_at(std::span<const ir::NodeId> values, ir::NodeId fraction);
  ir::NodeId progress_or_substep(ir::Source source);
  ir::NodeId fraction_ = ir::no_node;
  struct Part {
    ir::NodeId from, to;
  };
  std::optional<Part> part_;
  struct Sides {
    ir::Graph graph;
    std::vector<ir::NodeId> values;
    ir::NodeId time;
  };
  std::optional<Sides> sides_;
  ir::NodeId not_refractory_ = ir::no_node;
  const ir::Model& model_;
  ir::Program& program_;
  ir::Algebra algebra_;
  Layout layout_;
  std::vector<ir::NodeId> defined_;  ///< by symbol of the model
};

/// Where the address of a lane's random numbers is: two parameters after the model's.
[[nodiscard]] inline std::uint32_t lane_parameter(const ir::Model& model) {
  return static_cast<std::uint32_t>(model.parameters.size());
}
[[nodiscard]] inline std::uint32_t seed_parameter(const ir::Model& model) { return lane_parameter(model) + 1; }
/// Of a model's programs: those two only where there are random numbers.
[[nodiscard]] inline std::uint32_t parameter_count(const ir::Model& model) {
  return lane_parameter(model) + (model.random() ? 2U : 0U);
}

/// For integrators that have no way to take noise. Error code "integrator-unfit".
[[nodiscard]] Result<void> refuse_noise(const StepContext& context, std::string_view integrator);

struct Step {
  std::vector<ir::NodeId> next;  ///< by state, as if every state moved
  std::optional<ir::Adaptive> adaptive;
};

/// How noise is read that a state multiplies: the two answers differ by a drift, so neither is guessed.
enum class Calculus : std::uint8_t {
  none,          ///< no noise at all
  additive,      ///< noise that no state multiplies, where the two agree
  ito,           ///< g at the start of each step
  stratonovich,  ///< the limit of smooth noise; Brian 2's `heun` and `milstein`
};

struct Integrator {
  std::string_view name;
  int order;  ///< of convergence, for smooth right sides and inputs linear in a step
  std::string_view sentence;
  bool adaptive;  ///< chooses its own steps
  Calculus calculus;
  double strong_order;  ///< of paths, under the noise that it takes; 0: none, or exact in distribution
  Result<Step> (*build)(StepContext&);
};

[[nodiscard]] std::span<const Integrator> integrators();
/// By its name, or by another that Brian 2 has for it ("linear" is "exact").
[[nodiscard]] const Integrator* find_integrator(std::string_view name);
[[nodiscard]] std::vector<std::string_view> integrator_names();

Result<Step> euler_step(StepContext& context);
Result<Step> exponential_euler_step(StepContext& context);
Result<Step> exponential_midpoint_step(StepContext& context);
Result<Step> exact_step(StepContext& context);
Result<Step> rk2_step(StepContext& context);
Result<Step> rk4_step(StepContext& context);
Result<Step> heun_step(StepContext& context);
Result<Step> milstein_step(StepContext& context);
Result<Step> milstein_ito_step(StepContext& context);
Result<Step> milstein_stratonovich_step(StepContext& context);
Result<Step> rodas4_step(StepContext& context);
Result<Step> dopri5_step(StepContext& context);

}  // namespace hillock::sim
