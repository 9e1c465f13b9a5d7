/// The explicit midpoint method (Runge 1895): x + h f(x + h/2 f(x, t), t + h/2). Order 2; Brian 2's `rk2`.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;

Result<Step> rk2_step(StepContext& context) {
  if (auto good = refuse_noise(context, "rk2"); !good) return fail(std::move(good.error()));
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const NodeId h = context.step();
  const auto advanced = [&](const std::vector<NodeId>& k, NodeId by) {
    std::vector<NodeId> out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(al.add(x[i], al.mul(by, k[i])));
    return out;
  };
  const auto k1 = context.derivatives(x, Layout::Stage::start);
  const auto half = context.hold(advanced(k1, al.mul(h, al.number(0.5))));
  Step step;
  step.next = advanced(context.derivatives(half, Layout::Stage::middle), h);
  return step;
}

}  // namespace hillock::sim
