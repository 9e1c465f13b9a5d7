/// Features of traces with known answers, and of traces that have none.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

#include "base/rng.hpp"
#include "features/readings.hpp"

namespace hillock::features {
namespace {

constexpr double ms = 1e-3;
constexpr double mv = 1e-3;

Request request(std::string_view name, Arguments arguments = {}, Window window = {}) {
  return {find_feature(name), "v", window, std::move(arguments), std::string(name)};
}

Value of(std::span<const double> trace, const Request& r, double interval = 0.1 * ms) {
  return measure(trace, 0.0, interval, std::span(&r, 1)).front();
}

/// Arguments that every feature accepts.
Arguments any_arguments() { return {{"number", 1.0}, {"lag", 1.0}, {"frequency", 100.0}}; }

/// Triangles of 1 ms up and 1 ms down between -70 and +30 mV, at the given times of their peaks, 0.1 ms apart.
std::vector<double> triangles(const std::vector<double>& peaks, double length) {
  std::vector<double> out;
  for (int i = 0; 0.1 * ms * i < length - 1e-9; ++i) {
    double v = -70 * mv;
    for (const double peak : peaks) v = std::max(v, 30 * mv - 100.0 * std::fabs(0.1 * ms * i - peak));
    out.push_back(v);
  }
  return out;
}

TEST(Features, MomentsAreThoseOfTheSamples) {
  Rng rng(1, stream_id("moments"));
  std::vector<double> x;
  for (int i = 0; i < 2000; ++i) x.push_back(-65 * mv + 3 * mv * std::exp(0.5 * rng.normal()));
  long double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  const std::size_t from = 500, until = 1500;
  for (std::size_t i = from; i < until; ++i) mean += x[i];
  const long double n = until - from;
  mean /= n;
  for (std::size_t i = from; i < until; ++i) {
    const long double d = x[i] - mean;
    m2 += d * d / n, m3 += d * d * d / n, m4 += d * d * d * d / n;
  }
  // The bounds in moments.cpp: epsilon N for the variance, epsilon N^2 for the kurtosis; here the centre is within a
  // few sd of the mean, so that a few hundred epsilon do.
  const Window window{49.95 * ms, 149.95 * ms};
  const auto near = [&](std::string_view name, long double want) {
    const Value got = of(x, request(name, {}, window));
    EXPECT_EQ(got.why, Undefined::none) << name;
    EXPECT_NEAR(got.value, static_cast<double>(want), 1e-12 * std::fabs(static_cast<double>(want))) << name;
  };
  near("mean", mean);
  near("variance", m2);
  near("sd", std::sqrt(m2));
  near("skewness", m3 / std::pow(m2, 1.5L));
  near("kurtosis", m4 / (m2 * m2) - 3);
  EXPECT_EQ(of(x, request("minimum", {}, window)).value, *std::min_element(x.begin() + from, x.begin() + until));
  EXPECT_EQ(of(x, request("maximum", {}, window)).value, *std::max_element(x.begin() + from, x.begin() + until));
}

TEST(Features, AShortTransientBeforeALongRestCostsTheVarianceSomeDigits) {
  // 10 samples at 90 mV distance, then 10 000 of +-1 uV: the centre is far from nearly all samples.
  std::vector<double> x(10, -70 * mv);
  for (int i = 0; i < 10000; ++i) x.push_back(20 * mv + (i % 2 == 0 ? 1e-6 : -1e-6));
  long double mean = 0, m2 = 0;
  for (const double v : x) mean += v / static_cast<long double>(x.size());
  for (const double v : x) m2 += (v - mean) * (v - mean) / static_cast<long double>(x.size());
  // The mean square about the centre is N/10 times the variance, and its sum has up to N roundings.
  const double n = static_cast<double>(x.size());
  const double allowed = 0.1 * n * n * std::numeric_limits<double>::epsilon();
  EXPECT_NEAR(of(x, request("variance")).value, static_cast<double>(m2), allowed * static_cast<double>(m2));
}

TEST(Features, SpikesOfTriangles) {
  const std::vector<double> x = triangles({10 * ms, 20 * ms, 32 * ms, 46.4 * ms}, 60 * ms);
  // Up through -20 mV half a millisecond before each peak; rounding of the grid times, 1e-12.
  const auto value = [&](std::string_view name, Arguments arguments = {}, Window window = {}) {
    const Value got = of(x, request(name, std::move(arguments), window));
    EXPECT_EQ(got.why, Undefined::none) << name << ": " << to_string(got.why);
    return got.value;
  };
  constexpr double t = 1e-12;
  EXPECT_EQ(value("spike_count"), 4.0);
  EXPECT_EQ(value("spike_count", {}, {15 * ms, 40 * ms}), 2.0);
  EXPECT_NEAR(value("spike_rate"), 4.0 / 60e-3, 1e-9);
  EXPECT_NEAR(value("latency"), 9.5 * ms, t);
  EXPECT_NEAR(value("latency", {}, {15 * ms, 40 * ms}), 4.5 * ms, t);
  EXPECT_NEAR(value("latency", {{"threshold", 0.0}}), 9.7 * ms, t);
  EXPECT_NEAR(value("spike_time", {{"number", 3}}), 31.5 * ms, t);
  EXPECT_NEAR(value("last_spike_time"), 45.9 * ms, t);
  EXPECT_NEAR(value("isi_mean"), 36.4 * ms / 3, t);
  const double sd =
      std::sqrt((std::pow(10 - 36.4 / 3, 2) + std::pow(12 - 36.4 / 3, 2) + std::pow(14.4 - 36.4 / 3, 2)) / 2);
  EXPECT_NEAR(value("isi_cv"), sd / (36.4 / 3), 1e-9);
  EXPECT_NEAR(value("isi_adaptation"), (2.0 / 22.0 + 2.4 / 26.4) / 2, 1e-9);
  EXPECT_NEAR(value("spike_peak"), 30 * mv, t);
  EXPECT_NEAR(value("spike_trough"), -70 * mv, t);
  EXPECT_NEAR(value("spike_width"), 1 * ms, t);
  // The slope is 100 V/s from the foot on.
  EXPECT_NEAR(value("spike_onset"), -70 * mv, t);
  EXPECT_NEAR(value("spike_amplitude"), 100 * mv, t);
  EXPECT_NEAR(value("ahp_depth"), 0.0, t);
}

TEST(Features, TheDepthAfterASpikeIsBelowItsOnset) {
  // -60 up to 30, down to -75, back to -60; twice.
  std::vector<double> x;
  for (int spike = 0; spike < 3; ++spike) {
    for (int i = 0; i < 50; ++i) x.push_back(-60 * mv);
    for (const double v : {0.0, 30.0, 0.0, -30.0, -75.0, -74.0, -70.0, -65.0, -60.5}) x.push_back(v * mv);
  }
  EXPECT_NEAR(of(x, request("ahp_depth")).value, 15 * mv, 1e-15);
  EXPECT_NEAR(of(x, request("spike_trough")).value, -75 * mv, 1e-15);
  EXPECT_NEAR(of(x, request("spike_onset")).value, (-60.0 - 60.0 - 60.0) / 3 * mv, 1e-15);
}

TEST(Features, OfASine) {
  // 20 periods of 50 Hz, 0.1 ms apart: whole periods in the window.
  std::vector<double> x;
  for (int i = 0; i < 4000; ++i) x.push_back(2.0 + 3.0 * std::sin(2 * std::numbers::pi * 50 * 0.1 * ms * i));
  // Power A^2/2 in one bin of width 1/T.
  EXPECT_NEAR(of(x, request("spectral_density", {{"frequency", 50.0}})).value, 4.5 * 0.4, 1e-9);
  EXPECT_NEAR(of(x, request("spectral_density", {{"frequency", 75.0}})).value, 0.0, 1e-9);
  // The estimate over n - lag pairs of a sum over n.
  for (const int lag : {1, 50, 200}) {
    long double top = 0, bottom = 0, mean = 0;
    for (const double v : x) mean += v / 4000.0L;
    for (std::size_t i = 0; i < x.size(); ++i) {
      bottom += (x[i] - mean) * (x[i] - mean);
      if (i >= static_cast<std::size_t>(lag)) top += (x[i] - mean) * (x[i - lag] - mean);
    }
    EXPECT_NEAR(of(x, request("autocorrelation", {{"lag", lag}})).value, static_cast<double>(top / bottom), 1e-11);
  }
  EXPECT_NEAR(of(x, request("area")).value,
              2.0 * 0.3999 + 3.0 * (1 - std::cos(2 * std::numbers::pi * 50 * 0.3999)) / (2 * std::numbers::pi * 50),
              1e-7);  // the rule's error: h^2/12 times the slope's change
  EXPECT_NEAR(of(x, request("fraction_between", {{"low", 2.0}})).value, 0.5, 0.002);
  EXPECT_NEAR(of(x, request("fraction_between", {{"low", -1.0}, {"high", 2.0}})).value, 0.5, 0.002);
}

TEST(Features, AWindowOfTheAutocorrelationIsATraceOfItsOwn) {
  Rng rng(3, stream_id("window"));
  std::vector<double> x;
  for (int i = 0; i < 300; ++i) x.push_back(rng.normal() + (x.empty() ? 0.0 : 0.8 * x.back()));
  const std::vector<double> part(x.begin() + 100, x.begin() + 200);
  for (const double lag : {1.0, 7.0}) {
    const double got = of(x, request("autocorrelation", {{"lag", lag}}, {9.995 * ms, 19.995 * ms})).value;
    EXPECT_NEAR(got, of(part, request("autocorrelation", {{"lag", lag}})).value, 1e-12);
  }
}

TEST(Features, WhatHasNoValueSaysWhy) {
  const std::vector<double> one_spike = triangles({10 * ms}, 20 * ms);
  const std::vector<double> two_spikes = triangles({5 * ms, 10 * ms}, 20 * ms);
  EXPECT_EQ(of(one_spike, request("isi_mean")).why, Undefined::too_few_spikes);
  EXPECT_EQ(of(two_spikes, request("isi_mean")).why, Undefined::none);
  EXPECT_EQ(of(two_spikes, request("isi_cv")).why, Undefined::too_few_spikes);
  EXPECT_EQ(of(one_spike, request("latency", {}, {12 * ms, 20 * ms})).why, Undefined::too_few_spikes);
  EXPECT_EQ(of(one_spike, request("spike_trough")).why, Undefined::too_few_spikes);
  EXPECT_EQ(of(one_spike, request("mean", {}, {1.0, 2.0})).why, Undefined::empty_window);
  const std::vector<double> constant(100, -65 * mv);
  EXPECT_EQ(of(constant, request("skewness")).why, Undefined::no_variation);
  EXPECT_EQ(of(constant, request("sd")).value, 0.0);
  EXPECT_EQ(of(constant, request("spike_count")).value, 0.0);
  EXPECT_TRUE(std::isnan(of(constant, request("isi_mean")).value));
}

TEST(Features, EveryOneOfThemStandsBrokenTraces) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> gap = triangles({5 * ms, 10 * ms, 15 * ms}, 20 * ms);
  std::vector<double> broken = gap;
  broken[60] = infinity;
  for (std::size_t i = 80; i < broken.size(); ++i) broken[i] = nan;
  for (const Feature& row : registry()) {
    for (const std::vector<double>& trace :
         {std::vector<double>{}, std::vector<double>{-65 * mv}, std::vector<double>{nan, nan, nan},
          std::vector<double>(7, infinity), broken}) {
      const Value got = of(trace, request(row.name, any_arguments()));
      // A value or a reason, never both, and no number that is none.
      EXPECT_EQ(got.why == Undefined::none, std::isfinite(got.value)) << row.name;
    }
    const Value whole = of(gap, request(row.name, any_arguments()));
    EXPECT_EQ(whole.why, Undefined::none) << row.name << ": " << to_string(whole.why);
  }
  for (const char* name : {"mean", "sd", "kurtosis", "area", "spectral_density", "autocorrelation"})
    EXPECT_EQ(of(broken, request(name, any_arguments())).why, Undefined::not_finite) << name;
}

TEST(Features, RequestsThatShareAccumulatorsDoNotDisturbEachOther) {
  const std::vector<double> x = triangles({5 * ms, 10 * ms, 17 * ms, 23 * ms}, 30 * ms);
  std::vector<Request> all;
  for (const Feature& row : registry()) {
    all.push_back(request(row.name, any_arguments()));
    all.push_back(request(row.name, any_arguments(), {7 * ms, 25 * ms}));
    Arguments other = any_arguments();
    other["threshold"] = 0.0;
    all.push_back(request(row.name, other));
  }
  const std::vector<Value> together = measure(x, 0.0, 0.1 * ms, all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Value alone = of(x, all[i]);
    EXPECT_EQ(together[i].why, alone.why) << all[i].name;
    // A product that somebody else uses too is rounded before it is added: a few units of the last place.
    if (alone.why == Undefined::none) {
      EXPECT_NEAR(together[i].value, alone.value, 1e-13 * std::fabs(alone.value)) << all[i].name << " " << i % 3;
    }
  }
}

TEST(Features, ThePageHasEveryRow) {
  std::ifstream file(HILLOCK_SOURCE_DIR "/docs/features.md");
  std::stringstream text;
  text << file.rdbuf();
  std::string table = "| feature | gives | |\n|---|---|---|\n";
  const auto gives = [](Gives g) {
    switch (g) {
      case Gives::number: return "a number";
      case Gives::quantity: return "the quantity's unit";
      case Gives::squared: return "its square";
      case Gives::time: return "a time";
      case Gives::rate: return "a rate";
      case Gives::times_time: return "the quantity's unit times time";
      case Gives::density: return "its square per Hz";
    }
    return "";
  };
  for (const Feature& row : registry()) {
    std::string arguments;
    for (const Argument& a : row.arguments)
      arguments += (arguments.empty() ? " " : ", ") + std::string("`") + std::string(a.name) + "`" +
                   (a.required ? " (needed)" : "");
    table += "| `" + std::string(row.name) + "` | " + gives(row.gives) + " | " + std::string(row.sentence) +
             (arguments.empty() ? "" : " Takes" + arguments + ".") + " |\n";
  }
  EXPECT_NE(text.str().find(table), std::string::npos) << "docs/features.md should have this table:\n" << table;
}

}  // namespace
}  // namespace hillock::features
