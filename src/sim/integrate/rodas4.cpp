/// RODAS, a stiffly accurate Rosenbrock method of order 4 with an embedded one of order 3 (Hairer & Wanner 1996,
/// Solving Ordinary Differential Equations II, section IV.10, the first set of their program's coefficients), L-stable,
/// with step control per lane inside each row. With M = 1 - h gamma J, J = df/dx at the step's start, each stage is one
/// solution with the same M:
///
///     M u_i = gamma (h f(t + c_i h, x + sum_j a_ij u_j) + sum_j g_ij u_j + h^2 d_i df/dt),   next = x + a_6 u + u_6.
///
/// u_6 is the estimate of the error. The Jacobian is the derivative of the equations as expressions.

#include <array>

#include "ir/derive.hpp"
#include "sim/integrate/sparse_solve.hpp"
#include "sim/integrate/step_control.hpp"

namespace hillock::sim {

using ir::NodeId;

namespace {

constexpr std::size_t stages = 6;
constexpr double gamma = 0.25;
constexpr std::array<double, stages> at{0.0, 0.386, 0.21, 0.63, 1.0, 1.0};
constexpr std::array<double, stages> along{0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0};
constexpr double a[stages][5] = {
    {},
    {1.544},
    {0.9466785280815826, 0.2557011698983284},
    {3.314825187068521, 2.896124015972201, 0.9986419139977817},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0},
};
constexpr double g[stages][5] = {
    {},
    {-5.6688},
    {-2.430093356833875, -0.2063599157091915},
    {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
    {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160},
    {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054},
};

}  // namespace

Result<Step> rodas4_step(StepContext& context) {
  if (auto good = refuse_noise(context, "rodas4"); !good) return fail(std::move(good.error()));
  ir::Algebra& al = context.algebra();
  const NodeId fraction = context.fraction();
  const NodeId done = context.progress();
  const NodeId h = al.mul(context.step(), fraction);
  const NodeId zero = al.number(0.0);
  const auto x = context.state_values();
  const std::size_t n = x.size();

  const auto f = context.derivatives_at(x, done);
  std::vector<std::vector<NodeId>> matrix;
  std::vector<NodeId> drift;  // h^2 df/dt: inputs and time move with the row
  const NodeId h_gamma = al.mul(h, al.number(gamma));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<NodeId> row = ir::gradient(al, f[i], x);
    for (std::size_t j = 0; j < n; ++j) {
      const NodeId entry = al.mul(h_gamma, context.hold(i, row[j], zero));
      row[j] = al.sub(al.number(i == j ? 1.0 : 0.0), entry);
    }
    matrix.push_back(std::move(row));
    const NodeId slope = ir::gradient(al, f[i], std::span(&done, 1))[0];
    drift.push_back(al.mul(al.mul(h, fraction), context.hold(i, slope, zero)));
  }
  const SparseSolve solver(al, std::move(matrix));

  std::vector<std::vector<NodeId>> u;
  std::vector<NodeId> here = x;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    if (stage > 0)
      for (std::size_t i = 0; i < n; ++i) {
        here[i] = x[i];
        for (std::size_t j = 0; j < stage; ++j) here[i] = al.add(here[i], al.mul(al.number(a[stage][j]), u[j][i]));
      }
    const auto rate =
        stage == 0 ? f : context.derivatives_at(here, al.add(done, al.mul(al.number(at[stage]), fraction)));
    std::vector<NodeId> right;
    for (std::size_t i = 0; i < n; ++i) {
      NodeId sum = al.mul(h, context.hold(i, rate[i], zero));
      for (std::size_t j = 0; j < stage; ++j) sum = al.add(sum, al.mul(al.number(g[stage][j]), u[j][i]));
      sum = al.add(sum, al.mul(al.number(along[stage]), drift[i]));
      right.push_back(al.mul(al.number(gamma), sum));
    }
    u.push_back(solver.solve(std::move(right)));
  }
  Step step;
  for (std::size_t i = 0; i < n; ++i) step.next.push_back(al.add(here[i], u[stages - 1][i]));
  step.adaptive = control_step(context, x, step.next, u[stages - 1], 4);
  return step;
}

}  // namespace hillock::sim
