/// Forward Euler: x + h f(x, t). Order 1. With additive noise, Euler & Maruyama: + g dW.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

Result<Step> euler_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const auto f = context.derivatives(x, Layout::Stage::start);
  Step step;
  for (std::size_t i = 0; i < x.size(); ++i) step.next.push_back(al.add(x[i], al.mul(context.step(), f[i])));
  auto noisy = context.with_additive_noise("euler", std::move(step.next));
  if (!noisy) return fail(std::move(noisy.error()));
  step.next = std::move(*noisy);
  return step;
}

}  // namespace hillock::sim
