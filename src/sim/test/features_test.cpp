/// Features inside compiled simulations against the same features of their stored traces.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

#include "base/rng.hpp"
#include "lang/load.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {
namespace {

constexpr const char* cell = R"(
param g : 1/ms = 0.1/ms
param k : mV = 3 mV
input I : mV/ms
dv/dt = g*(-65*mV - v) + 0.3*(v + 45*mV)*exprel((v + 45*mV)/k)/exprel(9.0)/ms - w/ms + I : mV
dw/dt = (0.05*(v + 65*mV) - w)/(8*ms) : mV
init v = -65 mV
u = v/(10*mV) : 1
observe y ~ normal(v, 1 mV)
threshold v > 0 mV
reset v = -60 mV; w += 4 mV
)";

/// FitzHugh & Nagumo's equations at the scale of a cell: spikes without a threshold.
constexpr const char* smooth = R"(
param g : 1/ms = 2/ms
param k : mV = 3 mV
input I : mV/ms
dx/dt = 20*g*(x - x**3/3 - z + I/(16*mV/ms) + k/volt) : 1
dz/dt = 1.6*g*(x + 0.7 - 0.8*z) : 1
init x = -1.2
init z = -0.6
v = 30*mV*x - 20*mV : mV
observe y ~ normal(v, 1 mV)
)";

Experiment stepped(double duration) {
  Experiment e;
  e.interval = 5e-5;
  e.samples = static_cast<std::size_t>(std::llround(duration / e.interval));
  e.mask.assign(e.samples, 1);
  std::vector<Piece> pieces(2);
  for (std::size_t i = 0; i < 2; ++i) {
    pieces[i].until = i == 0 ? 10e-3 : std::numeric_limits<double>::infinity();
    pieces[i].value = pieces[i].graph.constant(i == 0 ? 0.0 : 8.0);
  }
  e.inputs["I"] = piecewise(pieces);
  return e;
}

std::vector<features::Request> all_of(const std::string& quantity) {
  std::vector<features::Request> out;
  for (const features::Feature& row : features::registry())
    for (const features::Window& window : {features::Window{}, features::Window{10e-3, 80e-3}}) {
      features::Arguments arguments{{"number", 2.0}, {"lag", 3.0}, {"frequency", 100.0}, {"threshold", -0.04}};
      if (quantity == "u") arguments["threshold"] = -4.0;
      if (row.name == "band_power") arguments = {{"low", 50.0}, {"high", 300.0}, {"resolution", 25.0}};
      out.push_back({&row, quantity, window, arguments, std::string(row.name)});
    }
  return out;
}

Array2 draws(std::size_t count) {
  Array2 points(count, 2);
  Rng rng(2, stream_id("features"));
  for (std::size_t k = 0; k < count; ++k) {
    points(k, 0) = 100.0 * std::exp(0.3 * rng.normal());
    points(k, 1) = 3e-3 * std::exp(0.2 * rng.normal());
  }
  return points;
}

TEST(BatchFeatures, AreThoseOfTheStoredTrace) {
  auto model = lang::load_model(smooth, "cell");
  ASSERT_TRUE(model.has_value());
  const Experiment experiment = stepped(0.1);
  const Array2 points = draws(5);
  const auto requests = all_of("y");
  auto in_loop = Batch::create(*model, experiment, {Purpose::features, "euler", {}, requests}, {});
  auto traces = Batch::create(*model, experiment, {Purpose::trace, "euler", {}}, {});
  ASSERT_TRUE(in_loop.has_value() && traces.has_value());
  const FeatureTable table = in_loop->features(points);
  std::size_t defined = 0;
  traces->outputs(points, [&](std::size_t k, std::span<const double> values) {
    std::vector<double> v;
    for (std::size_t i = 0; i < experiment.samples; ++i) v.push_back(values[2 * i]);
    const auto want = features::measure(v, 0.0, experiment.interval, requests);
    for (std::size_t f = 0; f < requests.size(); ++f) {
      EXPECT_EQ(table.why[k * requests.size() + f], want[f].why) << requests[f].name;
      if (want[f].why != features::Undefined::none) continue;
      ++defined;
      // The states differ by the rounding of products fused with sums: 2000 steps of a contracting system.
      EXPECT_NEAR(table.values(k, f), want[f].value, 1e-9 * std::fabs(want[f].value) + 1e-12) << requests[f].name;
    }
  });
  EXPECT_GT(defined, 150U);
}

TEST(BatchFeatures, HaveTheSameBitsForAnyThreadsAndBackEnd) {
  auto model = lang::load_model(std::string(cell) + "\n", "cell");
  ASSERT_TRUE(model.has_value());
  const Experiment experiment = stepped(0.1);
  const Array2 points = draws(70);
  const ProgramRequest request{Purpose::features, "euler", {}, all_of("u")};
  std::optional<FeatureTable> first;
  for (const char* name : {"interpreter", "avx2", "avx512"})
    for (const int threads : {1, 3}) {
      const auto backend = choose_backend(name);
      if (!backend) continue;
      auto batch = Batch::create(*model, experiment, request, {*backend, threads});
      ASSERT_TRUE(batch.has_value());
      const FeatureTable table = batch->features(points);
      if (!first) first = table;
      EXPECT_EQ(table.why, first->why) << name;
      for (std::size_t i = 0; i < table.values.values.size(); ++i)
        ASSERT_EQ(std::bit_cast<std::uint64_t>(table.values.values[i]),
                  std::bit_cast<std::uint64_t>(first->values.values[i]))
            << name << " " << threads << " " << request.features[i % request.features.size()].name;
    }
}

TEST(BatchFeatures, OfAModelWithAThresholdTakeItsOwnSpikes) {
  auto model = lang::load_model(cell, "cell");
  ASSERT_TRUE(model.has_value());
  const Experiment experiment = stepped(0.2);
  const features::Window window{40e-3, 160e-3};
  std::vector<features::Request> requests;
  for (const char* name : {"spike_count", "latency", "isi_mean", "last_spike_time"})
    requests.push_back({features::find_feature(name), "v", window, {}, name});
  auto batch = Batch::create(*model, experiment, {Purpose::features, "euler", {}, requests}, {});
  auto traces = Batch::create(*model, experiment, {Purpose::trace, "euler", {}}, {});
  ASSERT_TRUE(batch.has_value() && traces.has_value());
  const Array2 points = draws(1);
  const FeatureTable table = batch->features(points);
  std::vector<double> times;
  traces->outputs(points, [&](std::size_t, std::span<const double> values) {
    for (std::size_t i = 0; i + 1 < experiment.samples; ++i)
      if (values[3 * (i + 1) + 2] > values[3 * i + 2] && experiment.time_of(i) >= window.from &&
          experiment.time_of(i) < window.until)
        times.push_back(experiment.time_of(i));
  });
  ASSERT_GT(times.size(), 3U);
  EXPECT_EQ(table.values(0, 0), static_cast<double>(times.size()));
  EXPECT_NEAR(table.values(0, 1), times.front() - window.from, 1e-15);
  EXPECT_NEAR(table.values(0, 2), (times.back() - times.front()) / static_cast<double>(times.size() - 1), 1e-15);
  EXPECT_NEAR(table.values(0, 3), times.back(), 1e-15);
}

/// What `features` gives where nothing ends early: final sums, read by hand.
FeatureTable read_at_the_end(const Batch& batch, const Array2& points, const Each& each = {}) {
  Array2 carried;
  batch.sums(points, carried, {}, each);
  const std::size_t count = batch.program().readings.size();
  FeatureTable out{Array2(points.rows, count), std::vector<features::Undefined>(points.rows * count)};
  auto finish = batch.program().readings.finish(batch.program().program);
  std::vector<features::Value> values(count);
  for (std::size_t k = 0; k < points.rows; ++k) {
    finish.run(carried.row(k), values);
    for (std::size_t f = 0; f < count; ++f) {
      out.values(k, f) = values[f].value;
      out.why[k * count + f] = values[f].why;
    }
  }
  return out;
}

void expect_same(const FeatureTable& got, const FeatureTable& want, const std::string& what) {
  EXPECT_EQ(got.why, want.why) << what;
  for (std::size_t i = 0; i < want.values.values.size(); ++i)
    ASSERT_TRUE(std::bit_cast<std::uint64_t>(got.values.values[i]) ==
                    std::bit_cast<std::uint64_t>(want.values.values[i]) ||
                (std::isnan(got.values.values[i]) && std::isnan(want.values.values[i])))
        << what << " " << i;
}

TEST(BatchFeatures, EndEarlyWithTheSameBits) {
  auto model = lang::load_model(cell, "cell");
  ASSERT_TRUE(model.has_value());
  // Spikes grow out of bounds where k is negative: v and w are NaN from some row on.
  Array2 points = draws(90);
  for (const std::size_t k : {3U, 17U, 18U, 40U, 77U, 89U}) points(k, 1) = -3e-3;
  points(50, 0) = std::numeric_limits<double>::quiet_NaN();
  const Experiment experiment = stepped(0.2);
  const auto request = [](const char* name, double from, double until, double number = 1.0) {
    return features::Request{features::find_feature(name), "v", {from, until}, {{"number", number}}, name};
  };
  const double never = std::numeric_limits<double>::infinity();
  std::vector<std::vector<features::Request>> cases{
      {request("latency", 10e-3, never), request("spike_time", -never, never, 2.0)},
      {request("mean", 10e-3, 20e-3), request("spike_count", 0.0, 30e-3), request("latency", 0.0, never)},
      {request("spike_count", -never, never), request("mean", -never, 5e-3), request("latency", -never, never)},
      {request("mean", 1.0, 2.0), request("latency", 0.1, never), request("isi_mean", 0.05, 0.1)}};
  cases.push_back(all_of("v"));
  for (const char* integrator : {"euler", "dopri5"})
    for (std::size_t c = 0; c < cases.size(); ++c)
      for (const char* name : {"interpreter", "avx2", "avx512"})
        for (const int threads : {1, 3}) {
          const auto backend = choose_backend(name);
          if (!backend || (*backend == Backend::interpreter && (threads > 1 || c > 3))) continue;
          if (c > 3 && (threads == 1 || *backend != Backend::avx512)) continue;
          if (integrator[0] == 'd' && (threads > 1 || c > 1 || *backend == Backend::interpreter)) continue;
          auto batch =
              Batch::create(*model, experiment, {Purpose::features, integrator, {}, cases[c]}, {*backend, threads});
          ASSERT_TRUE(batch.has_value());
          const FeatureTable got = batch->features(points);
          const std::string what = std::to_string(c) + " " + name + " " + integrator;
          expect_same(got, read_at_the_end(*batch, points), what);
          std::set<features::Undefined> reasons(got.why.begin(), got.why.end());
          EXPECT_TRUE(reasons.contains(features::Undefined::not_finite)) << what;
          EXPECT_TRUE(reasons.contains(features::Undefined::none)) << what;
        }
}

TEST(BatchFeatures, OverDurationsOfTheirOwnAreThoseOfShorterRuns) {
  auto model = lang::load_model(cell, "cell");
  ASSERT_TRUE(model.has_value());
  const Array2 points = draws(30);
  Experiment experiment = stepped(0.04);
  experiment.substeps = 2;
  const auto requests = all_of("v");
  std::vector<std::size_t> samples;
  for (std::size_t k = 0; k < points.rows; ++k)
    samples.push_back(k % 3 == 0 ? experiment.samples : 160 + 280 * (k % 3));
  samples[5] = 1;
  samples[7] = 2;
  for (const char* name : {"interpreter", "avx512", "avx2"}) {
    const auto backend = choose_backend(name);
    if (!backend) continue;
    auto batch = Batch::create(*model, experiment, {Purpose::features, "euler", {}, requests}, {*backend, 2});
    ASSERT_TRUE(batch.has_value());
    const FeatureTable got = batch->features(points, {}, {samples, {}});
    expect_same(got, read_at_the_end(*batch, points, {samples, {}}), name);
    for (const std::size_t k : {0U, 1U, 2U, 5U, 7U}) {
      Experiment shorter = experiment;
      shorter.samples = samples[k];
      shorter.mask.resize(samples[k]);
      // With the step at 10 ms or without it, a constant input leads to other code: the same rounding here, as nothing
      // is folded but the input itself.
      auto alone =
          Batch::create(*model, shorter, {Purpose::features, "euler", {}, requests}, {Backend::interpreter, 1});
      ASSERT_TRUE(alone.has_value());
      Array2 point(1, points.cols);
      std::copy(points.row(k).begin(), points.row(k).end(), point.values.begin());
      const FeatureTable want = alone->features(point);
      for (std::size_t f = 0; f < requests.size(); ++f) {
        EXPECT_EQ(got.why[k * requests.size() + f], want.why[f]) << requests[f].name << " " << k;
        if (want.why[f] == features::Undefined::none) {
          EXPECT_EQ(got.values(k, f), want.values(0, f)) << requests[f].name << " " << k;
        }
      }
    }
  }
}

TEST(BatchFeatures, OfMoreThanOneSpikeBetweenTwoSamplesAreCrowded) {
  // A spike every millisecond, by an integrator that chooses its own steps.
  auto model = lang::load_model("dx/dt = 1/ms : 1\nthreshold x > 1\nreset x = 0\n", "clock");
  ASSERT_TRUE(model.has_value());
  std::vector<features::Request> requests;
  for (const char* name : {"spike_count", "spike_rate", "isi_mean", "latency", "mean"})
    requests.push_back({features::find_feature(name), "x", {}, {}, name});
  for (const double interval : {0.3e-3, 5e-3}) {
    Experiment e;
    e.interval = interval;
    e.samples = static_cast<std::size_t>(std::llround(0.0303 / interval)) + 1;
    e.mask.assign(e.samples, 1);
    auto batch = Batch::create(*model, e, {Purpose::features, "dopri5", {}, requests}, {});
    ASSERT_TRUE(batch.has_value()) << batch.error()[0].message;
    const FeatureTable got = batch->features(Array2(1, 0));
    for (std::size_t f = 0; f < 4; ++f)
      EXPECT_EQ(got.why[f], interval < 1e-3 ? features::Undefined::none : features::Undefined::crowded) << f;
    EXPECT_EQ(got.why[4], features::Undefined::none);  // samples are samples
    if (interval < 1e-3) {
      EXPECT_EQ(got.values(0, 0), 30.0);
    }
  }
}

TEST(BatchFeatures, OfNothingAreAnErrorThatNamesTheNearest) {
  auto model = lang::load_model(cell, "cell");
  ASSERT_TRUE(model.has_value());
  const features::Request request{features::find_feature("mean"), "vv", {}, {}, "mean(vv)"};
  auto batch = Batch::create(*model, stepped(0.01), {Purpose::features, "euler", {}, {request, request}}, {});
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().size(), 2U);
  EXPECT_EQ(batch.error().front().code, "name-unknown");
  EXPECT_EQ(batch.error().front().hint, "v");
}

}  // namespace
}  // namespace hillock::sim
