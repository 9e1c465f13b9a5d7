/// Dormand & Prince's embedded pair of orders 5 and 4 (1980, J. Comput. Appl. Math. 6:19, table 2), with step control
/// per lane inside each row.

#include <array>

#include "sim/integrate/step_control.hpp"

namespace hillock::sim {

using ir::NodeId;

namespace {

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
  const NodeId fraction = context.fraction();
  const NodeId done = context.progress();
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
  step.next = at;  // the last stage is the fifth-order result
  std::vector<NodeId> error;
  for (std::size_t i = 0; i < n; ++i) {
    NodeId sum = al.number(0.0);
    for (std::size_t j = 0; j < 7; ++j) sum = al.add(sum, al.mul(al.number(difference[j]), k[j][i]));
    error.push_back(al.mul(h, sum));
  }
  step.adaptive = control_step(context, x, step.next, error, 5);
  return step;
}

}  // namespace hillock::sim
