/// Forward Euler: x + h f(x, t). Order 1.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

Result<Step> euler_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const auto f = context.derivatives(x, Layout::Stage::start);
  Step step;
  for (std::size_t i = 0; i < x.size(); ++i) step.next.push_back(al.add(x[i], al.mul(context.step(), f[i])));
  return step;
}

}  // namespace hillock::sim
