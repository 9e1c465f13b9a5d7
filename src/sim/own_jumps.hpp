#pragma once
/// Jumps that a model's own equations make in time, under an integrator that chooses its own steps.
///
/// `I = 2*nA*int(t > 40*ms and t < 40.2*ms)` is nothing to a step from 30 to 50 ms: no stage meets it, and the estimate
/// of the error is small. So a trial step ends where a comparison of times, a whole part or a sign changes next, by
/// each simulation's own parameters, and within a step these have the value that they have at its middle. What jumps by
/// no straight line of the time (`sin(w*t) > 0.3`), or by a state, is left to the estimate of the error.
///
/// Where the time of a jump depends on a parameter, the states after it do: by (f before - f after) dT/dp.

#include <cstdint>
#include <vector>

#include "ir/jumps.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// The parameters that move a jump of the equations in time, `t > onset`, by index. With fixed steps the edge is where
/// a step begins: the states are a staircase in such a parameter, and derivatives by it leave the edge out.
[[nodiscard]] std::vector<std::uint32_t> parameters_of_edges(const ir::Model& model);

class OwnJumps {
 public:
  explicit OwnJumps(StepContext& context);
  /// Is there any?
  [[nodiscard]] bool any() const { return !equations_.parts.empty(); }
  /// The trial step begins, and is shortened. Before the integrator builds.
  void begin();
  /// `next` with what a moving jump adds to its derivatives: nothing, by value.
  [[nodiscard]] std::vector<ir::NodeId> advance(std::vector<ir::NodeId> next, const ir::Adaptive& control);

 private:
  /// How long it is to the next jump of a part, and whether there is one.
  struct Ahead {
    ir::NodeId time = ir::no_node;
    ir::NodeId exists = ir::no_node;
  };
  [[nodiscard]] Ahead ahead(const ir::Sided::Part& part, ir::NodeId now);

  StepContext& context_;
  ir::SidedEquations equations_;
  ir::SymbolId side_;
  ir::NodeId sliver_ = ir::no_node;  ///< seconds: of jumps nearer than that, the step begins behind them
  ir::NodeId middle_ = ir::no_node;  ///< of the trial step: its time
  std::vector<Ahead> moving_;        ///< those that depend on parameters
};

}  // namespace hillock::sim
