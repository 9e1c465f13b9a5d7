/// Exponential Euler for conditionally linear equations, x' = A x + B with A and B free of x:
///
///     x(t+h) = x + h (A x + B) exprel(A h),   exprel(y) = (exp(y) - 1)/y.
///
/// Exact while A and B stand still, so exact for gates at a held input. Inputs are taken at the middle of the step,
/// which makes it second order in an input that varies (one equation) and first order in coupled states. Additive noise
/// comes on top: + g dW.

#include "ir/derive.hpp"
#include "sim/integrate/exponential_step.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

Result<Step> exponential_euler_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  const ir::Model& model = context.model();
  const auto x = context.state_values();
  const auto f = context.derivatives(x, Layout::Stage::middle);
  const NodeId h = context.step();
  const NodeId zero = al.number(0.0);
  Step step;
  Errors errors;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const ir::SymbolId self = al.g[x[i]].symbol;
    const NodeId slope = ir::gradient(al, f[i], std::span(&x[i], 1))[0];
    if (ir::depends_on(al.g, slope, self)) {
      const ir::Symbol& symbol = model.symbol(model.states[i].symbol);
      errors.push_back(
          {"integrator-unfit",
           "exponential_euler needs d" + symbol.name + "/dt to be linear in " + symbol.name + ", and it is not",
           symbol.span, "model.integrator", "integrator = \"rk4\" or \"dopri5\""});
      continue;
    }
    std::vector<NodeId> at_zero(context.program().variables.size(), ir::no_node);
    at_zero[index(self)] = zero;
    const NodeId offset = ir::simplify(al.g, std::span(&f[i], 1), al.g, at_zero)[0];
    step.next.push_back(exponential_step(context, x[i], {slope, offset}, h));
  }
  if (!errors.empty()) return fail(std::move(errors));
  auto noisy = context.with_additive_noise("exponential_euler", std::move(step.next));
  if (!noisy) return fail(std::move(noisy.error()));
  step.next = std::move(*noisy);
  return step;
}

}  // namespace hillock::sim
