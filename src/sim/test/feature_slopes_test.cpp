/// Derivatives of every feature against differences with common random numbers; where there is none, why.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "lang/load.hpp"
#include "sim/simulator.hpp"

namespace hillock::sim {
namespace {

using features::NoSlope;
using features::Undefined;

/// Adapting, with an upstroke that is cut off at -36 mV.
constexpr const char* adapting = R"(
param g : 1/ms = 0.1/ms
param k : mV = 3 mV
param reset_to : mV = -60 mV
param b : mV = 4 mV
param tr : ms = 1.3 ms
param I : mV/ms = 8 mV/ms
dv/dt = g*(-65*mV - v) + 0.3*(v + 45*mV)*exprel((v + 45*mV)/k)/exprel(9.0)/ms - w/ms + I : mV (unless refractory)
dw/dt = (0.05*(v + 65*mV) - w)/(8*ms) : mV
init v = -65 mV
threshold v > -36 mV
reset v = reset_to; w += b
refractory tr
)";

/// FitzHugh & Nagumo's equations at the scale of a cell, driven off their cycle so that intervals differ: spikes
/// without a threshold.
constexpr const char* smooth = R"(
param g : 1/ms = 0.1/ms
param k : mV = 3 mV
param s : 1 = 0.2
dx/dt = 20*g*(x - x**3/3 - z + 0.5 + s*sin(0.31*t/ms) + k/volt) : 1
dz/dt = 1.6*g*(x + 0.7 - 0.8*z) : 1
init x = -1.2
init z = -0.6
v = 30*mV*x - 20*mV : mV
)";

/// Leaky, with noise.
constexpr const char* noisy = R"(
param tau : ms = 11 ms
param mu : mV = 17 mV
param sigma : mV = 4 mV
param reset_to : mV = 1 mV
param tr : ms = 2.1 ms
dv/dt = (mu - v)/tau + sigma*sqrt(2/tau)*xi : mV (unless refractory)
threshold v > 15 mV
reset v = reset_to
refractory tr
)";

/// Ornstein & Uhlenbeck's process, from a start of its own.
constexpr const char* wandering = R"(
param tau : ms = 5 ms
param mu : mV = 1 mV
param sigma : mV = 20 mV
param start : mV = -12 mV
dv/dt = (mu - v)/tau + sigma*sqrt(2/tau)*xi : mV
init v = start
)";

ir::Model loaded(const char* text) {
  auto model = lang::load_model(text, "model");
  EXPECT_TRUE(model.has_value()) << model.error()[0].message;
  return *model;
}

std::vector<double> defaults(const ir::Model& model) {
  std::vector<double> out;
  for (const ir::Parameter& p : model.parameters) out.push_back(*p.value);
  return out;
}

Experiment run_of(double duration, double interval = 5e-5) {
  Experiment e;
  e.interval = interval;
  e.samples = static_cast<std::size_t>(std::llround(duration / e.interval)) + 1;
  e.mask.assign(e.samples, 1);
  return e;
}

struct Window {
  double from, until;
};

std::vector<features::Request> all_of(double threshold, Window inner) {
  std::vector<features::Request> out;
  for (const features::Feature& row : features::registry())
    for (const features::Window& window : {features::Window{}, features::Window{inner.from, inner.until}}) {
      if (row.name == "value" && window.everything()) continue;  // the initial one, which no parameter moves
      features::Arguments arguments{{"number", 2.0}, {"lag", 3.0}, {"frequency", 100.0}, {"threshold", threshold}};
      arguments["low"] = threshold - 0.03, arguments["high"] = threshold;
      if (row.name == "band_power") arguments["low"] = 50.0, arguments["high"] = 150.0, arguments["resolution"] = 20.0;
      out.push_back({&row, "v", window, arguments, std::string(row.name)});
    }
  return out;
}

ProgramRequest asking(Purpose purpose, std::string_view integrator, std::vector<features::Request> requests) {
  ProgramRequest out{purpose, integrator, {}, std::move(requests)};
  out.events = Events::located;
  return out;
}

FeatureTable table_of(const ir::Model& model, const Experiment& e, const ProgramRequest& request, const Array2& points,
                      const RunOptions& options = {Backend::interpreter, 1}) {
  auto batch = Batch::create(model, e, request, options);
  EXPECT_TRUE(batch.has_value()) << batch.error()[0].message;
  return batch->features(points);
}
Array2 one(const std::vector<double>& at) {
  Array2 out(1, at.size());
  out.values = at;
  return out;
}

/// Every feature's derivative is that of differences at h and h/2, extrapolated, one simulation after another so that
/// all have the random numbers of the first. At h = 1e-5 p what is left of the differences is (1e-5)^4 and rounding,
/// 1e-16/1e-5 times what a sum or an exponential of a few hundred steps amplifies: below 1e-8, of the largest
/// derivative on the parameter's own scale. Kinks (a spike that goes from one row to the next) are of the order of the
/// method: 5e-5^4.
/// @return how many features have all their derivatives
std::size_t expect_differences(const char* text, const Experiment& e, std::string_view integrator,
                               const std::vector<features::Request>& requests) {
  const ir::Model model = loaded(text);
  const auto at = defaults(model);
  const std::size_t n = at.size();
  const FeatureTable got = table_of(model, e, asking(Purpose::feature_slopes, integrator, requests), one(at));
  EXPECT_EQ(got.trouble[0], EventTrouble::none) << to_string(got.trouble[0]);
  EXPECT_EQ(got.slopes.cols, requests.size() * n);
  const auto batch = Batch::create(model, e, asking(Purpose::features, integrator, requests), {});
  std::vector<std::vector<double>> want(requests.size(), std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const auto moved = [&](double by) {
      auto p = at;
      p[i] += by;
      return batch->features(one(p)).values;
    };
    const double h = 1e-5 * std::fabs(at[i]);
    const auto up = moved(h), down = moved(-h), up2 = moved(h / 2), down2 = moved(-h / 2);
    for (std::size_t f = 0; f < requests.size(); ++f) {
      const double coarse = (up(0, f) - down(0, f)) / (2 * h), fine = (up2(0, f) - down2(0, f)) / h;
      want[f][i] = (4 * fine - coarse) / 3;
    }
  }
  std::size_t defined = 0;
  for (std::size_t f = 0; f < requests.size(); ++f) {
    const std::string what = requests[f].name + (requests[f].window.everything() ? "" : " in a window");
    if (got.no_slope[f] != NoSlope::none) {
      EXPECT_EQ(got.no_slope[f] == NoSlope::no_value, got.why[f] != Undefined::none) << what;
      EXPECT_TRUE(std::isnan(got.slopes(0, f * n))) << what;
      continue;
    }
    ++defined;
    // Between spikes that pass over samples, differences of sums know nothing of jumps: see the test below.
    if (model.spiking && requests[f].feature->of == features::Feature::Of::sums) continue;
    double scale = 0.0;
    for (std::size_t i = 0; i < n; ++i) scale = std::max(scale, std::fabs(want[f][i] * at[i]));
    if (!requests[f].feature->counts) {
      EXPECT_GT(scale, 0.0) << what;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double slope = got.slopes(0, f * n + i);
      if (requests[f].feature->counts) {
        EXPECT_EQ(slope, 0.0) << what;
      }
      EXPECT_NEAR(slope * at[i], want[f][i] * at[i], 1e-5 * scale) << what << ", parameter " << i;
    }
  }
  return defined;
}

TEST(FeatureSlopes, OfTheModelsOwnSpikesAreThoseOfDifferences) {
  // The voltage jumps at spikes: 11 features of spikes, 8 sums, twice; nothing that is read of single samples.
  EXPECT_EQ(expect_differences(adapting, run_of(0.1), "rk4", all_of(-0.04, {11e-3, 81e-3})), 38U);
}

TEST(FeatureSlopes, OfCrossingsAreThoseOfDifferences) {
  EXPECT_EQ(expect_differences(smooth, run_of(0.1), "rk4", all_of(-0.02, {11e-3, 81e-3})), 61U);
}

TEST(FeatureSlopes, GoThroughNoise) {
  EXPECT_EQ(expect_differences(noisy, run_of(0.2, 2e-4), "exponential_euler", all_of(0.005, {11e-3, 161e-3})), 38U);
  EXPECT_EQ(expect_differences(wandering, run_of(0.2, 2e-4), "exact", all_of(0.005, {11e-3, 161e-3})), 61U);
}

/// The path of the leaky cell tau v' = mu - v from 0, piece by piece, and integrals over it.
struct LeakyPath {
  double tau, mu, level, reset, until;
  template <class F>
  [[nodiscard]] double integral(F&& f) const {
    double sum = 0.0, start = 0.0, from = 0.0;
    while (start < until) {
      const double end = std::min(until, start + tau * std::log((mu - from) / (mu - level)));
      constexpr int n = 400;  // Simpson's rule: (h/tau)^4 = 1e-9
      const double h = (end - start) / n;
      for (int i = 0; i <= n; ++i) {
        const double t = start + h * i, v = mu + (from - mu) * std::exp(-(t - start) / tau);
        sum += f(v, t) * h / 3 * (i == 0 || i == n ? 1 : (i % 2 == 1 ? 4 : 2));
      }
      start = end, from = reset;
    }
    return sum;
  }
  [[nodiscard]] double moment(int power, double about) const {
    return integral([&](double v, double) { return std::pow(v - about, power); }) / until;
  }
  [[nodiscard]] double feature(std::string_view name) const {
    const double mean = moment(1, 0.0), variance = moment(2, mean);
    if (name == "mean") return mean;
    if (name == "area") return mean * until;
    if (name == "variance") return variance;
    if (name == "sd") return std::sqrt(variance);
    if (name == "skewness") return moment(3, mean) / std::pow(variance, 1.5);
    if (name == "kurtosis") return moment(4, mean) / (variance * variance) - 3.0;
    const double w = 2.0 * std::numbers::pi * 100.0;
    const double c = integral([&](double v, double t) { return (v - mean) * std::cos(w * t); });
    const double s = integral([&](double v, double t) { return (v - mean) * std::sin(w * t); });
    return 2.0 / until * (c * c + s * s);
  }
};

TEST(FeatureSlopes, OfSumsOverAJumpingVoltageAreThoseOfItsIntegrals) {
  const ir::Model model = loaded(R"(
param tau : ms = 10 ms
param mu : mV = 17 mV
param level : mV = 15 mV
param reset_to : mV = 3 mV
dv/dt = (mu - v)/tau : mV
threshold v > level
reset v = reset_to
)");
  const auto at = defaults(model);
  std::vector<features::Request> requests;
  for (const char* name : {"mean", "sd", "variance", "skewness", "kurtosis", "area", "spectral_density"})
    requests.push_back({features::find_feature(name), "v", {}, {{"frequency", 100.0}}, name});
  const double until = 0.1;
  const auto path = [&](const std::vector<double>& p) { return LeakyPath{p[0], p[1], p[2], p[3], until}; };
  // A sum is the integral to the order of the interval, and so is its derivative: a sixteenth of the interval, about as
  // much of the error (which also depends on where spikes are between samples).
  std::vector<double> errors;
  for (const double interval : {4e-5, 2.5e-6}) {
    const FeatureTable got = table_of(model, run_of(until, interval),
                                      asking(Purpose::feature_slopes, "exponential_euler", requests), one(at));
    double most = 0.0;
    for (std::size_t f = 0; f < requests.size(); ++f) {
      EXPECT_EQ(got.no_slope[f], NoSlope::none) << requests[f].name;
      std::vector<double> want;
      double scale = 0.0;
      for (std::size_t i = 0; i < at.size(); ++i) {
        auto up = at, down = at;
        const double h = 1e-5 * at[i];
        up[i] += h, down[i] -= h;
        want.push_back((path(up).feature(requests[f].name) - path(down).feature(requests[f].name)) / (2 * h) * at[i]);
        scale = std::max(scale, std::fabs(want.back()));
      }
      for (std::size_t i = 0; i < at.size(); ++i) {
        const double off = std::fabs(got.slopes(0, f * at.size() + i) * at[i] - want[i]) / scale;
        EXPECT_LT(off, 0.05) << requests[f].name << ", parameter " << i;
        most = std::max(most, off);
      }
    }
    errors.push_back(most);
  }
  EXPECT_LT(errors[1], 0.2 * errors[0]);
}

TEST(FeatureSlopes, HaveTheSameBitsEverywhere) {
  const auto requests = all_of(-0.04, {11e-3, 61e-3});
  const ir::Model model = loaded(adapting);
  const auto at = defaults(model);
  Array2 points(11, at.size());
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < at.size(); ++i)
      points(k, i) = at[i] * (1.0 + 0.02 * std::sin(static_cast<double>(3 * k + i)));
  std::vector<std::uint64_t> want;
  for (const char* name : {"interpreter", "avx2", "avx512"})
    for (const int threads : {1, 2}) {
      const auto backend = choose_backend(name);
      if (!backend) continue;
      const FeatureTable table =
          table_of(model, run_of(0.07), asking(Purpose::feature_slopes, "rk2", requests), points, {*backend, threads});
      std::vector<std::uint64_t> got;
      for (const double x : table.slopes.values) got.push_back(std::bit_cast<std::uint64_t>(x));
      if (want.empty()) want = got;
      EXPECT_EQ(got, want) << name << ", " << threads << " threads";
    }
}

/// The one feature's reason, without spaces where it has a derivative.
std::string reason(const ir::Model& model, const Experiment& e, const features::Request& request,
                   const std::vector<double>& at, std::string_view integrator = "exponential_euler") {
  const FeatureTable got = table_of(model, e, asking(Purpose::feature_slopes, integrator, {request}), one(at));
  if (got.why[0] != Undefined::none) return "undefined: " + std::string(to_string(got.why[0]));
  if (got.no_slope[0] != NoSlope::none) return std::string(to_string(got.no_slope[0]));
  return std::string(to_string(got.trouble[0]));
}

TEST(FeatureSlopes, WhereThereIsNoneTheySayWhy) {
  // A parabola: y = top - (t - 5 ms)^2/ms^2, and a line that crosses 0 at `top` ms.
  const ir::Model parabola = loaded(R"(
param top : 1 = 1
dt_ = t/ms - 5 : 1
y = top - dt_**2 : 1
line = t/ms - top : 1
dx/dt = -x/ms : 1
)");
  const Experiment e = run_of(0.01, 1e-4);
  const auto of = [](const char* feature, const char* quantity, features::Window window = {}) {
    return features::Request{features::find_feature(feature), quantity, window, {{"threshold", 0.0}}, feature};
  };
  EXPECT_EQ(reason(parabola, e, of("spike_count", "y"), {1.0}), "");
  EXPECT_EQ(reason(parabola, e, of("spike_count", "y"), {1e-9}), "grazing");   // one sample is about to go below
  EXPECT_EQ(reason(parabola, e, of("spike_count", "y"), {-1e-9}), "grazing");  // and one about to come up
  EXPECT_EQ(reason(parabola, e, of("latency", "y"), {-1e-9}), "undefined: too-few-spikes");
  EXPECT_EQ(reason(parabola, e, of("latency", "y", {0.0, 3e-3}), {1e-9}), "undefined: too-few-spikes");
  EXPECT_EQ(reason(parabola, e, of("spike_count", "y", {0.0, 3e-3}), {1e-9}), "");  // elsewhere
  // The sample at 3 ms is the last one inside: a crossing there is about to leave.
  EXPECT_EQ(reason(parabola, e, of("latency", "line", {0.0, 3.05e-3}), {3.0 - 1e-9}), "at-edge");
  EXPECT_EQ(reason(parabola, e, of("spike_count", "line", {0.0, 3.05e-3}), {3.0 + 1e-9}), "at-edge");
  EXPECT_EQ(reason(parabola, e, of("latency", "line", {0.0, 3.05e-3}), {2.97}), "");
  EXPECT_EQ(reason(parabola, e, of("latency", "line", {2.95e-3, 8e-3}), {3.5}), "");
  EXPECT_EQ(reason(parabola, e, of("spike_count", "line"), {10.0 - 1e-9}), "at-edge");  // the last sample of all
  EXPECT_EQ(reason(parabola, e, of("spike_count", "line"), {10.0 + 1e-9}), "at-edge");
  EXPECT_EQ(reason(parabola, e, of("sd", "x"), {1.0}), "no-variation");  // x stays 0

  // Spikes of the model at 5 ms, 10 ms, ...: a window that ends there, and an even rhythm.
  const ir::Model clock = loaded(R"(
param period : ms = 5 ms
dx/dt = 1/period : 1
threshold x > 1
reset x = 0
)");
  const Experiment longer = run_of(0.0231, 1e-4);
  const auto spikes = [](const char* feature, features::Window window = {}) {
    return features::Request{features::find_feature(feature), "x", window, {}, feature};
  };
  EXPECT_EQ(reason(clock, longer, spikes("spike_count", {0.0, 10e-3}), {5e-3}), "at-edge");
  EXPECT_EQ(reason(clock, longer, spikes("latency", {5e-3, 20e-3}), {5e-3 * (1 - 1e-10)}), "at-edge");
  EXPECT_EQ(reason(clock, longer, spikes("mean", {0.0, 10e-3}), {5e-3}), "at-edge");
  EXPECT_EQ(reason(clock, longer, spikes("spike_count", {0.0, 11e-3}), {5e-3}), "");
  EXPECT_EQ(reason(clock, longer, spikes("isi_mean"), {5e-3}), "");
  EXPECT_EQ(reason(clock, longer, spikes("isi_cv"), {5e-3}), "no-variation");
  EXPECT_EQ(reason(clock, longer, spikes("maximum"), {5e-3}), "jumps");
  EXPECT_EQ(reason(clock, longer, spikes("maximum", {0.0, 3e-3}), {5e-3}), "");  // before the first
  // On the grid there is no such thing.
  ProgramRequest grid = asking(Purpose::feature_slopes, "euler", {spikes("isi_mean")});
  grid.events = Events::grid;
  const auto refused = Batch::create(clock, longer, grid, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].code, "no-located-spikes");
}

}  // namespace
}  // namespace hillock::sim
