/// What every integrator promises: its order of convergence, on an equation with an input and on coupled nonlinear
/// ones; stiff gates; inputs that jump between samples. An integrator of the registry is in this suite without a line
/// here.

#include "sim/integrate/step.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "lang/expression.hpp"
#include "sim/step_cost.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {

void PrintTo(const Integrator& integrator, std::ostream* out) { *out << integrator.name; }

namespace {

using Real = long double;

class EveryIntegrator : public testing::TestWithParam<Integrator> {
 protected:
  static const Integrator& integrator() { return GetParam(); }
  /// Exact for one linear equation at a held input.
  static bool exponential() { return integrator().name == "exponential_euler" || integrator().name == "exact"; }
  static bool takes(const ir::Model& model) {
    const auto built = build_program(model, fixture::trace_by(integrator().name));
    return built.has_value() || built.error()[0].code != "integrator-unfit";
  }
};
INSTANTIATE_TEST_SUITE_P(Integrate, EveryIntegrator, testing::ValuesIn(integrators().begin(), integrators().end()),
                         [](const auto& p) { return std::string(p.param.name); });

/// The outputs of one simulation by the interpreter. Step control, where there is any, is taken away: one step per row.
std::vector<double> uncontrolled(const ir::Model& model, const Experiment& e, std::string_view name,
                                 const std::vector<double>& parameters) {
  auto built = build_program(model, fixture::trace_by(name));
  HILLOCK_CHECK(built.has_value(), "refused");
  ir::Program& p = built->program;
  if (p.adaptive) p.adaptive = ir::Adaptive{p.graph.constant(0.0), p.graph.constant(1.0)};
  const ir::Loop loop = ir::bind(p, make_timeline(model, e));
  std::vector<double> carried(loop.carried), out(loop.observed * loop.outputs.size());
  ir::interpret(loop, parameters, carried, out);
  return out;
}

/// The order at which errors fall when the step is halved once more.
template <class ErrorAt>
double measured_order(ErrorAt&& error_at, int substeps) {
  const double coarse = error_at(substeps), fine = error_at(2 * substeps);
  EXPECT_GT(fine, 1e-13) << "the errors are rounding: the order cannot be seen";
  EXPECT_LT(coarse, 1e-2) << "the steps are too long for the order to be seen";
  return std::log2(coarse / fine);
}

TEST_P(EveryIntegrator, HasItsOrderUnderASinusoidalInput) {
  // x' = k (m + A sin wt - x): x = m + A (k^2 sin wt - k w cos wt)/(k^2 + w^2) + C exp(-kt).
  const double k = 3.0, m = 0.2, amplitude = 1.0, w = 5.0, x0 = -0.5, end = 1.0;
  const auto particular = [&](double t) {
    return m + amplitude * (k * k * std::sin(w * t) - k * w * std::cos(w * t)) / (k * k + w * w);
  };
  const ir::Model model = fixture::relaxation();
  const auto error_at = [&](int substeps) {
    Experiment e = fixture::experiment(5, end / 4);
    e.inputs["u"] = fixture::sine(m, amplitude, w);
    e.substeps = substeps;
    const auto out = uncontrolled(model, e, integrator().name, {k, x0});
    double sum = 0.0;  // over several times: at one alone, an error may cross zero
    for (std::size_t s = 0; s < 5; ++s) {
      const double t = e.time_of(s);
      sum = std::hypot(sum, out[2 * s] - (particular(t) + (x0 - particular(0.0)) * std::exp(-k * t)));
    }
    return sum;
  };
  // Exponential Euler and exact take the input at the middle of the step: order 2. Dormand & Prince see the input as a
  // parabola through the row's start, middle and end, whose error is odd about the middle: order 4.
  const double want = exponential() ? 2.0 : std::min(integrator().order, 4);
  EXPECT_NEAR(measured_order(error_at, want > 3 ? 8 : 64), want, 0.15) << integrator().name;
}

/// Classical Runge-Kutta in 80 bits, with 20 000 steps: error about (1e-4)^4.
template <class F>
std::array<Real, 2> reference(F&& f, std::array<Real, 2> x, Real end) {
  const int n = 20000;
  const Real h = end / n;
  const auto moved = [](const std::array<Real, 2>& a, const std::array<Real, 2>& k, Real by) {
    return std::array<Real, 2>{a[0] + by * k[0], a[1] + by * k[1]};
  };
  for (int i = 0; i < n; ++i) {
    const auto k1 = f(x), k2 = f(moved(x, k1, h / 2)), k3 = f(moved(x, k2, h / 2)), k4 = f(moved(x, k3, h));
    for (std::size_t j = 0; j < 2; ++j) x[j] += h / 6 * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]);
  }
  return x;
}

TEST_P(EveryIntegrator, HasItsOrderOnCoupledNonlinearEquations) {
  const double end = 2.0;
  const auto order_on = [&](const ir::Model& model, const std::vector<double>& parameters, std::array<Real, 2> exact) {
    const auto error_at = [&](int substeps) {
      Experiment e = fixture::experiment(3, end / 2);
      e.substeps = substeps;
      const auto out = uncontrolled(model, e, integrator().name, parameters);
      const std::size_t last = out.size() - 4;  // mean, sd, mean, sd
      return static_cast<double>(std::hypot(out[last] - exact[0], out[last + 2] - exact[1]));
    };
    return measured_order(error_at, integrator().order > 4 ? 16 : (integrator().order > 3 ? 64 : 128));
  };
  const std::vector<double> wolves{1.1, 0.7, 0.6, 0.9};
  const auto lotka = [&](const std::array<Real, 2>& x) {
    return std::array<Real, 2>{x[0] * (wolves[0] - wolves[1] * x[1]), x[1] * (wolves[2] * x[0] - wolves[3])};
  };
  if (const ir::Model model = fixture::lotka_volterra(); takes(model)) {
    EXPECT_NEAR(order_on(model, wolves, reference(lotka, {1.0L, 1.5L}, end)), integrator().order, 0.15);
  } else {
    EXPECT_EQ(integrator().name, "exact");
  }
  const std::vector<double> nerve{0.5, 0.3, 0.7, 0.8};
  const auto fitzhugh = [&](const std::array<Real, 2>& x) {
    return std::array<Real, 2>{x[0] - x[0] * x[0] * x[0] / 3 - x[1] + nerve[0],
                               nerve[1] * (x[0] + nerve[2] - nerve[3] * x[1])};
  };
  if (const ir::Model model = fixture::fitzhugh_nagumo(); takes(model)) {
    EXPECT_NEAR(order_on(model, nerve, reference(fitzhugh, {-1.0L, 1.0L}, end)), integrator().order, 0.15);
  } else {
    EXPECT_TRUE(exponential());  // v' is not linear in v: refused by name, see below
  }
}

TEST_P(EveryIntegrator, GoesExactlyToAJumpBetweenSamples) {
  // One jump at 0.37 of an interval, one at a sample, two in one interval. With equal steps of any kind the solution is
  // only smooth between them, so a step across one would leave an error of first order.
  const double k = 40.0, x0 = 0.3, dt = 1e-2;
  const std::vector<double> values{1.0, -0.5, 2.0, 0.0, 0.7}, until{3.37 * dt, 6 * dt, 8.1 * dt, 8.85 * dt};
  Experiment e = fixture::experiment(13, dt);
  // The same as pieces and as a person would write it on one line; the second jump is a sample's own time.
  const std::string written =
      "1 - 1.5*int(t > 33.7*ms) + 2.5*int(t >= 60*ms) - 2*int(not t <= 81*ms) + 0.7*sign(floor(t/(88.5*ms)))";
  const lang::NamedDimension time[] = {{"t", units::find_unit("second")->dimension}};
  auto expression = lang::parse_expression(written, "u", time, {}).value();
  const std::vector<Piece> one{{std::numeric_limits<double>::infinity(), std::move(expression.graph), expression.root}};
  const std::shared_ptr<const Stimulus> inputs[] = {fixture::steps(values, until), piecewise(one)};
  const auto exact_at = [&](double t) {
    double x = x0, from = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double to = i < until.size() ? std::min(t, until[i]) : t;
      if (to > from) x = values[i] + (x - values[i]) * std::exp(-k * (to - from)), from = to;
    }
    return x;
  };
  for (const int variant : {0, 1, 2, 3}) {
    const int substeps = variant % 2 == 0 ? 1 : 3;
    e.substeps = substeps;
    e.inputs["u"] = inputs[variant / 2];
    const auto got =
        fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by(integrator().name)), {k, x0});
    // Exponential Euler: rounding alone, some 30 steps of 1e-15 and times of 1e-17 s * k: below 1e-12. Dormand &
    // Prince: their tolerance, 1e-8 per step. The others: their local error at kh = 0.4 (0.133 in thirds).
    const double h = k * dt / substeps;
    const double tolerance = exponential() ? 1e-12 : integrator().adaptive ? 1e-7 : 3 * std::pow(h, integrator().order);
    for (std::size_t s = 0; s < 13; ++s) {
      EXPECT_NEAR(got[2 * s], exact_at(static_cast<double>(s) * dt), tolerance) << "sample " << s;
    }
  }
}

TEST(ExponentialEuler, IsExactForACommandSampledAtAnotherRate) {
  // Held from sample to sample of its own grid, which falls between the recording's samples.
  const double k = 40.0, x0 = 0.3, dt = 1e-2, start = 0.37 * dt, interval = 0.61 * dt;
  const std::vector<double> command{1.0, 1.0, -0.5, 2.0, 2.0, 0.0, 0.7, -1.0, 3.0, 0.2};
  Experiment e = fixture::experiment(10, dt);
  e.inputs["u"] = sampled(start, interval, command, Interpolation::previous);
  const auto got =
      fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by("exponential_euler")), {k, x0});
  for (std::size_t s = 0; s < 10; ++s) {
    const double t = e.time_of(s);
    double x = x0, from = 0.0;
    for (std::size_t i = 0; i < command.size() && from < t; ++i) {
      const bool last = i + 1 == command.size();
      const double to = last ? t : std::min(t, start + static_cast<double>(i + 1) * interval);
      x = command[i] + (x - command[i]) * std::exp(-k * (to - from));
      from = to;
    }
    EXPECT_NEAR(got[2 * s], x, 1e-12) << s;  // rounding alone: 20 steps of 1e-15
  }
}

TEST(ExponentialEuler, IsExactForGatesAtAHeldInput) {
  const ir::Model model = fixture::gate(fixture::Noise::normal);
  const auto p = fixture::gate_parameters(fixture::Noise::normal);
  const double v = 0.01, held_at = -0.09, dt = 2e-3;
  Experiment e = fixture::experiment(100, dt);
  e.inputs["V"] = fixture::held(v);
  e.holding["V"] = held_at;
  const auto rates = [&](double at) { return std::pair{p[0] * std::exp(p[1] * at), p[2] * std::exp(-p[3] * at)}; };
  const auto [a0, b0] = rates(held_at);
  const auto [a, b] = rates(v);
  const double start = a0 / (a0 + b0), target = a / (a + b);
  const auto got = fixture::outputs(fixture::batch(model, e, fixture::trace_by("exponential_euler")), p);
  for (std::size_t s = 0; s < 100; ++s) {
    const double exact = target + (start - target) * std::exp(-(a + b) * static_cast<double>(s) * dt);
    // A step rounds some ten times: at most 2e-15 of x, and the errors of 100 steps add up to less than 2e-13.
    EXPECT_NEAR(got[2 * s], p[4] * exact * (v + 0.08), 2e-13 * p[4] * 0.09) << s;
  }
}

TEST(ExponentialEuler, IsExactAndStableForAGateFasterThanTheStep) {
  const double k = 1e6, dt = 1e-4;  // k h = 100
  Experiment e = fixture::experiment(20, dt);
  e.inputs["u"] = fixture::steps({0.2, 0.8}, {10 * dt});
  const auto got =
      fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by("exponential_euler")), {k, 5.0});
  // exp(-100) = 4e-44: after one step the state is the input, to rounding of the step, which multiplies x by
  // 1 - kh exprel(-kh) and k u by h exprel: about 4e-16 each, of values up to 5 in the first step.
  for (std::size_t s = 1; s < 20; ++s) {
    EXPECT_NEAR(got[2 * s], s <= 10 ? 0.2 : 0.8, 5e-15) << s;
  }
  // The guard: forward Euler cannot.
  const auto blown = fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by("euler")), {k, 5.0});
  EXPECT_GT(std::fabs(blown[2 * 19]), 1e10);
}

TEST(ExponentialEuler, IsExactForSlowAndForUndampedEquations) {
  // k h = 1e-12: 1 - exp(-kh) would have lost 12 digits. x(n) = u + (x0 - u) exp(-k n h).
  Experiment e = fixture::experiment(11, 1.0);
  e.inputs["u"] = fixture::held(1.0);
  const auto got =
      fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by("exponential_euler")), {1e-12, 0.0});
  EXPECT_NEAR(got[2 * 10], -std::expm1(-1e-11), 1e-11 * 1e-14);
  fixture::ModelBuilder b("integral");
  const ir::NodeId k = b.parameter("k"), x = b.state("x");
  b.equation(0, k, b.num(0.0));  // no x on the right: A = 0
  b.observe_normal("x", x, b.num(1.0));
  Experiment plain = fixture::experiment(11, 0.5);
  EXPECT_EQ(fixture::outputs(fixture::batch(b.done(), plain, fixture::trace_by("exponential_euler")), {3.0})[20], 15.0);
}

TEST(Dopri5, KeepsItsToleranceOnAStiffGate) {
  const double k = 1e6, dt = 1e-4;
  Experiment e = fixture::experiment(20, dt);
  e.inputs["u"] = fixture::steps({0.2, 0.8}, {10 * dt});
  const auto got = fixture::outputs(fixture::batch(fixture::relaxation(), e, fixture::trace_by("dopri5")), {k, 5.0});
  // The local error is at most 1e-8 + 1e-8 |x| per step; errors of a step decay within a few steps.
  for (std::size_t s = 1; s < 20; ++s) {
    EXPECT_NEAR(got[2 * s], s <= 10 ? 0.2 : 0.8, 5e-8) << s;
  }
}

TEST(Dopri5, KeepsItsToleranceOnANonlinearSystem) {
  Experiment e = fixture::experiment(9, 5.0);  // rows far longer than a step may be
  const std::vector<double> nerve{0.5, 0.08, 0.7, 0.8};
  const auto got = fixture::outputs(fixture::batch(fixture::fitzhugh_nagumo(), e, fixture::trace_by("dopri5")), nerve);
  const auto f = [&](const std::array<Real, 2>& x) {
    return std::array<Real, 2>{x[0] - x[0] * x[0] * x[0] / 3 - x[1] + nerve[0],
                               nerve[1] * (x[0] + nerve[2] - nerve[3] * x[1])};
  };
  const auto exact = reference(f, {-1.0L, 1.0L}, 40.0L);
  // Some 200 steps of at most 1e-8 (1 + |x|) each; upstrokes stretch an error by the ratio of the speeds before and
  // after, about 30, and the attractor takes it back.
  EXPECT_NEAR(got[4 * 8], static_cast<double>(exact[0]), 2e-5);
  EXPECT_NEAR(got[4 * 8 + 2], static_cast<double>(exact[1]), 2e-5);
}

TEST(Dopri5, EstimatesItsErrorToFifthOrder) {
  // The estimate is the difference of results of orders 5 and 4: O(h^5), and what is controlled is its square.
  const ir::Model model = fixture::lotka_volterra();
  const auto estimate = [&](double h) {
    auto built = build_program(model, fixture::trace_by("dopri5"));
    HILLOCK_CHECK(built.has_value(), "refused");
    ir::Program& p = built->program;
    const std::uint32_t seen = p.carry("error", p.graph.constant(0.0));
    p.advance.push_back({seen, p.adaptive->error});
    p.adaptive = ir::Adaptive{p.graph.constant(0.0), p.graph.constant(1.0)};
    const ir::Loop loop = ir::bind(p, make_timeline(model, fixture::experiment(1, h)));
    std::vector<double> carried(loop.carried);
    std::vector<double> out(loop.outputs.size());
    ir::interpret(loop, std::vector{1.1, 0.7, 0.6, 0.9}, carried, out);
    return carried[seen];
  };
  EXPECT_NEAR(std::log2(estimate(0.2) / estimate(0.1)), 10.0, 0.5);
  // And it is an estimate: of the size of the error made, here within a factor of 30 (order 5 is better than order 4).
  const double allowed = 2e-8 * 1.5;
  EXPECT_GT(std::sqrt(estimate(0.2)) * allowed, 1e-8);
  EXPECT_LT(std::sqrt(estimate(0.2)) * allowed, 1e-5);
}

TEST(StepCost, CountsWhatIsComputedWhen) {
  const ir::Model model = fixture::gate(fixture::Noise::normal);
  const auto cost = step_cost(model, "exponential_euler");
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->every_step, 1U);           // x*decay + offset*lasting, fused
  EXPECT_GT(cost->when_inputs_change, 20U);  // two exp, one exprel
  EXPECT_EQ(cost->library_functions, 3U);
  const auto plain = step_cost(model, "euler");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->library_functions, 2U);
  EXPECT_LT(plain->when_inputs_change, cost->when_inputs_change);
  EXPECT_EQ(step_cost(model, "leapfrog").error()[0].code, "integrator-unknown");
  EXPECT_EQ(step_cost(fixture::fitzhugh_nagumo(), "exponential_euler").error()[0].code, "integrator-unfit");
}

}  // namespace
}  // namespace hillock::sim
