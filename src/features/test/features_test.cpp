/// Features of traces with known answers, and of traces that have none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

#include "base/rng.hpp"
#include "features/readings.hpp"
#include "features/trace_reader.hpp"

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

/// Arguments that a feature accepts.
Arguments any_arguments(const Feature& row) {
  if (row.name == "band_power") return {{"low", 100.0}, {"high", 500.0}, {"resolution", 50.0}};
  return {{"number", 1.0}, {"lag", 1.0}, {"frequency", 100.0}};
}
Arguments any_arguments(std::string_view name) { return any_arguments(*find_feature(name)); }

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
  EXPECT_NEAR(value("isi_local_variation"), 3 * (std::pow(2.0 / 22.0, 2) + std::pow(2.4 / 26.4, 2)) / 2, 1e-9);
  EXPECT_NEAR(value("isi", {{"number", 1}}), 10 * ms, t);
  EXPECT_NEAR(value("isi", {{"number", 3}}), 14.4 * ms, t);
  EXPECT_NEAR(value("isi", {{"number", 1}}, {15 * ms, 60 * ms}), 12 * ms, t);
  EXPECT_EQ(value("isi_fraction_between", {{"low", 11 * ms}, {"high", 14 * ms}}), 1.0 / 3);
  EXPECT_EQ(value("isi_fraction_between", {{"low", 11 * ms}}), 2.0 / 3);
  EXPECT_NEAR(value("spike_peak"), 30 * mv, t);
  EXPECT_NEAR(value("spike_trough"), -70 * mv, t);
  EXPECT_NEAR(value("spike_width"), 1 * ms, t);
  // The slope is 100 V/s from the foot on.
  EXPECT_NEAR(value("spike_onset"), -70 * mv, t);
  EXPECT_NEAR(value("spike_amplitude"), 100 * mv, t);
  EXPECT_NEAR(value("ahp_depth"), 0.0, t);
  // Half height is -20 mV, the threshold, or between other thresholds and the peak.
  for (const double threshold : {-20 * mv, -40 * mv, 10 * mv}) {
    EXPECT_NEAR(value("half_width", {{"threshold", threshold}}), 1 * ms, t);
    EXPECT_NEAR(value("half_width", {{"threshold", threshold}, {"number", 4}}), 1 * ms, t);
  }
}

/// A trace as numpy would be asked: the whole of it is at hand.
double half_width_of_the_stored_spike(std::span<const double> v, double interval, double onset) {
  const auto peak = static_cast<std::size_t>(std::max_element(v.begin(), v.end()) - v.begin());
  const double level = (onset + v[peak]) / 2;
  std::size_t rise = peak, fall = peak;
  while (v[rise - 1] > level) --rise;
  while (v[fall] >= level) ++fall;
  const auto crossing = [&](std::size_t i) {
    return interval * (static_cast<double>(i) - 1 + (level - v[i - 1]) / (v[i] - v[i - 1]));
  };
  return crossing(fall) - crossing(rise);
}

/// An upstroke that grows e-fold in 0.1 ms, a round peak at 2 ms, a slower way down.
std::vector<double> spike(double interval, double rest = -65 * mv) {
  std::vector<double> out;
  for (int i = 0; i * interval < 6 * ms; ++i) {
    const double u = i * interval / ms - 2;
    out.push_back(rest + 2 * 90 * mv / (std::exp(-u / 0.1) + std::exp(u / 0.4)));
  }
  return out;
}

TEST(Features, HalfWidthIsThatOfTheStoredSpike) {
  for (const double interval : {0.1 * ms, 0.05 * ms, 0.025 * ms, 0.01 * ms, 0.001 * ms, 0.0002 * ms})
    for (const double threshold : {-55 * mv, -20 * mv, 0.0}) {
      const std::vector<double> v = spike(interval);
      const Arguments arguments{{"threshold", threshold}};
      const double onset = of(v, request("spike_onset", arguments), interval).value;
      const Value got = of(v, request("half_width", arguments), interval);
      ASSERT_EQ(got.why, Undefined::none) << interval << " " << threshold;
      // Where neighbours are kept it is the same line, to rounding; else to 0.00125 of the 0.1 ms of an e-fold.
      const double error = std::fabs(got.value - half_width_of_the_stored_spike(v, interval, onset));
      EXPECT_LT(error, interval > 0.009 * ms ? 1e-15 : 0.00125 * 0.1 * ms) << interval << " " << threshold;
      EXPECT_GT(got.value, 0.3 * ms);
    }
}

TEST(Features, SpikesAreMeasuredOneByOne) {
  // Two spikes, the second from a depolarised rest, so that it is smaller and its half height another.
  std::vector<double> v = spike(0.025 * ms), second = spike(0.025 * ms, -50 * mv);
  for (double& x : second) x = -50 * mv + 0.6 * (x + 50 * mv);
  v.insert(v.end(), second.begin(), second.end());
  const auto value = [&](const char* name, double number) {
    return of(v, request(name, {{"number", number}}), 0.025 * ms).value;
  };
  const auto mean = [&](const char* name) { return of(v, request(name), 0.025 * ms).value; };
  for (const char* name : {"spike_peak", "spike_width", "spike_onset", "spike_amplitude", "half_width"}) {
    EXPECT_NE(value(name, 1), value(name, 2)) << name;
    EXPECT_NEAR(mean(name), (value(name, 1) + value(name, 2)) / 2, 1e-15) << name;
    EXPECT_EQ(of(v, request(name, {{"number", 3.0}}), 0.025 * ms).why, Undefined::too_few_spikes) << name;
  }
  EXPECT_NEAR(value("spike_peak", 2), *std::max_element(second.begin(), second.end()), 1e-15);
  EXPECT_NEAR(value("half_width", 2), half_width_of_the_stored_spike(second, 0.025 * ms, value("spike_onset", 2)),
              1e-15);
  EXPECT_EQ(value("spike_trough", 1), mean("spike_trough"));
  EXPECT_EQ(of(v, request("ahp_depth", {{"number", 2.0}}), 0.025 * ms).why, Undefined::too_few_spikes);
}

TEST(Features, ASpikeWithoutASteepUpstrokeHasNoOnset) {
  // After a fast spike one that rises by 5 V/s: its onset is not that of the first.
  std::vector<double> v = spike(0.1 * ms);
  const std::vector<double> fast = v;
  for (int i = 0; i < 400; ++i) v.push_back(-65 * mv + 100 * mv * std::sin(std::numbers::pi * i / 400.0));
  std::vector<double> slow(v.begin() + static_cast<std::ptrdiff_t>(fast.size()), v.end());
  for (const char* name : {"spike_onset", "spike_amplitude", "half_width"}) {
    EXPECT_EQ(of(v, request(name)).value, of(fast, request(name)).value) << name;
    EXPECT_EQ(of(v, request(name, {{"number", 2.0}})).why, Undefined::no_onset) << name;
    EXPECT_EQ(of(slow, request(name)).why, Undefined::no_onset) << name;
  }
  EXPECT_EQ(of(slow, request("spike_peak")).why, Undefined::none);
}

/// A chaotic signal that Python makes alike: u = 3.9 u (1 - u) from 0.3, y = 0.9 y + u - 0.5, 1000 samples 0.1 ms
/// apart.
std::vector<double> chaos() {
  std::vector<double> out;
  double u = 0.3, y = 0.0;
  for (int i = 0; i < 1000; ++i) {
    u = 3.9 * u * (1 - u);
    y = 0.9 * y + u - 0.5;
    out.push_back(y);
  }
  return out;
}

TEST(Features, PowerInBandsIsThatOfNumpysTransform) {
  // X = np.fft.rfft(x - x.mean()); P = 2*abs(X)**2/1000**2; f = np.fft.rfftfreq(1000, 1e-4)
  // P[(f >= 20) & (f < 200)].sum(), and the same of x[200:700] from 100 to 1000 Hz. Sums of 1000 terms: 1e-12.
  const std::vector<double> x = chaos();
  const auto power = [&](double low, double high, Window window = {}) {
    return of(x, request("band_power", {{"low", low}, {"high", high}}, window)).value;
  };
  EXPECT_NEAR(power(20, 200), 0.03617941896279087, 1e-12);
  EXPECT_NEAR(power(1000, 4000), 0.030276242292993905, 1e-12);
  EXPECT_NEAR(power(100, 1000, {19.95 * ms, 69.95 * ms}), 0.03954205710832233, 1e-12);
  // All bands together are the variance, less what is at 5 kHz itself: (abs(X[500])/1000)**2.
  EXPECT_NEAR(power(0, 2000) + power(2000, 5000) + 3.917976002160996e-06, of(x, request("variance")).value, 1e-12);
  EXPECT_EQ(power(203, 207), 0.0);  // between two frequencies
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

TEST(Features, AValueIsOneSample) {
  std::vector<double> x = triangles({10 * ms}, 20 * ms);
  const auto at = [&](double time) { return of(x, request("value", {{"at", time}})); };
  for (const std::size_t i : {std::size_t{0}, std::size_t{97}, x.size() - 1})
    EXPECT_EQ(at(static_cast<double>(i) * (0.1 * ms)).value, x[i]) << i;
  EXPECT_EQ(of(x, request("value")).value, x[0]);
  EXPECT_EQ(of(x, request("value", {}, {9.65 * ms, 12 * ms})).value, x[97]);
  // No sample is there, and none in the window.
  EXPECT_EQ(at(0.05 * ms).why, Undefined::empty_window);
  EXPECT_EQ(of(x, request("value", {}, {1.0, 2.0})).why, Undefined::empty_window);
  // A sample that is no number; what other samples are does not matter.
  x[97] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(at(97 * (0.1 * ms)).why, Undefined::not_finite);
  EXPECT_EQ(at(98 * (0.1 * ms)).value, x[98]);
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
      const Value got = of(trace, request(row.name, any_arguments(row)));
      // A value or a reason, never both, and no number that is none.
      EXPECT_EQ(got.why == Undefined::none, std::isfinite(got.value)) << row.name;
    }
    const Value whole = of(gap, request(row.name, any_arguments(row)));
    EXPECT_EQ(whole.why, Undefined::none) << row.name << ": " << to_string(whole.why);
  }
  for (const char* name : {"mean", "sd", "kurtosis", "area", "spectral_density", "autocorrelation"})
    EXPECT_EQ(of(broken, request(name, any_arguments(name))).why, Undefined::not_finite) << name;
}

/// What early stopping rests on, for every feature: triangles with spikes, some of them cut off by the window.
TEST(Features, WhatIsDecidedOrBehindTheWindowStaysAsItIs) {
  std::vector<double> x = triangles({5 * ms, 10 * ms, 17 * ms, 23 * ms}, 30 * ms);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += 1e-4 * std::sin(0.7 * static_cast<double>(i));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Feature& row : registry())
    for (const Window& window : {Window{}, Window{4 * ms, 17.05 * ms}, Window{-1.0, 12 * ms}}) {
      const bool numbered =
          std::ranges::any_of(row.arguments, [](const Argument& a) { return a.name == std::string_view("number"); });
      Arguments arguments = any_arguments(row.name);
      if (numbered) arguments["number"] = 1.0;
      const Request r = request(row.name, arguments, window);
      const auto same = [](const Value& a, const Value& b) {
        return a.why == b.why && (a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)));
      };
      // What comes after the window, even if it is no number, is not read; one sample after it, it is over.
      const auto end = static_cast<std::size_t>(std::ceil(std::min(window.until, 29.9 * ms) / (0.1 * ms))) + 1;
      const Value at_end = of(std::span(x).first(std::min(end, x.size())), r);
      EXPECT_TRUE(same(at_end, of(x, r))) << row.name;
      std::vector<double> broken_later = x;
      for (std::size_t i = end; i < x.size(); ++i) broken_later[i] = nan;
      EXPECT_TRUE(same(at_end, of(broken_later, r))) << row.name;
      // Once decided, nothing changes it.
      bool was_decided = false;
      for (std::size_t n = 20; n < x.size(); n += 23) {
        const Value now = of(std::span(x).first(n), r);
        EXPECT_GE(now.decided, was_decided) << row.name;
        was_decided = now.decided;
        std::vector<double> broken = x;
        for (std::size_t i = n; i < x.size(); ++i) broken[i] = nan;
        const Value later = of(broken, r);
        if (now.decided) {
          EXPECT_EQ(now.why, Undefined::none) << row.name;
          EXPECT_TRUE(same(now, of(x, r)) && same(now, later)) << row.name;
        } else if (n < end - 1 && n > 50) {  // broken inside the window
          EXPECT_EQ(later.why, Undefined::not_finite) << row.name << " " << n;
        }
      }
      EXPECT_EQ(was_decided, row.name == "latency" || row.name == "value" || numbered) << row.name;
    }
}

TEST(Features, RequestsThatShareAccumulatorsDoNotDisturbEachOther) {
  const std::vector<double> x = triangles({5 * ms, 10 * ms, 17 * ms, 23 * ms}, 30 * ms);
  std::vector<Request> all;
  for (const Feature& row : registry()) {
    all.push_back(request(row.name, any_arguments(row)));
    all.push_back(request(row.name, any_arguments(row), {7 * ms, 25 * ms}));
    Arguments other = any_arguments(row);
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

TEST(Features, ATraceReaderMeasuresAsOneTraceIs) {
  std::vector<double> x = triangles({5 * ms, 10 * ms, 17 * ms, 23 * ms}, 30 * ms);
  std::vector<double> y = x;
  for (double& v : y) v = -0.5 * v + 1 * mv;
  std::vector<std::uint8_t> mask(x.size(), 1);
  for (std::size_t i = 20; i < 30; ++i) mask[i] = 0;
  std::vector<Request> requests;
  for (const char* channel : {"v", "w"})
    for (const Feature& row : registry()) {
      requests.push_back(request(row.name, any_arguments(row)));
      requests.back().quantity = channel;
    }
  const std::vector<std::string> channels{"v", "w"};
  TraceReader reader({0.0, 0.1 * ms, mask, false, false}, channels, requests);
  TraceReader::Run run(reader);
  std::vector<Value> got(requests.size());
  for (int again = 0; again < 2; ++again) {  // nothing is left over of a trace before
    for (std::size_t i = 0, kept = 0; i < x.size(); ++i)
      if (mask[i] != 0) run.value(kept, 0) = again == 0 ? 7.0 : x[i], run.value(kept++, 1) = again == 0 ? 0.0 : y[i];
    run.read(got);
  }
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const auto& trace = requests[r].quantity == "v" ? x : y;
    const Value want = measure(trace, 0.0, 0.1 * ms, std::span(&requests[r], 1), mask).front();
    EXPECT_EQ(got[r].why, want.why) << requests[r].name;
    if (want.why == Undefined::none) {
      EXPECT_NEAR(got[r].value, want.value, 1e-13 * std::fabs(want.value)) << requests[r].name;
    }
  }
}

TEST(Features, SpikesThatComeWithTracesAreTheirSpikes) {
  const std::vector<std::string> channels{"n"};
  std::vector<Request> requests{request("spike_count", {}, {}), request("latency"), request("mean")};
  for (Request& r : requests) r.quantity = "n";
  TraceReader reader({0.0, 1.0, std::vector<std::uint8_t>(6, 1), true, false}, channels, requests);
  TraceReader::Run run(reader);
  std::vector<Value> got(requests.size());
  const double counts[] = {0, 0, 1, 1, 2, 2}, last[] = {0, 0, 1.5, 1.5, 3.25, 3.25};
  for (std::size_t i = 0; i < 6; ++i) {
    run.value(i, 0) = static_cast<double>(i);
    run.set_spikes(i, counts[i], last[i]);
  }
  run.read(got);
  EXPECT_EQ(got[0].value, 2.0);
  EXPECT_EQ(got[1].value, 1.5);
  EXPECT_EQ(got[2].value, 2.5);
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
