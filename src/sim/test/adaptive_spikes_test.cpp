/// Spikes inside the steps of adaptive integrators: times against closed forms, at any length of the rows, in every
/// back end; resets, refractory periods, and conditions that are true already.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using fixture::trace_by;
using ir::NodeId;
using ir::Op;

constexpr double tau = 0.02, start = 0.0, top = 1.0, period = 0.0035;

/// v' = (drive - v)/tau from v0, up to `top`, back to 0; stands still for `period`. w' = 1 counts on.
ir::Model leaky(bool refractory) {
  fixture::ModelBuilder m("leaky");
  const NodeId drive = m.parameter("drive"), v0 = m.parameter("v0"), v = m.state("v"), w = m.state("w");
  m.equation(0, m.div(m.sub(drive, v), m.num(tau)), v0);
  m.equation(1, m.num(1.0), m.num(0.0));
  m.observe_normal("v", v, m.num(1.0));
  m.observe_normal("w", w, m.num(1.0));
  ir::Model model = m.done();
  ir::Spiking spiking;
  spiking.threshold = model.graph.make(Op::gt, v, model.graph.constant(top));
  spiking.resets = {{0, model.graph.constant(start)}};
  if (refractory) spiking.refractory = model.graph.constant(period);
  model.spiking = spiking;
  model.states[0].unless_refractory = refractory;
  return model;
}

struct Traced {
  std::vector<double> times, v, w;
};
Traced traced(const ir::Model& model, std::string_view integrator, double interval, std::size_t samples,
              const std::vector<double>& parameters, Backend backend = Backend::interpreter) {
  const Batch batch = fixture::batch(model, fixture::experiment(samples, interval), trace_by(integrator), {backend, 1});
  const auto out = fixture::outputs(batch, parameters);
  const std::size_t stride = batch.program().outputs_per_sample, kept = batch.program().spike_times;
  EXPECT_EQ(stride, 5 + kept);
  Traced got;
  for (std::size_t s = 0; s < samples; ++s) {
    const double* row = &out[s * stride];
    got.v.push_back(row[0]), got.w.push_back(row[2]);
    const double before = s == 0 ? 0.0 : row[4 - static_cast<std::ptrdiff_t>(stride)];
    for (double n = before; n < row[4]; n += 1.0) got.times.push_back(row[5 + static_cast<std::size_t>(n) % kept]);
  }
  return got;
}

class AdaptiveSpikesOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Sim, AdaptiveSpikesOf, testing::Values("dopri5", "rodas4"));

TEST_P(AdaptiveSpikesOf, TimesAreTheClosedFormsWhateverTheRows) {
  // First spike at tau log(drive/(drive - top)), then one every period + that. A trial is within 1e-8 (1 + |v|) of v,
  // so within 2e-8/(v') of the time, v' = (drive - top)/tau; each spike's error adds to the next, and a step's last
  // millionth, at most 1e-6 of 5 ms, is the resolution.
  for (const bool refractory : {false, true})
    for (const double drive : {1.2, 5.0}) {
      const double one = tau * std::log(drive / (drive - top));
      const double tolerance = 3e-8 * tau / (drive - top) + 5e-9;
      for (const auto& [interval, samples] : {std::pair{1e-4, 1501U}, {0.005, 31U}}) {
        const Traced got = traced(leaky(refractory), GetParam(), interval, samples, {drive, 0.0});
        const double each = one + (refractory ? period : 0.0);
        ASSERT_EQ(got.times.size(), static_cast<std::size_t>((0.15 - one) / each) + 1) << drive << " " << interval;
        for (std::size_t n = 0; n < got.times.size(); ++n)
          EXPECT_NEAR(got.times[n], one + static_cast<double>(n) * each, static_cast<double>(n + 1) * tolerance)
              << drive << " " << interval << " spike " << n;
        for (std::size_t s = 0; s < samples; ++s) {
          EXPECT_NEAR(got.w[s], static_cast<double>(s) * interval, 1e-12);  // not held by the refractory period
          if (!refractory) continue;
          for (const double t : got.times) {
            const double since = static_cast<double>(s) * interval - t;
            if (since > 1e-7 && since < period - 1e-7) {
              EXPECT_EQ(got.v[s], start) << s;  // it stands still
            }
          }
        }
      }
    }
}

TEST_P(AdaptiveSpikesOf, AConditionThatIsTrueAlreadyIsASpikeThereAndThen) {
  const Traced got = traced(leaky(true), GetParam(), 0.001, 11, {1.2, 1.7});
  ASSERT_EQ(got.times.size(), 1U);
  EXPECT_EQ(got.times[0], 0.0);
  EXPECT_EQ(got.v[1], start);
}

TEST_P(AdaptiveSpikesOf, WithoutAResetACrossingIsOneSpike) {
  // v = sin(w), w' = 300: up through 0.5 at w = pi/6 + 2 pi k. A condition that stays true is no second spike.
  fixture::ModelBuilder m("wave");
  const NodeId v = m.state("v"), w = m.state("w");
  m.equation(0, m.mul(m.num(300.0), m.sin(m.add(w, m.num(std::numbers::pi / 2)))), m.num(0.0));
  m.equation(1, m.num(300.0), m.num(0.0));
  m.observe_normal("v", v, m.num(1.0));
  m.observe_normal("w", w, m.num(1.0));
  ir::Model model = m.done();
  ir::Spiking spiking;
  spiking.threshold = model.graph.make(Op::gt, v, model.graph.constant(0.5));
  for (const bool condition : {false, true}) {
    if (condition) spiking.refractory = spiking.threshold;
    model.spiking = spiking;
    const Traced got = traced(model, GetParam(), 0.001, 101, {});
    ASSERT_EQ(got.times.size(), 5U);  // 30 radians
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR(got.times[k], (std::numbers::pi / 6 + 2 * std::numbers::pi * static_cast<double>(k)) / 300, 2e-8);
  }
}

TEST_P(AdaptiveSpikesOf, HasTheSameBitsInEveryBackEnd) {
  const Traced want = traced(leaky(true), GetParam(), 0.002, 76, {1.4, 0.2});
  EXPECT_GT(want.times.size(), 3U);
  for (const char* name : {"avx2", "avx512"}) {
    const auto backend = choose_backend(name);
    if (!backend) continue;
    const Traced got = traced(leaky(true), GetParam(), 0.002, 76, {1.4, 0.2}, *backend);
    EXPECT_EQ(got.times, want.times) << name;
    EXPECT_EQ(got.v, want.v) << name;
  }
}

TEST(AdaptiveSpikes, AConditionThatHoldsEquationsIsRefused) {
  ir::Model model = leaky(true);
  model.spiking->refractory = model.spiking->threshold;
  const auto built = build_program(model, trace_by("dopri5"));
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error()[0].message,
            "dopri5 needs to know when equations that stand still go on, and here `refractory` is a condition");
}

}  // namespace
}  // namespace hillock::sim
