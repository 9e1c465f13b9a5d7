/// Integrators of noise: strong order, the calculus that the name says, Brian 2's formulas, and what is refused.
///
/// Models carry the Wiener processes themselves as states (dw/dt = xi), so a path is compared with its own exact
/// solution.

#include <gtest/gtest.h>

#include <cmath>

#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using ir::NodeId;

/// dx = a x dt + b x dw, w its noise. Parameters a, b.
ir::Model geometric() {
  fixture::ModelBuilder m("geometric");
  const NodeId a = m.parameter("a"), b = m.parameter("b"), xi = m.noise("xi"), x = m.state("x"), w = m.state("w");
  m.equation(0, m.add(m.mul(a, x), m.mul(m.mul(b, x), xi)), m.num(1.0));
  m.equation(1, xi, m.num(0.0));
  m.observe_normal("x", x, m.num(1.0));
  m.observe_normal("w", w, m.num(1.0));
  return m.done();
}

struct End {
  double x, w;
};
std::vector<End> ends(std::string_view integrator, std::size_t paths, int steps, double a, double b) {
  Experiment e = fixture::experiment(2, 1.0);
  e.substeps = steps;
  const auto backend = choose_backend("auto");
  const Batch batch = fixture::batch(geometric(), e, fixture::trace_by(integrator), {*backend, 1, 7});
  Array2 points(paths, 2);
  for (std::size_t k = 0; k < paths; ++k) points(k, 0) = a, points(k, 1) = b;
  std::vector<End> out;
  batch.outputs(points, [&](std::size_t, std::span<const double> v) { out.push_back({v[4], v[6]}); });
  return out;
}

TEST(Stochastic, StrongOrderInTheCalculusThatIsNamed) {
  const double a = 0.3, b = 0.8;
  for (const Integrator& integrator : integrators()) {
    if (integrator.calculus != Calculus::ito && integrator.calculus != Calculus::stratonovich) continue;
    const double drift = integrator.calculus == Calculus::ito ? a - b * b / 2 : a;
    const auto rms = [&](int steps) {
      double sum = 0.0;
      const auto paths = ends(integrator.name, 4000, steps, a, b);
      for (const End& p : paths) sum += std::pow(p.x - std::exp(drift + b * p.w), 2);
      return std::sqrt(sum / static_cast<double>(paths.size()));
    };
    // The mean square of 4000 paths has a relative error of sqrt(kurtosis/4000), here below 0.15: 0.1 in each log2 of a
    // root. The ratio over a factor of 8 in the step therefore shows the order within 0.05, and what is of higher order
    // in h = 1/32 adds as much.
    const double order = std::log2(rms(32) / rms(256)) / 3;
    EXPECT_NEAR(order, integrator.strong_order, 0.12) << integrator.name;
    // The other calculus is another process: its paths differ by a factor of exp(b^2/2).
    EXPECT_LT(rms(256), integrator.strong_order < 1.0 ? 0.1 : 0.02) << integrator.name;
  }
}

TEST(Stochastic, TheMeanOfMultiplicativeNoiseIsTheCalculus) {
  // dx = x xi over 1 s from 1: E x = 1 (Ito), e^(1/2) (Stratonovich). sd x = sqrt(e - 1) and sqrt(e^2 - e), at
  // most 2.2.
  const std::size_t paths = 20000;
  for (const auto& [name, mean] : {std::pair{"milstein_ito", 1.0},
                                   {"milstein", std::exp(0.5)},
                                   {"milstein_stratonovich", std::exp(0.5)},
                                   {"heun", std::exp(0.5)}}) {
    double sum = 0.0;
    for (const End& p : ends(name, paths, 100, 0.0, 1.0)) sum += p.x;
    // Four standard errors, 4 * 2.2/sqrt(20000) = 0.062, and 1% of bias for the step of 1/100.
    EXPECT_NEAR(sum / static_cast<double>(paths), mean, 0.062 + 0.016) << name;
  }
}

/// x' = -x + sin(x) xi + y eta/4, y' = x y - y^3, with w' = xi, u' = eta.
ir::Model mixed(bool two) {
  fixture::ModelBuilder m("mixed");
  const NodeId xi = m.noise("xi_a"), eta = two ? m.noise("xi_b") : ir::no_node;
  const NodeId x = m.state("x"), y = m.state("y"), w = m.state("w"), u = m.state("u");
  ir::NodeId rate = m.add(m.neg(x), m.mul(m.sin(x), xi));
  if (two) rate = m.add(rate, m.mul(m.mul(m.num(0.25), y), eta));
  m.equation(0, rate, m.num(0.7));
  m.equation(1, m.sub(m.mul(x, y), m.mul(m.mul(y, y), y)), m.num(0.4));
  m.equation(2, xi, m.num(0.0));
  m.equation(3, two ? eta : m.num(0.0), m.num(0.0));
  m.observe_normal("x", x, m.num(1.0));
  m.observe_normal("y", y, m.num(1.0));
  m.observe_normal("w", w, m.num(1.0));
  m.observe_normal("u", u, m.num(1.0));
  return m.done();
}

TEST(Stochastic, AreBriansFormulas) {
  // What Brian 2.5.1's own code generation prints for these equations (`print(heun(Equations(...)))`), one support a
  // noise, fed with the increments that this program drew.
  const double h = 0.01;
  for (const std::string name : {"heun", "milstein"}) {
    const bool two = name == "heun";
    Experiment e = fixture::experiment(200, h);
    const auto got = fixture::outputs(fixture::batch(mixed(two), e, fixture::trace_by(name)), {});
    double x = 0.7, y = 0.4;
    for (std::size_t s = 0; s + 1 < 200; ++s) {
      const double* now = &got[8 * s];
      EXPECT_NEAR(now[0], x, 1e-13) << name << s;  // 200 steps of rounding, 1e-16 each, of a damped equation
      EXPECT_NEAR(now[2], y, 1e-13) << name << s;
      const double da = now[8 + 4] - now[4], db = now[8 + 6] - now[6];
      const double f = -x, g = std::sin(x);
      double next;
      if (two)
        next = 0.5 * std::sin(x + g * da) * da + 0.5 * (y / 4) * db + h * f + 0.5 * g * da + 0.5 * (y / 4) * db + x;
      else next = (std::sin(x + h * f + std::sqrt(h) * g) - g) * da * da / (2 * std::sqrt(h)) + h * f + g * da + x;
      y += h * (x * y - y * y * y);
      x = next;
    }
  }
}

TEST(Stochastic, MultiplicativeNoiseWithoutANamedCalculusIsRefusedWithBothChoices) {
  for (const Integrator& integrator : integrators()) {
    const auto built = build_program(geometric(), fixture::trace_by(integrator.name));
    const bool named = integrator.calculus == Calculus::ito || integrator.calculus == Calculus::stratonovich;
    ASSERT_EQ(built.has_value(), named) << integrator.name;
    if (named) continue;
    EXPECT_EQ(built.error()[0].code, "integrator-unfit");
    EXPECT_NE(built.error()[0].hint.find("milstein_stratonovich"), std::string::npos) << integrator.name;
    EXPECT_NE(built.error()[0].hint.find("milstein_ito"), std::string::npos) << integrator.name;
  }
}

TEST(Stochastic, MilsteinRefusesNoisesThatMix) {
  // xi drives x, which multiplies eta in y'.
  fixture::ModelBuilder m("mixing");
  const NodeId xi = m.noise("xi_a"), eta = m.noise("xi_b"), x = m.state("x"), y = m.state("y");
  m.equation(0, xi, m.num(0.0));
  m.equation(1, m.mul(x, eta), m.num(0.0));
  m.observe_normal("y", y, m.num(1.0));
  const ir::Model model = m.done();
  for (const char* name : {"milstein", "milstein_stratonovich", "milstein_ito"}) {
    const auto built = build_program(model, fixture::trace_by(name));
    ASSERT_FALSE(built) << name;
    EXPECT_EQ(built.error()[0].message,
              std::string(name) + " needs noises that do not mix, and xi_a drives what multiplies xi_b in dy/dt");
  }
  EXPECT_TRUE(build_program(model, fixture::trace_by("heun")));
}

}  // namespace
}  // namespace hillock::sim
