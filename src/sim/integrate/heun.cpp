/// Heun's method for noise that states multiply, read by Stratonovich (Rümelin 1982, SIAM J. Numer. Anal. 19:604): for
/// each noise j with increment dW_j,
///
///     x_j = x + g_j(x, t) dW_j,   x(t+h) = x + h f(x, t) + sum_j dW_j (g_j(x, t) + g_j(x_j, t+h))/2.
///
/// This is Brian 2's `heun`, whose drift is a plain Euler step: strong order 1 for one noise (1/2 for several that do
/// not commute), order 1 without noise.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;

Result<Step> heun_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const auto f = context.derivatives(x, Layout::Stage::start);
  Step step;
  for (std::size_t i = 0; i < x.size(); ++i) step.next.push_back(al.add(x[i], al.mul(context.step(), f[i])));
  for (std::size_t j = 0; j < context.noises(); ++j) {
    const NodeId dw = context.increment(j);
    const auto g = context.diffusion(j, x, Layout::Stage::start);
    std::vector<NodeId> support;
    for (std::size_t i = 0; i < x.size(); ++i) support.push_back(al.add(x[i], al.mul(g[i], dw)));
    const auto there = context.diffusion(j, context.hold(std::move(support)), Layout::Stage::end);
    for (std::size_t i = 0; i < x.size(); ++i)
      step.next[i] = al.add(step.next[i], al.mul(al.mul(al.number(0.5), dw), al.add(g[i], there[i])));
  }
  return step;
}

}  // namespace hillock::sim
