/// The midpoint method with exponential steps. Each equation is read as x_i' = A_i x_i + B_i, where A_i and B_i depend
/// on the other states; one that is not linear in its own state is linearised (A_i = d f_i/d x_i). With
///
///     E(A, h) x = x + h (A x + B) exprel(A h),
///
/// first every state goes half a step, x*_i = E(A_i, h/2) x_i, and then x_i(t+h) = E(A*_i, h) x_i with A* and B* taken
/// at the midpoints x*. Midpoints are right to h^2, so the method is of order 2; it is exact where exponential Euler
/// is, and as stable.
///
/// The half steps are taken one after the other, and use the midpoints that are there already. So an equation whose
/// turn comes after all those that it depends on has the same A and B in both steps: they are computed once, and the
/// whole step is the half step done twice. In a cell the membrane goes first, as the gates wait for it, and only the
/// membrane's cheap coefficients are computed twice. (Voltage and gates one after the other, half a step apart: Hines
/// 1984, Int. J. Biomed. Comput. 15:69.)
///
/// Additive noise comes on top: + g dW.

#include <algorithm>

#include "ir/derive.hpp"
#include "sim/integrate/exponential_step.hpp"
#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

namespace {

class Midpoint {
 public:
  explicit Midpoint(StepContext& context)
      : context_(context), al_(context.algebra()), x_(context.state_values()), middle_(x_) {
    const auto f = context.derivatives(x_, Layout::Stage::middle);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const NodeId slope = ir::gradient(al_, f[i], std::span(&x_[i], 1))[0];
      if (reads(slope, i)) {
        equations_.push_back({slope, al_.sub(f[i], al_.mul(slope, x_[i]))});
        continue;
      }
      std::vector<NodeId> at_zero(context_.program().variables.size(), ir::no_node);
      at_zero[index(al_.g[x_[i]].symbol)] = al_.number(0.0);
      equations_.push_back({slope, ir::simplify(al_.g, std::span(&f[i], 1), al_.g, at_zero)[0]});
    }
  }

  Result<Step> build() {
    const NodeId half = al_.mul(context_.step(), al_.number(0.5));
    std::vector<LinearEquation> first(x_.size());
    std::vector<NodeId> unheld(x_.size());
    for (const std::size_t i : order()) {
      first[i] = at_midpoints(equations_[i]);
      unheld[i] = exponential_step(context_, x_[i], first[i], half);
      middle_[i] = context_.hold(i, unheld[i]);
    }
    Step step;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const LinearEquation second = at_midpoints(equations_[i]);
      step.next.push_back(second == first[i] ? exponential_step(context_, unheld[i], second, half)
                                             : exponential_step(context_, x_[i], second, context_.step()));
    }
    auto noisy = context_.with_additive_noise("exponential_midpoint", std::move(step.next));
    if (!noisy) return fail(std::move(noisy.error()));
    step.next = std::move(*noisy);
    return step;
  }

 private:
  [[nodiscard]] bool reads(NodeId id, std::size_t state) const {
    return ir::depends_on(al_.g, id, al_.g[x_[state]].symbol);
  }
  LinearEquation at_midpoints(const LinearEquation& of) {
    std::vector<NodeId> map(context_.program().variables.size(), ir::no_node);
    for (std::size_t i = 0; i < x_.size(); ++i) map[index(al_.g[x_[i]].symbol)] = middle_[i];
    const NodeId roots[] = {of.slope, of.offset};
    const auto made = ir::simplify(al_.g, roots, al_.g, map);
    return {made[0], made[1]};
  }
  /// The order of the half steps: whoever waits for nobody; else the one that most others wait for.
  std::vector<std::size_t> order() const {
    const std::size_t n = x_.size();
    std::vector<std::size_t> place(al_.g.size(), n);
    for (std::size_t i = 0; i < n; ++i) place[index(x_[i])] = i;
    std::vector<std::vector<std::size_t>> waits_for(n), awaited_by(n);
    std::vector<std::size_t> needs(n), needed(n);  // among those that are not done
    for (std::size_t i = 0; i < n; ++i) {
      const NodeId roots[] = {equations_[i].slope, equations_[i].offset};
      for (const NodeId id : ir::reachable(al_.g, roots)) {
        const std::size_t j = place[index(id)];
        if (j == n || j == i) continue;
        waits_for[i].push_back(j), awaited_by[j].push_back(i);
        ++needs[i], ++needed[j];
      }
    }
    std::vector<std::size_t> out;
    std::vector<bool> done(n);
    while (out.size() < n) {
      std::size_t best = n, most = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (done[i]) continue;
        const std::size_t rank = needs[i] == 0 ? n + 1 : needed[i];
        if (best == n || rank > most) best = i, most = rank;
      }
      done[best] = true;
      out.push_back(best);
      for (const std::size_t i : awaited_by[best]) --needs[i];
      for (const std::size_t j : waits_for[best]) --needed[j];
    }
    return out;
  }

  StepContext& context_;
  ir::Algebra& al_;
  std::vector<NodeId> x_;
  std::vector<NodeId> middle_;  ///< the midpoints so far; where there is none yet, the state
  std::vector<LinearEquation> equations_;
};

}  // namespace

Result<Step> exponential_midpoint_step(StepContext& context) { return Midpoint(context).build(); }

}  // namespace hillock::sim
