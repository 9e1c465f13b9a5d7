/// Spikes inside steps: their times and derivatives against formulas, differences and a reference integrator.

#include "sim/located_spikes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>

#include "sim/simulator.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::ModelBuilder;
using ir::NodeId;
using ir::Op;

/// tau v' = E - v + R u(t), threshold vt, reset vr, refractory tr. Parameters tau, E, vt, vr, tr, R.
struct Lif {
  double tau = 0.02, e = -0.065, vt = -0.05, vr = -0.07, tr = 0.0041, r = 1.0;
  [[nodiscard]] std::vector<double> point() const { return {tau, e, vt, vr, tr, r}; }
};

ir::Model lif(bool refractory = true) {
  ModelBuilder b("lif");
  const NodeId tau = b.parameter("tau"), e = b.parameter("E"), vt = b.parameter("vt"), vr = b.parameter("vr"),
               tr = b.parameter("tr"), r = b.parameter("R"), u = b.input("u"), v = b.state("v");
  b.equation(0, b.div(b.add(b.sub(e, v), b.mul(r, u)), tau), e);
  b.observe_normal("v", v, b.num(1e-3));
  const NodeId above = b.op(Op::gt, v, vt);
  ir::Model m = b.done();
  m.spiking = ir::Spiking{above, {{0, vr}}, refractory ? tr : ir::no_node, {}};
  m.states[0].unless_refractory = refractory;
  return m;
}

/// v' = -v/tau - w + u(t) + a v^2, w' = (c v - w)/q, threshold v > 1 + s w; reset v = k, w += j. Parameters tau, a, c,
/// q, s, k, j, tr. w moves on while v stands still.
ir::Model adaptive() {
  ModelBuilder b("adaptive");
  const NodeId tau = b.parameter("tau"), a = b.parameter("a"), c = b.parameter("c"), q = b.parameter("q"),
               s = b.parameter("s"), k = b.parameter("k"), j = b.parameter("j"), tr = b.parameter("tr");
  const NodeId u = b.input("u"), v = b.state("v"), w = b.state("w");
  b.equation(0, b.sub(b.add(b.add(b.neg(b.div(v, tau)), u), b.mul(a, b.mul(v, v))), w), b.num(0.0));
  b.equation(1, b.div(b.sub(b.mul(c, v), w), q), b.num(0.1));
  b.observe_normal("v", v, b.num(0.1));
  b.observe_normal("w", w, b.num(0.1));
  const NodeId threshold = b.op(Op::gt, v, b.add(b.num(1.0), b.mul(s, w)));
  const NodeId jump = b.add(w, j);
  ir::Model m = b.done();
  m.spiking = ir::Spiking{threshold, {{0, k}, {1, jump}}, tr, {}};
  m.states[0].unless_refractory = true;
  return m;
}
const std::vector<double> adaptive_point{1.3, 0.4, 0.3, 2.1, 0.2, -0.3, 0.25, 0.33};

Experiment run_for(double duration, double dt, std::shared_ptr<const Stimulus> u) {
  Experiment e = fixture::experiment(static_cast<std::size_t>(std::llround(duration / dt)), dt);
  e.inputs["u"] = std::move(u);
  return e;
}

ProgramRequest located(Purpose purpose, std::string_view integrator) {
  ProgramRequest request;
  request.purpose = purpose;
  request.integrator = integrator;
  request.events = Events::located;
  return request;
}

SpikeTrain spikes(const ir::Model& model, const Experiment& e, std::string_view integrator,
                  const std::vector<double>& at, Purpose purpose = Purpose::spike_times,
                  const RunOptions& options = {Backend::interpreter, 1}) {
  ProgramRequest request = located(purpose, integrator);
  SpikeTrain out;
  fixture::batch(model, e, request, options).spikes(fixture::one_point(at), [&](std::size_t, const SpikeTrain& train) {
    out = train;
  });
  return out;
}

TEST(LocatedSpikes, OfALeakyCellAreAtTheTimesOfTheFormulaWithItsDerivatives) {
  // Exponential Euler is exact here, so everything is to rounding: 500 steps of 1e-16, over a slope at threshold of
  // (V - vt)/V, 0.2.
  const Lif p;
  const double u = 0.02;
  const Experiment e = run_for(0.25, 5e-4, fixture::held(u));
  const SpikeTrain got = spikes(lif(), e, "exponential_euler", p.point(), Purpose::spike_time_slopes);
  EXPECT_EQ(got.trouble, EventTrouble::none);
  EXPECT_TRUE(got.finite);
  const double v = p.e + p.r * u;  // where it would settle
  const double first = p.tau * std::log((v - p.e) / (v - p.vt)), again = p.tau * std::log((v - p.vr) / (v - p.vt));
  ASSERT_EQ(got.times.size(), static_cast<std::size_t>(1 + std::floor((0.25 - first) / (again + p.tr))));
  ASSERT_GE(got.times.size(), 6U);
  for (std::size_t k = 0; k < got.times.size(); ++k) {
    const auto n = static_cast<double>(k);
    EXPECT_NEAR(got.times[k], first + n * (again + p.tr), 1e-13);
    const double by_v = p.tau * (1 / (v - p.e) - 1 / (v - p.vt)),
                 again_by_v = p.tau * (1 / (v - p.vr) - 1 / (v - p.vt));
    const double want[6] = {(first + n * again) / p.tau,
                            by_v - p.tau / (v - p.e) + n * again_by_v,
                            p.tau / (v - p.vt) * (1 + n),
                            -n * p.tau / (v - p.vr),
                            n,
                            u * (by_v + n * again_by_v)};
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(got.slopes[k * 6 + i], want[i], 1e-10 * (1 + std::fabs(want[i])));
  }
}

TEST(LocatedSpikes, VoltageAndRateOfALeakyCellMoveAsTheirFormulasSay) {
  // tau v' = I - v from 0, threshold 1, reset 0, I = 1.5, at t = 2.5 tau. Without the resets dv/dI = 1 - exp(-2.5) =
  // 0.918, which is what a tool that differentiates the equations alone gives. With T = tau log(I/(I - 1)) between
  // spikes, n = 2 of them before t and s = (t - n T)/tau, dv/dI = 1 - exp(-s) + n exp(-s)/(I - 1) = 3.216.
  ModelBuilder b("leaky");
  const NodeId tau = b.parameter("tau"), drive = b.parameter("I"), v = b.state("v");
  b.equation(0, b.div(b.sub(drive, v), tau), b.num(0.0));
  b.observe_normal("v", v, b.num(1.0));
  const NodeId above = b.op(Op::gt, v, b.num(1.0));
  ir::Model model = b.done();
  model.spiking = ir::Spiking{above, {{0, model.graph.constant(0.0)}}, ir::no_node, {}};
  const double h = 1e-4, seconds = 0.02, current = 1.5;
  const auto samples = static_cast<std::size_t>(std::llround(2.5 * seconds / h)) + 1;
  const Experiment e = fixture::experiment(samples, h);
  const std::vector<double> at{seconds, current};
  const double period = std::log(current / (current - 1)), s = 2.5 - 2 * period;
  const double want = 1 - std::exp(-s) + 2 * std::exp(-s) / (current - 1);
  EXPECT_NEAR(want, 3.216, 5e-4);
  EXPECT_NEAR(1 - std::exp(-2.5), 0.918, 5e-4);
  for (const char* integrator : {"exponential_euler", "exact"}) {  // exact both: 500 steps of rounding
    const auto got = fixture::outputs(fixture::batch(model, e, located(Purpose::trace_slopes, integrator)), at);
    ASSERT_EQ(got.size(), samples * 3);
    EXPECT_NEAR(got[got.size() - 1], want, 1e-11) << integrator;
    // The rate 1/(tau period): d/dI = rate^2 tau/(I (I - 1)), d/dtau = -rate/tau.
    const SpikeTrain train = spikes(model, e, integrator, at, Purpose::spike_time_slopes);
    ASSERT_EQ(train.times.size(), 2U);
    const double rate = 1 / (train.times[1] - train.times[0]);
    const auto of_rate = [&](std::size_t k) { return -rate * rate * (train.slopes[2 + k] - train.slopes[k]); };
    EXPECT_NEAR(rate, 1 / (seconds * period), 1e-9);
    EXPECT_NEAR(of_rate(0), -rate / seconds, 1e-7);
    EXPECT_NEAR(of_rate(1), rate * rate * seconds / (current * (current - 1)), 1e-7);
  }
  // By Runge-Kutta to its order.
  const auto by_rk4 = fixture::outputs(fixture::batch(model, e, located(Purpose::trace_slopes, "rk4")), at);
  EXPECT_NEAR(by_rk4.back(), want, 1e-7);
}

/// d times / d parameter by differences at h and h/2, extrapolated. The distance of 1e-6 p keeps clear of the kinks
/// that a method of order n has where a spike goes from one row to the next (of size h^n); rounding is 1e-16 * 12 /
/// 1e-6.
void expect_differences(const ir::Model& model, const Experiment& e, std::string_view integrator,
                        const std::vector<double>& at, double tolerance, std::size_t at_least) {
  const SpikeTrain got = spikes(model, e, integrator, at, Purpose::spike_time_slopes);
  EXPECT_EQ(got.trouble, EventTrouble::none) << to_string(got.trouble);
  ASSERT_GE(got.times.size(), at_least);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto moved = [&](double by) {
      auto p = at;
      p[i] += by;
      return spikes(model, e, integrator, p).times;
    };
    const double h = 1e-6 * std::fabs(at[i]);
    const auto up = moved(h), down = moved(-h), up2 = moved(h / 2), down2 = moved(-h / 2);
    ASSERT_EQ(up.size(), got.times.size());
    for (std::size_t k = 0; k < got.times.size(); ++k) {
      const double coarse = (up[k] - down[k]) / (2 * h), fine = (up2[k] - down2[k]) / h;
      const double want = (4 * fine - coarse) / 3;
      EXPECT_NEAR(got.slopes[k * at.size() + i], want, tolerance * std::max(0.1, std::fabs(want)))
          << integrator << ", spike " << k << ", parameter " << i;
    }
  }
}

TEST(LocatedSpikes, DerivativesAreThoseOfDifferencesForEveryIntegrator) {
  const Experiment e = run_for(12.0, 0.02, fixture::sine(1.6, 0.5, 2.3));
  for (const char* integrator : {"euler", "rk2", "rk4", "heun"})
    expect_differences(adaptive(), e, integrator, adaptive_point, 1e-5, 4);
  const Experiment leaky = run_for(0.2, 5e-4, fixture::sine(0.03, 0.01, 90.0));
  for (const char* integrator : {"exponential_euler", "exact", "rk4"}) {
    expect_differences(lif(), leaky, integrator, Lif().point(), 1e-5, 6);
    auto without = Lif().point();
    without[4] = 1.0;
    expect_differences(lif(false), leaky, integrator, without, 1e-5, 6);
  }
}

TEST(LocatedSpikes, TracesHaveTheSaltationInTheirDerivatives) {
  const Experiment e = run_for(6.0, 0.02, fixture::sine(1.6, 0.5, 2.3));
  const ir::Model model = adaptive();
  const std::size_t n = adaptive_point.size();
  const auto slopes = fixture::outputs(fixture::batch(model, e, located(Purpose::trace_slopes, "rk4")), adaptive_point);
  const Batch traces = fixture::batch(model, e, located(Purpose::trace, "rk4"));
  ASSERT_EQ(slopes.size(), e.samples * 2 * (1 + n));
  const auto plain = fixture::outputs(traces, adaptive_point);
  for (std::size_t i = 0; i < n; ++i) {
    auto up = adaptive_point, down = adaptive_point;
    const double h = 1e-6 * std::fabs(up[i]);
    up[i] += h, down[i] -= h;
    const auto a = fixture::outputs(traces, up), b = fixture::outputs(traces, down);
    std::size_t jumps = 0;
    for (std::size_t s = 0; s < e.samples; ++s)
      for (std::size_t o = 0; o < 2; ++o) {
        // [mean, sd] twice and the count; a sample that lies between the two spikes has no derivative.
        if (a[s * 5 + 4] != b[s * 5 + 4]) {
          ++jumps;
          continue;
        }
        const double want = (a[s * 5 + 2 * o] - b[s * 5 + 2 * o]) / (2 * h);
        EXPECT_NEAR(slopes[s * 2 * (n + 1) + o * (n + 1) + 1 + i], want, 1e-6 * std::max(1.0, std::fabs(want)))
            << "sample " << s << ", state " << o << ", parameter " << i;
        // Other products are fused here: 300 steps of rounding.
        EXPECT_NEAR(slopes[s * 2 * (n + 1) + o * (n + 1)], plain[s * 5 + 2 * o], 1e-12);
      }
    EXPECT_LE(jumps, 2U);
  }
}

/// The textbook: x and its derivatives by fine Runge-Kutta steps between events that are solved for, and at each event
/// t* the rules. Spike: dt*/dp = -(g_x dx + g_p)/(g_x f), dx+ = R_x (dx + f- dt*) + R_p - f+ dt*. Release at t* + tr:
/// dx+ = dx - (f+ - f-) dt_release.
struct Textbook {
  std::vector<double> p = adaptive_point;
  std::vector<double> times, slopes;  ///< [spike][8]

  static constexpr std::size_t n = 8;
  using State = std::array<double, 2 + 2 * n>;  ///< v, w, dv/dp, dw/dp
  State f(double t, const State& x, bool free) const {
    const double tau = p[0], a = p[1], c = p[2], q = p[3];
    State out{};
    out[0] = free ? -x[0] / tau + 1.6 + 0.5 * std::sin(2.3 * t) + a * x[0] * x[0] - x[1] : 0.0;
    out[1] = (c * x[0] - x[1]) / q;
    for (std::size_t k = 0; k < n; ++k) {
      const double dv = x[2 + k], dw = x[2 + n + k];
      double fv = (-1 / tau + 2 * a * x[0]) * dv - dw, fw = (c * dv - dw) / q;
      if (k == 0) fv += x[0] / (tau * tau);
      if (k == 1) fv += x[0] * x[0];
      if (k == 2) fw += x[0] / q;
      if (k == 3) fw -= (c * x[0] - x[1]) / (q * q);
      out[2 + k] = free ? fv : 0.0;
      out[2 + n + k] = fw;
    }
    return out;
  }
  State step(double t, State x, double h, bool free) const {
    const auto plus = [](const State& a, double s, const State& b) {
      State out;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] + s * b[i];
      return out;
    };
    const State k1 = f(t, x, free), k2 = f(t + h / 2, plus(x, h / 2, k1), free);
    const State k3 = f(t + h / 2, plus(x, h / 2, k2), free), k4 = f(t + h, plus(x, h, k3), free);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    return x;
  }
  [[nodiscard]] double g(const State& x) const { return x[0] - 1.0 - p[4] * x[1]; }
  void run(double until) {
    State x{};
    x[1] = 0.1;
    double t = 0.0, release = -1.0;
    std::array<double, n> d_release{};
    const double h = 1e-3;
    while (t < until) {
      const bool free = t >= release;
      const double most = free ? h : std::min(h, release - t);
      State next = step(t, x, most, free);
      if (free && g(next) > 0.0) {
        double low = 0.0, high = most;
        for (int i = 0; i < 60; ++i) {
          const double middle = 0.5 * (low + high);
          (g(step(t, x, middle, true)) > 0.0 ? high : low) = middle;
        }
        x = step(t, x, high, true);
        t += high;
        const State before = f(t, x, true);
        State after = x;
        after[0] = p[5];
        after[1] = x[1] + p[6];
        const State then = f(t, after, false);
        for (std::size_t k = 0; k < n; ++k) {
          const double dg = x[2 + k] - p[4] * x[2 + n + k] - (k == 4 ? x[1] : 0.0);
          const double dt = -dg / (before[0] - p[4] * before[1]);
          slopes.push_back(dt);
          after[2 + k] = k == 5 ? 1.0 : 0.0;  // v stands still: f+ = 0
          after[2 + n + k] = x[2 + n + k] + before[1] * dt + (k == 6 ? 1.0 : 0.0) - then[1] * dt;
          d_release[k] = dt + (k == 7 ? 1.0 : 0.0);
        }
        times.push_back(t);
        release = t + p[7];
        x = after;
        continue;
      }
      x = next;
      t += most;
      if (!free && most < h) {
        t = release;
        const State now = f(t, x, true);
        for (std::size_t k = 0; k < n; ++k) x[2 + k] -= now[0] * d_release[k];
      }
    }
  }
};

TEST(LocatedSpikes, SaltationIsThatOfTheTextbook) {
  // Runge-Kutta at 0.01: an error of (0.01)^4 per unit of time, times derivatives of order 10, twelve units and the
  // inverse of the speed at threshold: 1e-5 leaves a factor of ten.
  Textbook book;
  book.run(12.0);
  const Experiment e = run_for(12.0, 0.01, fixture::sine(1.6, 0.5, 2.3));
  const SpikeTrain got = spikes(adaptive(), e, "rk4", adaptive_point, Purpose::spike_time_slopes);
  ASSERT_EQ(got.times.size(), book.times.size());
  ASSERT_GE(got.times.size(), 4U);
  for (std::size_t k = 0; k < book.times.size(); ++k) {
    EXPECT_NEAR(got.times[k], book.times[k], 1e-6);
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_NEAR(got.slopes[k * 8 + i], book.slopes[k * 8 + i],
                  1e-5 * std::max(1.0, std::fabs(book.slopes[k * 8 + i])))
          << "spike " << k << ", parameter " << i;
  }
}

TEST(LocatedSpikes, TimesConvergeWithTheOrderOfTheIntegrator) {
  Textbook book;
  book.run(12.0);
  for (const auto& [integrator, order] : {std::pair{"euler", 1}, {"rk2", 2}, {"rk4", 4}}) {
    const auto error = [&](double dt) {
      const auto got = spikes(adaptive(), run_for(12.0, dt, fixture::sine(1.6, 0.5, 2.3)), integrator, adaptive_point);
      double most = 0.0;
      for (std::size_t k = 0; k < book.times.size(); ++k)
        most = std::max(most, std::fabs(got.times.at(k) - book.times[k]));
      return most;
    };
    const double dt = order == 4 ? 0.05 : 0.01;
    const double rate = std::log2(error(dt) / error(dt / 4)) / 2;
    EXPECT_NEAR(rate, order, 0.25) << integrator;
  }
}

TEST(LocatedSpikes, GradientsThroughNoiseAreThoseOfDifferencesWithCommonNumbers) {
  // x' = -x/tau + m + s xi, threshold 1, reset r: parameters tau, m, s, r.
  ModelBuilder b("noisy");
  const NodeId tau = b.parameter("tau"), m = b.parameter("m"), s = b.parameter("s"), r = b.parameter("r");
  const NodeId x = b.state("x"), xi = b.noise("xi");
  b.equation(0, b.add(b.sub(m, b.div(x, tau)), b.mul(s, xi)), b.num(0.0));
  b.observe_normal("x", x, b.num(0.1));
  const NodeId above = b.op(Op::gt, x, b.num(1.0));
  ir::Model model = b.done();
  model.spiking = ir::Spiking{above, {{0, r}}, ir::no_node, {}};
  const Experiment e = fixture::experiment(800, 0.01);
  for (const char* integrator : {"euler", "exponential_euler", "exact"})
    expect_differences(model, e, integrator, {2.0, 0.9, 0.3, 0.1}, 1e-5, 4);
  for (const char* integrator : {"heun", "milstein_ito"}) {
    const auto refused = Batch::create(model, e, located(Purpose::spike_times, integrator), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error()[0].code, "integrator-unfit");
  }
}

TEST(LocatedSpikes, WhereThereIsNoDerivativeTheLaneSaysWhy) {
  const auto trouble = [](const ir::Model& model, const Experiment& e, const std::vector<double>& at,
                          const char* integrator = "exponential_euler") {
    return spikes(model, e, integrator, at).trouble;
  };
  const Experiment leaky = run_for(0.1, 5e-4, fixture::held(0.02));
  Lif p;
  EXPECT_EQ(trouble(lif(), leaky, p.point()), EventTrouble::none);
  p.tr = 1e-4;  // over within the row of the spike
  EXPECT_EQ(trouble(lif(), leaky, p.point()), EventTrouble::too_short);
  p.tr = 0.0;  // none at all
  EXPECT_EQ(trouble(lif(), leaky, p.point()), EventTrouble::none);
  p = {};
  p.vr = -0.0501;  // back at threshold within the row: (V - vr)/(V - vt) is 1.02, tau log of that 0.4 ms
  p.vt = -0.05;
  EXPECT_EQ(trouble(lif(false), leaky, p.point()), EventTrouble::crowded);
  // x' = 2 (1 - t) + p: the maximum of x, at t = 1 + p/2, is (1 + p/2)^2. A threshold just below it, in a row that ends
  // there.
  ModelBuilder b("touch");
  const NodeId level = b.parameter("level"), x = b.state("x");
  b.equation(0, b.mul(b.num(2.0), b.sub(b.num(1.0), b.time())), b.num(0.0));
  b.observe_normal("x", x, b.num(1.0));
  const NodeId above = b.op(Op::gt, x, level);
  ir::Model touch = b.done();
  touch.spiking = ir::Spiking{above, {{0, touch.graph.constant(-10.0)}}, ir::no_node, {}};
  const Experiment grid = fixture::experiment(20, 0.1);
  EXPECT_EQ(trouble(touch, grid, {1.0 - 1e-10}, "rk4"), EventTrouble::grazing);
  EXPECT_EQ(trouble(touch, grid, {0.5}, "rk4"), EventTrouble::none);
  EXPECT_EQ(spikes(touch, grid, "rk4", {1.0 + 1e-10}).times.size(), 0U);
  // A jump inside the row, 1/(1 + exp(-3000 (t - 0.537))) with a step of 0.1: four brackets are not enough.
  ModelBuilder c("jump");
  const NodeId at = c.parameter("at"), y = c.state("y");
  c.equation(0, c.num(1.0), c.num(0.0));
  c.observe_normal("y", y, c.num(1.0));
  const NodeId sharp =
      c.op(Op::gt, c.div(c.num(1.0), c.add(c.num(1.0), c.exp(c.mul(c.num(-3000.0), c.sub(y, at))))), c.num(0.5));
  ir::Model jump = c.done();
  jump.spiking = ir::Spiking{sharp, {{0, jump.graph.constant(0.0)}}, ir::no_node, {}};
  EXPECT_EQ(trouble(jump, grid, {0.537}, "euler"), EventTrouble::not_located);
}

TEST(LocatedSpikes, AThresholdThatIsTouchedInsideAStepIsSeen) {
  // x' = 2 (1 - t) + p: x = (2 + p) t - t^2, highest at t = 1 + p/2 with (1 + p/2)^2, by Runge-Kutta to rounding. With
  // p = 0.1 that is in the middle of the row from 1.0 to 1.1, at whose ends x is 1.1.
  ModelBuilder b("touch");
  const NodeId level = b.parameter("level"), p = b.parameter("p"), x = b.state("x");
  b.equation(0, b.add(p, b.mul(b.num(2.0), b.sub(b.num(1.0), b.time()))), b.num(0.0));
  b.observe_normal("x", x, b.num(1.0));
  const NodeId above = b.op(Op::gt, x, level);
  ir::Model touch = b.done();
  touch.spiking = ir::Spiking{above, {{0, touch.graph.constant(-10.0)}}, ir::no_node, {}};
  const auto at = [&](double where) { return spikes(touch, fixture::experiment(20, 0.1), "rk4", {where, 0.1}); };
  EXPECT_EQ(at(1.1025 - 1e-4).trouble, EventTrouble::grazing);  // up and down again between two rows
  EXPECT_EQ(at(1.1025 - 1e-4).times.size(), 0U);
  EXPECT_EQ(at(1.1025 - 1e-10).trouble, EventTrouble::grazing);
  EXPECT_EQ(at(1.1025 + 1e-10).trouble, EventTrouble::grazing);  // a spike is about to appear
  EXPECT_EQ(at(1.1025 + 1e-6).trouble, EventTrouble::none);
  EXPECT_EQ(at(1.11).trouble, EventTrouble::none);
  EXPECT_EQ(at(1.05).trouble, EventTrouble::none);
  EXPECT_EQ(at(1.05).times.size(), 1U);
  // The maximum at the end of a row.
  const auto level_at = [&](double where) { return spikes(touch, fixture::experiment(20, 0.1), "rk4", {where, 0.0}); };
  EXPECT_EQ(level_at(1.0 - 1e-10).trouble, EventTrouble::grazing);
  EXPECT_EQ(level_at(1.0 + 1e-10).trouble, EventTrouble::grazing);
}

TEST(LocatedSpikes, ACellOnItsThresholdWhenItBecomesAbleToSpikeIsUndecided) {
  const auto trouble = [](const Lif& p, bool refractory, double duration = 0.1) {
    return spikes(lif(refractory), run_for(duration, 5e-4, fixture::held(0.02)), "exponential_euler", p.point())
        .trouble;
  };
  for (const bool refractory : {false, true}) {
    Lif p;
    EXPECT_EQ(trouble(p, refractory), EventTrouble::none);
    p.vr = p.vt;  // after the reset, or at the end of the refractory period that follows
    EXPECT_EQ(trouble(p, refractory), EventTrouble::on_threshold);
    p.vr = p.vt - 1e-12;
    EXPECT_EQ(trouble(p, refractory), EventTrouble::on_threshold);
    p.vr = p.vt + 1e-3;  // it spikes at once: all over again, or when it may
    EXPECT_EQ(trouble(p, refractory), refractory ? EventTrouble::none : EventTrouble::crowded);
    p = {};
    p.e = p.vt;  // at the start
    EXPECT_EQ(trouble(p, refractory), EventTrouble::on_threshold);
  }
}

TEST(LocatedSpikes, ASpikeAtTheVeryEndIsUndecided) {
  // x' = 1/period, threshold 1, reset 0: spikes at whole periods. Runs of 20 rows of 0.1.
  ModelBuilder b("clock");
  const NodeId period = b.parameter("period"), x = b.state("x");
  b.equation(0, b.div(b.num(1.0), period), b.num(0.0));
  b.observe_normal("x", x, b.num(1.0));
  const NodeId above = b.op(Op::gt, x, b.num(1.0));
  ir::Model clock = b.done();
  clock.spiking = ir::Spiking{above, {{0, clock.graph.constant(0.0)}}, ir::no_node, {}};
  const auto at = [&](double length) { return spikes(clock, fixture::experiment(21, 0.1), "euler", {length}); };
  const std::size_t rows = make_timeline(clock, fixture::experiment(21, 0.1)).rows;
  const double end = 0.1 * static_cast<double>(rows);
  for (const double n : {1.0, 3.0})
    for (const double off : {-1e-10, 1e-10}) {
      const SpikeTrain got = at((end + off) / n);
      EXPECT_EQ(got.trouble, EventTrouble::at_end) << n << ", " << off;
      EXPECT_EQ(static_cast<double>(got.times.size()), off < 0 ? n : n - 1);
    }
  EXPECT_EQ(at(end - 1e-3).trouble, EventTrouble::none);
  EXPECT_EQ(at(end + 1e-3).trouble, EventTrouble::none);
  EXPECT_EQ(at(0.4).trouble, EventTrouble::none);  // at ends of rows, but not of the last one: it spikes in the next
}

TEST(LocatedSpikes, AThresholdThatIsTrueAlreadyMakesACellSpikeAtOnce) {
  // At the start of the run, and at the end of the refractory period; the second moves with it.
  Lif p;
  p.e = -0.045, p.vr = -0.049;  // both above the threshold at -0.05
  const SpikeTrain got = spikes(lif(), run_for(0.02, 5e-4, fixture::held(0.0)), "exponential_euler", p.point(),
                                Purpose::spike_time_slopes);
  ASSERT_EQ(got.times.size(), 5U);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(got.times[k], static_cast<double>(k) * p.tr, 1e-15);
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_NEAR(got.slopes[k * 6 + i], i == 4 ? static_cast<double>(k) : 0.0, 1e-12) << k << ", " << i;
  }
}

TEST(LocatedSpikes, WithoutSpikesTheStepsAreThoseOfTheGrid) {
  const Experiment e = run_for(0.1, 5e-4, fixture::sine(0.01, 0.004, 90.0));
  const auto by = [&](Events events) {
    ProgramRequest request = fixture::trace_by("exponential_euler");
    request.events = events;
    return fixture::outputs(fixture::batch(lif(), e, request), Lif().point());
  };
  EXPECT_EQ(by(Events::grid), by(Events::located));
}

TEST(LocatedSpikes, HaveTheSameBitsEverywhere) {
  const Experiment e = run_for(8.0, 0.02, fixture::sine(1.6, 0.5, 2.3));
  Array2 points(19, adaptive_point.size());
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < points.cols; ++i)
      points(k, i) = adaptive_point[i] * (1.0 + 0.02 * std::sin(static_cast<double>(3 * k + i)));
  std::vector<SpikeTrain> want;
  for (const char* name : {"interpreter", "avx2", "avx512"})
    for (const int threads : {1, 2}) {
      const auto backend = choose_backend(name);
      if (!backend) continue;
      const Batch b = fixture::batch(adaptive(), e, located(Purpose::spike_time_slopes, "rk2"), {*backend, threads});
      std::vector<SpikeTrain> got;
      b.spikes(points, [&](std::size_t k, const SpikeTrain& train) {
        EXPECT_EQ(k, got.size());
        got.push_back(train);
      });
      ASSERT_EQ(got.size(), points.rows);
      if (want.empty()) want = got;
      for (std::size_t k = 0; k < points.rows; ++k) {
        EXPECT_GE(got[k].times.size(), 2U);
        EXPECT_EQ(got[k].times, want[k].times) << name;
        EXPECT_EQ(got[k].slopes, want[k].slopes) << name;
      }
      std::size_t none = 0;
      b.spikes(
          points, [&](std::size_t, const SpikeTrain&) { ++none; }, [] { return true; });
      EXPECT_EQ(none, 0U);
    }
}

TEST(LocatedSpikes, WhatCannotBeLocatedIsRefused) {
  const auto code = [](const ir::Model& model, std::string_view integrator = "rk4",
                       Purpose purpose = Purpose::spike_times, Events events = Events::located) {
    ProgramRequest request = located(purpose, integrator);
    request.events = events;
    Experiment e = run_for(0.1, 0.01, fixture::held(0.0));
    const auto made = Batch::create(model, e, request, {});
    return made ? std::string("none") : made.error()[0].code;
  };
  EXPECT_EQ(code(lif()), "none");
  EXPECT_EQ(code(lif(), "dopri5"), "integrator-unfit");
  EXPECT_EQ(code(lif(), "rk4", Purpose::spike_times, Events::grid), "no-located-spikes");
  EXPECT_EQ(code(fixture::relaxation()), "no-located-spikes");
  EXPECT_EQ(code(lif(), "rk4", Purpose::log_density), "none");
  EXPECT_EQ(code(lif(), "rk4", Purpose::log_density, Events::grid), "not-yet-run");
  ir::Model m = lif();
  m.spiking->threshold = m.graph.make(Op::eq, m.graph.symbol(m.states[0].symbol), m.graph.constant(1.0));
  EXPECT_EQ(code(m), "threshold-not-locatable");
  m = lif();
  m.spiking->refractory = m.graph.make(Op::gt, m.graph.symbol(m.states[0].symbol), m.graph.constant(1.0));
  EXPECT_EQ(code(m), "integrator-unfit");  // v waits for the end of a condition
  m.states[0].unless_refractory = false;
  EXPECT_EQ(code(m), "none");
  m = lif();
  m.spiking->refractory = m.graph.symbol(m.states[0].symbol);
  EXPECT_EQ(code(m), "integrator-unfit");  // a period that reads states
  EXPECT_EQ(events_called("grid"), Events::grid);
  EXPECT_EQ(events_called("located"), Events::located);
  EXPECT_EQ(events_called("exact").error()[0].code, "events-unknown");
}

}  // namespace
}  // namespace hillock::sim
