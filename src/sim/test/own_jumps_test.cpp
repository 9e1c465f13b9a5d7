/// What a model's own equations do at times: adaptive integrators meet every edge, however short the pulse and long
/// the rows, against closed forms; derivatives by the times of edges; the same bits in every back end.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lang/load.hpp"
#include "sim/integrate/step.hpp"
#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

constexpr double tau = 0.01;

ir::Model model_of(const std::string& drive, const std::string& more = "") {
  auto model = lang::load_model(
      "dv/dt = (drive - v)/(10*ms) : 1\ndrive = " + drive + " : 1\ninit v = 0\nobserve y ~ normal(v, 1)\n" + more,
      "model");
  if (!model) ADD_FAILURE() << render(model.error());
  return std::move(*model);
}

/// v where the drive is `to` from `at` on, from 0 at first.
struct Edge {
  double at, to;
};
double closed_form(const std::vector<Edge>& edges, double t) {
  double v = 0.0, since = 0.0, drive = 0.0;
  for (const Edge& e : edges) {
    if (e.at >= t) break;
    v = drive + (v - drive) * std::exp(-(e.at - since) / tau);
    since = e.at, drive = e.to;
  }
  return drive + (v - drive) * std::exp(-(t - since) / tau);
}

std::vector<double> trace(const ir::Model& model, std::string_view integrator, double interval, std::size_t samples,
                          const std::vector<double>& parameters, Backend backend = Backend::interpreter) {
  const Batch batch =
      fixture::batch(model, fixture::experiment(samples, interval), fixture::trace_by(integrator), {backend, 1});
  const auto out = fixture::outputs(batch, parameters);
  std::vector<double> v;
  for (std::size_t s = 0; s < samples; ++s) v.push_back(out[s * batch.program().outputs_per_sample]);
  return v;
}

class OwnJumpsOf : public testing::TestWithParam<const char*> {
 protected:
  void expect(const ir::Model& model, const std::vector<Edge>& edges, const std::vector<double>& parameters = {}) {
    double size = 1.0;
    for (const Edge& e : edges) size = std::max(size, std::fabs(e.to));
    for (const auto& [interval, samples] : {std::pair{0.02, 11U}, {0.2, 2U}, {0.0003, 400U}}) {
      const auto got = trace(model, GetParam(), interval, samples, parameters);
      for (std::size_t s = 0; s < samples; ++s)
        EXPECT_NEAR(got[s], closed_form(edges, static_cast<double>(s) * interval), 1e-7 * size)
            << "sample " << s << " of " << interval << " s";
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Sim, OwnJumpsOf, testing::Values("dopri5", "rodas4"));

TEST_P(OwnJumpsOf, APulseShorterThanAnyStepIsMet) {
  expect(model_of("500*int(t > 40*ms and t < 40.02*ms)"), {{0.04, 500.0}, {0.04002, 0.0}});
  // The sides count, not what holds at the edge itself.
  expect(model_of("500*int(t >= 40*ms and t <= 40.02*ms)"), {{0.04, 500.0}, {0.04002, 0.0}});
  expect(model_of("-3*sign(t - 55.5*ms)"), {{0.0, 3.0}, {0.0555, -3.0}});
}

TEST_P(OwnJumpsOf, PulsesThatComeAgainAreAllMet) {
  std::vector<Edge> edges;
  for (int k = 0; k < 12; ++k) edges.insert(edges.end(), {{0.017 * k, 100.0}, {0.017 * k + 0.0001, 0.0}});
  expect(model_of("100*int(t % (17*ms) < 0.1*ms)"), edges);
  edges.clear();
  for (int k = 0; k < 12; ++k) edges.insert(edges.end(), {{0.017 * k + 0.003, 100.0}, {0.017 * k + 0.0031, 0.0}});
  expect(model_of("100*int(t - 17*ms*floor(t/(17*ms)) > 3*ms)*int(t - 17*ms*floor(t/(17*ms)) < 3.1*ms)"), edges);
}

TEST_P(OwnJumpsOf, StairsAndTables) {
  std::vector<Edge> stairs, table;
  for (int k = 0; k < 30; ++k) stairs.push_back({0.007 * k, static_cast<double>(k)});
  expect(model_of("floor(t/(7*ms))"), stairs);
  expect(model_of("int(t/(7*ms))"), stairs);
  const std::vector<double> values{0.0, 5.0, -2.0, 7.0};
  for (std::size_t k = 0; k < values.size(); ++k) table.push_back({0.025 * static_cast<double>(k), values[k]});
  // Brian 2 shifts a table by half of its grid, a 2^-n th of the interval that is below 1/8 of the step.
  const auto model = model_of("T(t)", "table T(t) = [0, 5, -2, 7], dt = 25*ms\n");
  for (const auto& [interval, samples] : {std::pair{1e-4, 2001U}, {1e-3, 201U}}) {
    const auto got = trace(model, GetParam(), interval, samples, {});
    for (std::size_t s = 0; s < samples; ++s)
      EXPECT_NEAR(got[s], closed_form(table, static_cast<double>(s) * interval), 7.0 * interval / 8 / tau) << s;
  }
}

TEST_P(OwnJumpsOf, EveryLaneHasItsOwnEdgesWithTheBitsOfTheInterpreter) {
  const auto model =
      model_of("40*int(t > onset)*int(t < onset + width)", "param onset : second\nparam width : second\n");
  Array2 points(11, 2);
  for (std::size_t k = 0; k < points.rows; ++k) {
    const double at = 0.013 * static_cast<double>(k) + 0.0021;
    points(k, 0) = at, points(k, 1) = 1e-5 * static_cast<double>(k + 1);
    expect(model, {{at, 40.0}, {at + points(k, 1), 0.0}}, {at, points(k, 1)});
  }
  for (const char* name : {"avx2", "avx512"}) {
    const auto backend = choose_backend(name);
    if (!backend) continue;
    for (std::size_t k = 0; k < points.rows; ++k) {
      const std::vector<double> at{points(k, 0), points(k, 1)};
      EXPECT_EQ(trace(model, GetParam(), 0.02, 11, at, *backend), trace(model, GetParam(), 0.02, 11, at)) << name;
    }
  }
}

TEST_P(OwnJumpsOf, TheStatesMoveWithTheTimesOfEdges) {
  // v after the pulse is g (e^(width/tau) - 1) e^(-(t - onset)/tau).
  const auto model =
      model_of("g*int(t > onset)*int(t < onset + width)", "param g : 1\nparam onset : second\nparam width : second\n");
  const std::vector<double> at{40.0, 0.0321, 0.0047};
  ProgramRequest request = fixture::trace_by(GetParam());
  request.purpose = Purpose::trace_slopes;
  const std::size_t samples = 11;
  const auto out = fixture::outputs(fixture::batch(model, fixture::experiment(samples, 0.02), request), at);
  ASSERT_EQ(out.size(), samples * 4);
  for (std::size_t s = 0; s < samples; ++s) {
    const double t = 0.02 * static_cast<double>(s);
    const double after = std::exp(-(t - at[1]) / tau), grown = std::exp(at[2] / tau);
    const double by_g = t < at[1] ? 0.0 : (grown - 1.0) * after;
    EXPECT_NEAR(out[4 * s], at[0] * by_g, 1e-6);
    EXPECT_NEAR(out[4 * s + 1], by_g, 1e-7);
    EXPECT_NEAR(out[4 * s + 2], at[0] * by_g / tau, 1e-4) << s;
    EXPECT_NEAR(out[4 * s + 3], t < at[1] ? 0.0 : at[0] * grown * after / tau, 1e-4) << s;
  }
}

TEST_P(OwnJumpsOf, SpikesAndEdgesInOneStep) {
  // 2 from 20 ms on: up to 1 in tau log 2; the pulse at 60 ms takes the cell half of what is left.
  const std::string spiking = "threshold v > 1\nreset v = 0\n";
  const auto model = model_of("2*int(t > 20*ms) + 1e4*int(t > 60*ms)*int(t < 60.001*ms)", spiking);
  const Batch batch = fixture::batch(model, fixture::experiment(2, 0.1), fixture::trace_by(GetParam()));
  const auto out = fixture::outputs(batch, {});
  // The same edges by parameters: what they add to derivatives must not get into the search for spikes.
  const auto moving = model_of("2*int(t > first) + 1e4*int(t > second_one)*int(t < last_one)",
                               spiking + "param first : second\nparam second_one : second\nparam last_one : second\n");
  const auto by_parameters = fixture::outputs(
      fixture::batch(moving, fixture::experiment(2, 0.1), fixture::trace_by(GetParam())), {0.02, 0.06, 0.060001});
  ASSERT_EQ(by_parameters.size(), out.size());
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(by_parameters[i], out[i], 1e-9) << i;
  const std::size_t stride = batch.program().outputs_per_sample;
  double t = 0.02, v = 0.0;
  std::vector<double> spikes;
  const auto run = [&](double until, double drive) {
    while (true) {
      const double crossing = t + tau * std::log((drive - v) / (drive - 1.0));
      if (crossing > until) break;
      spikes.push_back(crossing), t = crossing, v = 0.0;
    }
    v = drive + (v - drive) * std::exp(-(until - t) / tau), t = until;
  };
  run(0.06, 2.0), run(0.060001, 10002.0), run(0.1, 2.0);
  EXPECT_EQ(out[stride + 2], static_cast<double>(spikes.size()));
  EXPECT_NEAR(out[stride], v, 1e-5);
}

TEST_P(OwnJumpsOf, WhatJumpsByAStateOrByNoLineIsAsBefore) {
  // These are left to the estimate of the error, which notices long changes.
  const auto model = model_of("2*int(sin(2*pi*t/(100*ms)) > 0) + 1.5*int(v > 1)");
  const auto fine = trace(model, "rk4", 1e-5, 10001, {});
  const auto got = trace(model, GetParam(), 1e-3, 101, {});
  for (std::size_t s = 0; s < got.size(); ++s) EXPECT_NEAR(got[s], fine[100 * s], 2e-3) << s;
}

}  // namespace
}  // namespace hillock::sim
