/// Dormand & Prince's embedded pair of orders 5 and 4 (1980, J. Comput. Appl. Math. 6:19, table 2), with step control
/// per lane inside each row. The error of a state is compared with 1e-8 absolute (SI) + 1e-8 relative.

#include <array>

#include "sim/integrate/step.hpp"

namespace hillock::sim {

using ir::NodeId;
using ir::Op;

namespace {

constexpr double tolerance = 1e-8;
constexpr std::array<double, 7> nodes{0.0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1.0, 1.0};
constexpr double a[7][6] = {
    {},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0.0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};
/// Fifth-order weights less fourth-order weights.
constexpr std::array<double, 7> difference{71.0 / 57600,      0.0,          -71.0 / 16695, 71.0 / 1920,
                                           -17253.0 / 339200, 22.0 / 525.0, -1.0 / 40};

}  // namespace

Result<Step> dopri5_step(StepContext& context) {
  if (auto good = refuse_noise(context, "dopri5"); !good) return fail(std::move(good.error()));
  ir::Algebra& al = context.algebra();
  ir::Program& program = context.program();
  const NodeId fraction = program.graph.symbol(program.add_symbol(ir::Source::substep, 0));
  const NodeId done = program.graph.symbol(program.add_symbol(ir::Source::progress, 0));
  const NodeId h = al.mul(context.step(), fraction);
  const auto x = context.state_values();
  const std::size_t n = x.size();

  std::vector<std::vector<NodeId>> k;
  std::vector<NodeId> at = x;
  for (std::size_t stage = 0; stage < 7; ++stage) {
    if (stage > 0)
      for (std::size_t i = 0; i < n; ++i) {
        NodeId sum = al.number(0.0);
        for (std::size_t j = 0; j < stage; ++j) sum = al.add(sum, al.mul(al.number(a[stage][j]), k[j][i]));
        at[i] = context.hold(i, al.add(x[i], al.mul(h, sum)));
      }
    k.push_back(context.derivatives_at(at, al.add(done, al.mul(al.number(nodes[stage]), fraction))));
  }

  Step step;
  step.next = at;                 // the last stage is the fifth-order result
  NodeId total = al.number(0.0);  // mean square over the states: a NaN anywhere stays one
  for (std::size_t i = 0; i < n; ++i) {
    NodeId sum = al.number(0.0);
    for (std::size_t j = 0; j < 7; ++j) sum = al.add(sum, al.mul(al.number(difference[j]), k[j][i]));
    const NodeId size = al.make(Op::max, al.make(Op::abs, x[i]), al.make(Op::abs, at[i]));
    const NodeId allowed = al.add(al.number(tolerance), al.mul(al.number(tolerance), size));
    const NodeId error = context.hold(i, al.mul(h, sum), al.number(0.0));
    const NodeId ratio = al.div(al.make(Op::abs, error), allowed);
    total = al.add(total, al.mul(ratio, ratio));
  }
  ir::Adaptive control;
  const NodeId worst = al.mul(total, al.number(1.0 / static_cast<double>(n)));
  control.error = worst;
  // 0.9 (sqrt error)^(-1/5), within [0.2, 5]; a NaN or huge error shrinks the step by 5.
  const NodeId usable = al.make(Op::lt, worst, al.number(1e10));
  const NodeId tame = al.make(Op::max, al.select(usable, worst, al.number(1.0)), al.number(1e-20));
  const NodeId root = al.make(Op::exp, al.mul(al.number(-0.1), al.make(Op::log, tame)));
  const NodeId factor =
      al.make(Op::max, al.make(Op::min, al.mul(al.number(0.9), root), al.number(5.0)), al.number(0.2));
  control.factor = al.select(usable, factor, al.number(0.2));
  step.adaptive = control;
  return step;
}

}  // namespace hillock::sim
