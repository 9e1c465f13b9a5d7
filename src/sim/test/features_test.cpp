/// Features inside compiled simulations against the same features of their stored traces.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

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
  e.inputs["I"] = piecewise(std::move(pieces));
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
