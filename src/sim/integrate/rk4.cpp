/// The classical Runge-Kutta method (Kutta 1901): stages at t, t + h/2 (twice), t + h. Order 4.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;

Result<Step> rk4_step(StepContext& context) {
  if (auto good = refuse_noise(context, "rk4"); !good) return fail(std::move(good.error()));
  using Stage = Layout::Stage;
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const NodeId h = context.step();
  const NodeId half = al.mul(h, al.number(0.5));
  const auto moved = [&](const std::vector<NodeId>& k, NodeId by) {
    std::vector<NodeId> out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(context.hold(i, al.add(x[i], al.mul(by, k[i]))));
    return out;
  };
  const auto k1 = context.derivatives(x, Stage::start);
  const auto k2 = context.derivatives(moved(k1, half), Stage::middle);
  const auto k3 = context.derivatives(moved(k2, half), Stage::middle);
  const auto k4 = context.derivatives(moved(k3, h), Stage::end);
  Step step;
  const NodeId sixth = al.mul(h, al.number(1.0 / 6.0));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const NodeId inner = al.add(al.add(k1[i], k4[i]), al.mul(al.number(2.0), al.add(k2[i], k3[i])));
    step.next.push_back(al.add(x[i], al.mul(sixth, inner)));
  }
  return step;
}

}  // namespace hillock::sim
