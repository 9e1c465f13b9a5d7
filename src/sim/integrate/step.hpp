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
  /// The length of the row, in seconds.
  ir::NodeId step() { return program_.column(Layout::step()); }

  /// dx/dt of every state, with the states replaced by `values` and inputs and time taken at a stage of the row.
  std::vector<ir::NodeId> derivatives(std::span<const ir::NodeId> values, Layout::Stage stage);
  /// The same at a fraction of the row (0 to 1): inputs by the parabola through start, middle and end, which is exact
  /// for an input that is linear in the row.
  std::vector<ir::NodeId> derivatives_at(std::span<const ir::NodeId> values, ir::NodeId fraction);
  /// Any expression of the model, likewise.
  ir::NodeId expression(ir::NodeId root, std::span<const ir::NodeId> values, Layout::Stage stage);

 private:
  std::vector<ir::NodeId> substitution(std::span<const ir::NodeId> values);
  const ir::Model& model_;
  ir::Program& program_;
  ir::Algebra algebra_;
  Layout layout_;
};

struct Step {
  std::vector<ir::NodeId> next;            ///< by state
  std::optional<ir::Adaptive> adaptive;
};

struct Integrator {
  std::string_view name;
  int order;                ///< of convergence, for smooth right sides and inputs linear in a step
  std::string_view sentence;
  Result<Step> (*build)(StepContext&);
};

[[nodiscard]] std::span<const Integrator> integrators();
[[nodiscard]] const Integrator* find_integrator(std::string_view name);

Result<Step> euler_step(StepContext& context);
Result<Step> exponential_euler_step(StepContext& context);
Result<Step> rk4_step(StepContext& context);
Result<Step> dopri5_step(StepContext& context);

}  // namespace hillock::sim
