/// Milstein's method (1975, Theory Probab. Appl. 19:557) for noises of which none multiplies what another one drives.
/// With g_j' the derivative of g_j along g_j, strong order 1:
///
///     x(t+h) = x + h f + sum_j [ g_j dW_j + g_j' (dW_j^2 - h)/2 ]     `milstein_ito`
///     x(t+h) = x + h f + sum_j [ g_j dW_j + g_j' dW_j^2/2 ]           `milstein_stratonovich`
///
/// `milstein` is Brian 2's: Stratonovich, with a difference in place of the derivative,
///
///     s_j = x + h f + sqrt(h) g_j
///     x(t+h) = x + h f + sum_j [ g_j dW_j + (g_j(s_j) - g_j) dW_j^2 / (2 sqrt(h)) ].
///
/// The difference is wrong by order sqrt(h), and dW_j^2 has the mean h: the errors add up to strong order 1/2.

#include "ir/derive.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;

namespace {

/// d g / d x_k along `direction`: the sum over the states.
NodeId along(ir::Algebra& al, NodeId g, std::span<const NodeId> x, std::span<const NodeId> direction) {
  const auto slopes = ir::gradient(al, g, x);
  NodeId sum = al.number(0.0);
  for (std::size_t k = 0; k < x.size(); ++k) sum = al.add(sum, al.mul(slopes[k], direction[k]));
  return sum;
}

/// Where noise j changes what multiplies noise l, the double integral of the two enters, which their increments do not
/// determine.
Result<void> refuse_mixed(StepContext& context, std::string_view integrator) {
  ir::Algebra& al = context.algebra();
  const ir::Model& model = context.model();
  const auto x = context.state_values();
  Errors errors;
  for (std::size_t l = 0; l < context.noises(); ++l) {
    const auto g = context.diffusion(l, x, Layout::Stage::start);
    for (std::size_t j = 0; j < context.noises(); ++j) {
      if (j == l) continue;
      const auto direction = context.diffusion(j, x, Layout::Stage::start);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (al.g.is_constant(along(al, g[i], x, direction), 0.0)) continue;
        const ir::Symbol& symbol = model.symbol(model.states[i].symbol);
        errors.push_back({"integrator-unfit",
                          std::string(integrator) + " needs noises that do not mix, and " +
                              model.symbol(model.noises[j]).name + " drives what multiplies " +
                              model.symbol(model.noises[l]).name + " in d" + symbol.name + "/dt",
                          symbol.span, "model.integrator", "integrator = \"heun\" (Stratonovich, strong order 1/2)"});
      }
    }
  }
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

std::vector<NodeId> drifted(StepContext& context, const std::vector<NodeId>& x) {
  ir::Algebra& al = context.algebra();
  const auto f = context.derivatives(x, Layout::Stage::start);
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < x.size(); ++i) out.push_back(al.add(x[i], al.mul(context.step(), f[i])));
  return out;
}

}  // namespace

Result<Step> milstein_step(StepContext& context) {
  if (auto good = refuse_mixed(context, "milstein"); !good) return fail(std::move(good.error()));
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  const auto drift = drifted(context, x);
  const NodeId root = al.make(ir::Op::sqrt, context.step());
  Step step;
  step.next = drift;
  for (std::size_t j = 0; j < context.noises(); ++j) {
    const NodeId dw = context.increment(j);
    const auto g = context.diffusion(j, x, Layout::Stage::start);
    std::vector<NodeId> support;
    for (std::size_t i = 0; i < x.size(); ++i) support.push_back(al.add(drift[i], al.mul(root, g[i])));
    const auto there = context.diffusion(j, context.hold(std::move(support)), Layout::Stage::start);
    const NodeId half_square = al.div(al.mul(dw, dw), al.mul(al.number(2.0), root));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const NodeId bend = al.mul(al.sub(there[i], g[i]), half_square);
      step.next[i] = al.add(al.add(step.next[i], al.mul(g[i], dw)), bend);
    }
  }
  return step;
}

namespace {

/// x + h f + sum of g dW + g' `square(dW)`.
template <class Square>
Result<Step> with_derivative(StepContext& context, std::string_view name, Square&& square) {
  if (auto good = refuse_mixed(context, name); !good) return fail(std::move(good.error()));
  ir::Algebra& al = context.algebra();
  const auto x = context.state_values();
  Step step;
  step.next = drifted(context, x);
  for (std::size_t j = 0; j < context.noises(); ++j) {
    const NodeId dw = context.increment(j);
    const auto g = context.diffusion(j, x, Layout::Stage::start);
    // A state that stands still is driven by nothing.
    std::vector<NodeId> direction;
    for (std::size_t i = 0; i < x.size(); ++i) direction.push_back(context.hold(i, g[i], al.number(0.0)));
    const NodeId double_integral = square(al.mul(dw, dw));
    for (std::size_t i = 0; i < x.size(); ++i)
      step.next[i] =
          al.add(al.add(step.next[i], al.mul(g[i], dw)), al.mul(along(al, g[i], x, direction), double_integral));
  }
  return step;
}

}  // namespace

Result<Step> milstein_ito_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  return with_derivative(context, "milstein_ito",
                         [&](NodeId square) { return al.mul(al.number(0.5), al.sub(square, context.step())); });
}

Result<Step> milstein_stratonovich_step(StepContext& context) {
  ir::Algebra& al = context.algebra();
  return with_derivative(context, "milstein_stratonovich",
                         [&](NodeId square) { return al.mul(al.number(0.5), square); });
}

}  // namespace hillock::sim
