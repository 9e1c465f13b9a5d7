/// The exact integrator: against closed forms at complex, equal, nearly equal, zero and far apart eigenvalues, against
/// Brian 2, the exact variance of noise, and what it refuses.

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::trace_by;
using ir::NodeId;

/// x' = a x + b y + c, y' = d x + e y + f: parameters a b c d e f, x0, y0.
ir::Model plane() {
  fixture::ModelBuilder m("plane");
  const NodeId a = m.parameter("a"), b = m.parameter("b"), c = m.parameter("c"), d = m.parameter("d");
  const NodeId e = m.parameter("e"), f = m.parameter("f"), x0 = m.parameter("x0"), y0 = m.parameter("y0");
  const NodeId x = m.state("x"), y = m.state("y");
  m.equation(0, m.add(m.add(m.mul(a, x), m.mul(b, y)), c), x0);
  m.equation(1, m.add(m.add(m.mul(d, x), m.mul(e, y)), f), y0);
  m.observe_normal("x", x, m.num(1.0));
  m.observe_normal("y", y, m.num(1.0));
  return m.done();
}

/// x and y after `time` in `steps` steps.
std::array<double, 2> run(const std::vector<double>& parameters, double time, int steps) {
  Experiment e = fixture::experiment(2, time);
  e.substeps = steps;
  const auto out = fixture::outputs(fixture::batch(plane(), e, trace_by("exact")), parameters);
  return {out[4], out[6]};
}

TEST(Exact, ComplexEigenvalues) {
  // z = x + i y, z' = (-g + i w) z: z = z0 exp((-g + i w) t). A step rounds a few times 1e-16; in one step over 16
  // radians the squarings add some 32.
  const double g = 0.3, w = 8.0;
  for (const int steps : {1, 7, 100}) {
    const auto got = run({-g, -w, 0.0, w, -g, 0.0, 1.0, 0.5}, 2.0, steps);
    const std::complex<double> want = std::complex(1.0, 0.5) * std::exp(std::complex(-g, w) * 2.0);
    EXPECT_NEAR(got[0], want.real(), 5e-14) << steps;
    EXPECT_NEAR(got[1], want.imag(), 5e-14) << steps;
  }
}

TEST(Exact, EqualAndNearlyEqualEigenvalues) {
  // x' = (y - x)/tau, y' = -y/tau2: x = x0 e^(-t/tau) + y0/tau (e^(-t/tau) - e^(-t/tau2))/(1/tau2 - 1/tau); at equal
  // time constants y0 t/tau e^(-t/tau), and a relative difference of d changes that by d t/(2 tau).
  const double tau = 0.01, t = 0.02;
  for (const double d : {0.0, 1e-15, 1e-9}) {
    const double rate = 1 / tau;
    for (const int steps : {1, 10}) {
      const auto got = run({-rate, rate, 0.0, 0.0, -rate * (1 + d), 0.0, 0.25, 3.0}, t, steps);
      const double want = std::exp(-t * rate) * (0.25 + 3.0 * t * rate * (1 - d * t * rate / 2));
      EXPECT_NEAR(got[0], want, 1e-14) << d << " " << steps;
    }
  }
}

TEST(Exact, ZeroEigenvalues) {
  const auto got = run({0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.25, -1.0}, 3.0, 1);  // x'' = 1
  EXPECT_NEAR(got[0], 0.25 - 3.0 + 4.5, 1e-14);
  EXPECT_NEAR(got[1], 2.0, 1e-15);
}

TEST(Exact, SlowBesideFastKeepsItsDigits) {
  // y' = -k y with k t = 1e-9, and x follows y at 1e6 per second: x = y to 1e-15.
  const double k = 1e-9;
  const auto got = run({-1e6, 1e6, 0.0, 0.0, -k, k, 0.0, 0.0}, 1.0, 1);
  // y = 1 - e^(-k): the digits of a number of 1e-9 beside a propagator that has become 0.
  EXPECT_NEAR(got[1] / -std::expm1(-k), 1.0, 1e-13);
  EXPECT_NEAR(got[0] / (got[1] - k * 1e-6), 1.0, 1e-12);  // x lags by 1e-6 s
  // Beyond its range it says so.
  EXPECT_TRUE(std::isnan(run({-1e9, 1e9, 0.0, 0.0, -k, k, 0.0, 0.0}, 1.0, 1)[0]));
}

TEST(Exact, IsBriansOnSynapsesIntoAMembrane) {
  fixture::ModelBuilder m("membrane");
  const NodeId tau = m.parameter("tau"), v = m.state("v"), ge = m.state("ge"), gi = m.state("gi");
  m.equation(0, m.div(m.add(m.add(m.sub(m.num(-70.0), v), ge), gi), tau), m.num(-60.0));
  m.equation(1, m.neg(m.div(ge, m.num(0.005))), m.num(30.0));
  m.equation(2, m.neg(m.div(gi, m.num(0.010))), m.num(-12.0));
  m.observe_normal("v", v, m.num(1.0));
  m.observe_normal("ge", ge, m.num(1.0));
  const auto got =
      fixture::outputs(fixture::batch(m.done(), fixture::experiment(500, 1e-4), trace_by("exact")), {0.02});
  // Brian 2.5.1: NeuronGroup(1, 'dv/dt = (E - v + ge + gi)/tau : 1; ...', method='exact'), dt = 0.1 ms, numpy target.
  const struct {
    std::size_t step;
    double v, ge;
  } brian[] = {{1, -59.961288894536054, 29.40596019920266},
               {100, -62.086554260607144, 4.0600584970984075},
               {300, -67.64230142016395, 0.07436256529999215},
               {499, -69.25882358565, 0.0013895120754242717}};
  for (const auto& b : brian) {
    EXPECT_NEAR(got[4 * b.step], b.v, 70 * 1e-12) << b.step;  // the rounding of 500 steps on both sides
    EXPECT_NEAR(got[4 * b.step + 2], b.ge, b.ge * 1e-12) << b.step;
  }
}

TEST(Exact, FollowsALinearInputToSecondOrder) {
  // x' = y - x, y' = u - y from 0 with u = t: y = t - 1 + e^-t, x = t - 2 + (2 + t) e^-t.
  fixture::ModelBuilder m("chain");
  const NodeId u = m.input("u"), x = m.state("x"), y = m.state("y");
  m.equation(0, m.sub(y, x), m.num(0.0));
  m.equation(1, m.sub(u, y), m.num(0.0));
  m.observe_normal("x", x, m.num(1.0));
  const ir::Model model = m.done();
  const auto error = [&](int steps) {
    Experiment e = fixture::experiment(2, 2.0);
    e.substeps = steps;
    e.inputs["u"] = sampled(0.0, 2.0, {0.0, 2.0}, Interpolation::linear);
    return fixture::outputs(fixture::batch(model, e, trace_by("exact")), {})[2] - 4.0 * std::exp(-2.0);
  };
  EXPECT_NEAR(std::log2(error(16) / error(32)), 2.0, 0.05);
  EXPECT_LT(std::fabs(error(16)), 1e-3);
}

/// x' = -k x + s xi from 1.
ir::Model ornstein_uhlenbeck() {
  fixture::ModelBuilder m("ou");
  const NodeId k = m.parameter("k"), s = m.parameter("s"), xi = m.noise("xi"), x = m.state("x");
  m.equation(0, m.add(m.neg(m.mul(k, x)), m.mul(s, xi)), m.num(1.0));
  m.observe_normal("x", x, m.num(1.0));
  return m.done();
}

TEST(Exact, NoiseHasItsExactVarianceAtAnyStep) {
  // Uhlenbeck & Ornstein 1930: x(h) = x e^-kh + s sqrt((1 - e^-2kh)/(2k)) z. Euler's step with k = 0 is 1 + sqrt(h) z,
  // with the same numbers z.
  const double h = 0.7, s = 0.6;
  const Experiment e = fixture::experiment(2, h);
  const double z = (fixture::outputs(fixture::batch(ornstein_uhlenbeck(), e, trace_by("euler")), {0.0, 1.0})[2] - 1.0) /
                   std::sqrt(h);
  for (const double k : {3.0, 1e-9, 0.0, 1e3}) {
    const double variance = k > 0.0 ? -std::expm1(-2 * k * h) / (2 * k) : h;
    const auto got = fixture::outputs(fixture::batch(ornstein_uhlenbeck(), e, trace_by("exact")), {k, s});
    EXPECT_NEAR(got[2], std::exp(-k * h) + s * std::sqrt(variance) * z, 1e-14) << k;
  }
}

TEST(Exact, SaysWhichEquationItCannotTake) {
  const auto error = [](const ir::Model& model) {
    const auto built = build_program(model, trace_by("exact"));
    HILLOCK_CHECK(!built, "expected a refusal");
    return built.error()[0].message;
  };
  EXPECT_EQ(error(fixture::fitzhugh_nagumo()), "exact needs linear equations, and dv/dt is not linear in v");
  EXPECT_EQ(error(fixture::lotka_volterra()), "exact needs linear equations, and dx/dt is not linear in x");
  fixture::ModelBuilder filtered("filtered");
  const NodeId xi = filtered.noise("xi"), v = filtered.state("v"), i = filtered.state("i");
  filtered.equation(0, filtered.sub(i, v), filtered.num(0.0));
  filtered.equation(1, filtered.sub(xi, i), filtered.num(0.0));
  filtered.observe_normal("v", v, filtered.num(1.0));
  EXPECT_EQ(error(filtered.done()),
            "exact knows the variance of noise in an equation that stands alone, and di/dt is coupled to others: their "
            "joint distribution takes more random numbers than the model has noises");
  fixture::ModelBuilder large("large");  // a ring of 40: 64000 products
  std::vector<NodeId> x;
  for (int s = 0; s < 40; ++s) x.push_back(large.state("x" + std::to_string(s)));
  for (std::size_t s = 0; s < 40; ++s) large.equation(s, large.sub(x[(s + 1) % 40], x[s]), large.num(0.0));
  large.observe_normal("x", x[0], large.num(1.0));
  EXPECT_EQ(error(large.done()), "40 coupled equations, that of x0 among them, are too many for exact");
  EXPECT_EQ(find_integrator("linear"), find_integrator("exact"));
}

}  // namespace
}  // namespace hillock::sim
