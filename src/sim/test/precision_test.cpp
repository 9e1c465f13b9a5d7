/// Simulations in float32 against those in float64: the same bits on every back end, and an error that stays.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/rng.hpp"
#include "lang/load.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

using namespace fixture;

constexpr double epsilon = 0x1p-24;

/// Hodgkin-Huxley cell with a slow gate, noise, spikes, a refractory period and a reset of an adaptation.
constexpr const char* cell = R"(
param g : msiemens/cm**2 = 50 msiemens/cm**2
input I : uA/cm**2
const C = 1 ufarad/cm**2
u = (v + 60*mV)/mV : 1
a_m = 1.28/exprel(-(u - 13)/4)/ms : Hz
b_m = 1.4/exprel((u - 40)/5)/ms : Hz
a_h = 0.128*exp(-(u - 17)/18)/ms : Hz
b_h = 4/(1 + exp(-(u - 40)/5))/ms : Hz
a_n = 0.16/exprel(-(u - 15)/5)/ms : Hz
b_n = 0.5*exp(-(u - 10)/40)/ms : Hz
dv/dt = (g*m**3*h*(53*mV - v) + 5*msiemens/cm**2*n**4*(-107*mV - v) + 0.1*msiemens/cm**2*(-70*mV - v) - w*uA/cm**2 + I)/C + 0.2*mV*xi/ms**0.5 : mV
dm/dt = a_m*(1 - m) - b_m*m : 1
dh/dt = a_h*(1 - h) - b_h*h : 1
dn/dt = a_n*(1 - n) - b_n*n : 1
dw/dt = -w/(80*ms) : 1 (unless refractory)
init v = -70 mV
init h = 0.99
init n = 0.01
threshold v > -10*mV
reset w += 0.05
refractory 2 ms
)";

/// The same number as 32 bits does not mean the same as 64; NaN is NaN.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

ir::Model loaded(const char* text) { return lang::load_model(text, "cell").value(); }

std::vector<RunOptions> machines() {
  std::vector<RunOptions> out{{}};
  for (const char* name : {"avx2", "avx512"})
    if (const auto backend = choose_backend(name))
      for (const int threads : {1, 2}) out.push_back({*backend, threads});
  return out;
}

TEST(Precision, AFloat32SimulationHasTheSameBitsEverywhere) {
  const ir::Model model = loaded(cell);
  Experiment e = experiment(1201, 2.5e-5);
  e.inputs["I"] = sine(0.03, 0.02, 300.0);
  Array2 points(37, 1);
  Rng rng(1, stream_id("precision"));
  for (double& g : points.values) g = 500.0 * std::exp(0.2 * rng.normal());
  for (const char* integrator : {"exponential_euler", "exponential_midpoint", "euler", "heun"}) {
    ProgramRequest request{Purpose::features, integrator, {}};
    for (const char* name : {"mean", "kurtosis", "spike_count", "latency"})
      if (const features::Feature* feature = features::find_feature(name))
        request.features.push_back({feature, "v", {}, {}, name});
    ASSERT_EQ(request.features.size(), 4U);
    request.precision = Precision::float32;
    FeatureTable first;
    for (const RunOptions& how : machines()) {
      auto b = Batch::create(model, e, request, how);
      ASSERT_TRUE(b) << render(b.error());
      const FeatureTable table = b->features(points);
      if (first.values.values.empty()) first = table;
      EXPECT_GT(table.values(0, 2), 0.0) << "it spikes";
      for (std::size_t i = 0; i < table.values.values.size(); ++i) {
        ASSERT_TRUE(same(table.values.values[i], first.values.values[i])) << integrator << ", " << i;
        ASSERT_EQ(table.why[i], first.why[i]);
      }
    }
  }
}

TEST(Precision, NoiseIsTheSameAsInFloat64) {
  // One path: v is off by single roundings of each step, not by other numbers.
  const ir::Model model = loaded("dv/dt = -v/(10*ms) + xi/ms**0.5 : 1\nobserve y ~ normal(v, 1)");
  const Experiment e = experiment(2001, 1e-4);
  ProgramRequest request = trace_by("exponential_euler");
  const std::vector<double> exact = outputs(batch(model, e, request), {});
  request.precision = Precision::float32;
  const std::vector<double> got = outputs(batch(model, e, request), {});
  ASSERT_EQ(got.size(), exact.size());
  double largest = 0.0, size = 0.0;
  for (std::size_t i = 0; i < got.size(); i += 2) {
    largest = std::max(largest, std::fabs(got[i] - exact[i]));
    size = std::max(size, std::fabs(exact[i]));
  }
  // 100 steps are remembered, each with an increment of about 0.3, a few roundings of it, and one of v.
  EXPECT_GT(size, 1.0);
  EXPECT_LT(largest, 100 * epsilon);
  EXPECT_GT(largest, 0.0);
}

TEST(Precision, SmallStepsLoseNoDigits) {
  // A gate of 2 s and a membrane that it drives, followed to 0.2 s in 2000, 20 000 and 200 000 steps: an increment of
  // the gate is down to 1e-7 of it. What is rounded in a step is a few epsilon of the increment, so that the error is a
  // few epsilon at any step. (Plain float32 would be off by up to epsilon times the steps per time constant: 0.1.)
  const ir::Model model = loaded(
      "dx/dt = (1 - x)/(2*second) : 1\ndv/dt = (3*x - v*(1 + x**2))/(5*ms) : 1\nobserve y ~ normal(x, 1)\n"
      "observe z ~ normal(v, 1)");
  for (const char* integrator :
       {"exponential_euler", "exponential_midpoint", "euler", "rk2", "rk4", "heun", "milstein"}) {
    for (const std::size_t steps : {2000U, 20000U, 200000U}) {
      const Experiment e = experiment(steps + 1, 0.2 / static_cast<double>(steps));
      ProgramRequest request{Purpose::features, integrator, {}};
      for (const char* name : {"x", "v"})
        request.features.push_back({features::find_feature("maximum"), name, {}, {}, name});
      Array2 point(1, 0);
      const RunOptions how{choose_backend("auto").value()};
      const FeatureTable exact = Batch::create(model, e, request, how)->features(point);
      request.precision = Precision::float32;
      const FeatureTable got = Batch::create(model, e, request, how)->features(point);
      for (std::size_t f = 0; f < 2; ++f)
        EXPECT_NEAR(got.values(0, f) / exact.values(0, f), 1.0, 8 * epsilon) << integrator << ", " << steps << " steps";
    }
  }
}

TEST(Precision, LinearEquationsByTheirPropagatorAreAsGood) {
  const ir::Model model = loaded(
      "dx/dt = (1 - x - 0.2*y)/(2*second) : 1\ndy/dt = (x - y)/(3*second) : 1\nobserve a ~ normal(x, 1)\nobserve b ~ "
      "normal(y, 1)");
  for (const std::size_t steps : {2000U, 200000U}) {
    const Experiment e = experiment(steps + 1, 0.5 / static_cast<double>(steps));
    ProgramRequest request = trace_by("exact");
    const std::vector<double> exact = outputs(batch(model, e, request), {});
    request.precision = Precision::float32;
    const std::vector<double> got = outputs(batch(model, e, request), {});
    const std::size_t last = got.size() - 4;
    for (const std::size_t o : {0U, 2U}) EXPECT_NEAR(got[last + o] / exact[last + o], 1.0, 8 * epsilon) << steps;
  }
}

TEST(Precision, WhatItIsNotForIsRefusedByName) {
  const ir::Model model = loaded(
      "param k : 1 = 1\ndv/dt = (k*30*mV - v)/(10*ms) : mV\nobserve y ~ normal(v, 1 mV)\nthreshold v > 20*mV\nreset v "
      "= 0*mV");
  const Experiment e = experiment(101, 1e-4);
  const auto refused = [&](ProgramRequest request) {
    request.precision = Precision::float32;
    const auto got = Batch::create(model, e, request, {});
    return got ? std::string("nothing") : render(got.error());
  };
  EXPECT_NE(refused({Purpose::trace, "dopri5", {}}).find("precision-unfit"), std::string::npos);
  EXPECT_NE(refused({Purpose::trace, "rodas4", {}}).find("rodas4, whose steps are chosen"), std::string::npos);
  EXPECT_NE(refused({Purpose::trace_slopes, "rk4", {}}).find("float32 is not for derivatives"), std::string::npos);
  ProgramRequest located{Purpose::trace, "rk4", {}};
  located.events = Events::located;
  EXPECT_NE(refused(located).find("float32 is not for spikes located inside steps"), std::string::npos);
  EXPECT_EQ(refused({Purpose::trace, "rk4", {}}), "nothing");
  EXPECT_EQ(precision_called("double").error().front().code, "precision-unknown");
}

}  // namespace
}  // namespace hillock::sim
