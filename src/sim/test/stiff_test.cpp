/// The stiff integrator on the field's stiff problems, against scipy's Radau (order 5, fully implicit) at tolerances a
/// thousandfold smaller, and the equations that it solves in each step.

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"
#include "sim/integrate/sparse_solve.hpp"
#include "sim/integrate/step_control.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::trace_by;
using ir::NodeId;

/// x'' = mu (1 - x^2) x' - x.
ir::Model van_der_pol() {
  fixture::ModelBuilder m("van_der_pol");
  const NodeId mu = m.parameter("mu"), x = m.state("x"), v = m.state("v");
  m.equation(0, v, m.num(2.0));
  m.equation(1, m.sub(m.mul(m.mul(mu, m.sub(m.num(1.0), m.mul(x, x))), v), x), m.num(0.0));
  m.observe_normal("x", x, m.num(1.0));
  m.observe_normal("v", v, m.num(1.0));
  return m.done();
}

TEST(Rodas4, VanDerPolWithMu1000) {
  // scipy 1.10: solve_ivp(lambda t, y: [y[1], 1000*(1 - y[0]**2)*y[1] - y[0]], [0, 2000], [2, 0], method='Radau',
  // rtol=1e-12, atol=1e-14).x at 0, 500, 1000, 1500, 2000.
  const double want[] = {2.0, 1.596768951052635, -1.8636462548079882, -1.354745919486633, 1.706167732170446};
  const Experiment e = fixture::experiment(5, 500.0);
  const auto got = fixture::outputs(fixture::batch(van_der_pol(), e, trace_by("rodas4")), {1000.0});
  // A jump takes 1e-6 of the slow phase's time, and an error of 1e-8 there shifts the next phase by a few times as
  // much; on a slow phase x moves 1e-3 per second, faster towards its end.
  for (std::size_t s = 0; s < 5; ++s) {
    EXPECT_NEAR(got[4 * s], want[s], 2e-6) << s;
  }
  // The case that it is for: an explicit method runs out of steps (it needs some 3000 a second).
  const auto explicit_one = fixture::outputs(fixture::batch(van_der_pol(), e, trace_by("dopri5")), {1000.0});
  EXPECT_TRUE(std::isnan(explicit_one[4]));
}

TEST(Rodas4, Robertson) {
  fixture::ModelBuilder m("robertson");
  const NodeId x = m.state("x"), y = m.state("y"), z = m.state("z");
  const NodeId slow = m.mul(m.num(0.04), x), fast = m.mul(m.mul(m.num(1e4), y), z);
  const NodeId faster = m.mul(m.mul(m.num(3e7), y), y);
  m.equation(0, m.sub(fast, slow), m.num(1.0));
  m.equation(1, m.sub(m.sub(slow, fast), faster), m.num(0.0));
  m.equation(2, faster, m.num(0.0));
  for (const auto& [name, node] : {std::pair{"x", x}, {"y", y}, {"z", z}}) m.observe_normal(name, node, m.num(1.0));
  const ir::Model model = m.done();
  const struct {
    double t, x, y, z;
  } scipy[] = {{40.0, 0.7158270687194167, 9.185534764558313e-06, 0.2841637457458204},
               {4000.0, 0.18320225777695578, 8.9423712527812e-07, 0.8167968479859203},
               {4e6, 0.000516809601493333, 2.0682944912280316e-09, 0.999483188330214}};
  for (const auto& want : scipy) {
    const auto got = fixture::outputs(fixture::batch(model, fixture::experiment(2, want.t), trace_by("rodas4")), {});
    // Some hundred steps of 1e-8 each, of a problem that forgets.
    EXPECT_NEAR(got[6], want.x, 1e-6) << want.t;
    EXPECT_NEAR(got[8], want.y, 1e-8) << want.t;
    EXPECT_NEAR(got[10], want.z, 1e-6) << want.t;
  }
}

TEST(Rodas4, Hires) {
  // Eight reactions of plant physiology (Schafer 1975; Hairer & Wanner 1996, section IV.10).
  fixture::ModelBuilder m("hires");
  std::vector<NodeId> y;
  for (int i = 0; i < 8; ++i) y.push_back(m.state("y" + std::to_string(i)));
  const auto term = [&](double c, std::size_t i) { return m.mul(m.num(c), y[i]); };
  const auto sum = [&](std::vector<NodeId> parts) {
    NodeId out = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) out = m.add(out, parts[i]);
    return out;
  };
  const NodeId both = m.mul(term(280.0, 5), y[7]);
  m.equation(0, sum({term(-1.71, 0), term(0.43, 1), term(8.32, 2), m.num(0.0007)}), m.num(1.0));
  m.equation(1, sum({term(1.71, 0), term(-8.75, 1)}), m.num(0.0));
  m.equation(2, sum({term(-10.03, 2), term(0.43, 3), term(0.035, 4)}), m.num(0.0));
  m.equation(3, sum({term(8.32, 1), term(1.71, 2), term(-1.12, 3)}), m.num(0.0));
  m.equation(4, sum({term(-1.745, 4), term(0.43, 5), term(0.43, 6)}), m.num(0.0));
  m.equation(5, sum({m.neg(both), term(0.69, 3), term(1.71, 4), term(-0.43, 5), term(0.69, 6)}), m.num(0.0));
  m.equation(6, sum({both, term(-1.81, 6)}), m.num(0.0));
  m.equation(7, sum({m.neg(both), term(1.81, 6)}), m.num(0.0057));
  for (std::size_t i : {0U, 5U, 7U}) m.observe_normal("y" + std::to_string(i), y[i], m.num(1.0));
  const auto got = fixture::outputs(fixture::batch(m.done(), fixture::experiment(2, 5.0), trace_by("rodas4")), {});
  EXPECT_NEAR(got[6], 0.0316516757045652, 1e-6);  // scipy's Radau, as above
  EXPECT_NEAR(got[8], 0.6850438961444394, 1e-6);
  EXPECT_NEAR(got[10], 5.329965807944603e-05, 1e-7);
}

TEST(SparseSolve, SolvesWithoutFillingAnArrow) {
  // An arrow, as a membrane (first) and its gates make it: eliminated gates first, it has no more entries than before.
  ir::Graph graph;
  ir::Algebra al(graph);
  const std::size_t n = 7;
  std::vector<std::vector<NodeId>> matrix(n, std::vector<NodeId>(n, al.number(0.0)));
  std::vector<double> values;
  const auto entry = [&](double value) {
    values.push_back(value);
    return graph.symbol(ir::SymbolId{static_cast<std::uint32_t>(values.size() - 1)});
  };
  std::vector<std::vector<double>> number(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (i == 0 || j == 0 || i == j) {
        number[i][j] = i == j ? 3.0 + static_cast<double>(i) : 1.0 / static_cast<double>(1 + i + 2 * j);
        matrix[i][j] = entry(number[i][j]);
      }
  std::vector<NodeId> b;
  std::vector<double> right;
  for (std::size_t i = 0; i < n; ++i) right.push_back(1.0 + static_cast<double>(i * i)), b.push_back(entry(right[i]));
  const auto u = SparseSolve(al, matrix).solve(b);
  EXPECT_LT(ir::reachable(graph, u).size(), values.size() + 10 * n);
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < n; ++j) sum += number[i][j] * ir::evaluate(graph, u[j], values);
    EXPECT_NEAR(sum, right[i], 1e-13) << i;  // 37 times 1e-16 and a condition of about 10
  }
}

}  // namespace
}  // namespace hillock::sim
