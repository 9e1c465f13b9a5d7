#include "verify/whiteness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numbers>

#include "base/parallel.hpp"
#include "prob/special.hpp"
#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

using test::herg_samples;

/// The plan of the shared hERG set's training protocol.
const WhitenessPlan& herg_plan() {
  static const WhitenessPlan plan = [] {
    const auto mask = test::herg_mask();
    const auto command = test::herg_command();
    return plan_whiteness({herg_samples, mask, command, 0.1}).value();
  }();
  return plan;
}

/// Kolmogorov-Smirnov distance of values from the uniform distribution: largest of F - x (`above`) and x - F (`below`).
struct Distance {
  double above = 0.0, below = 0.0;
};
Distance distance_from_uniform(std::vector<double> p) {
  std::ranges::sort(p);
  const double n = static_cast<double>(p.size());
  Distance out;
  for (std::size_t i = 0; i < p.size(); ++i) {
    out.above = std::max(out.above, static_cast<double>(i + 1) / n - p[i]);
    out.below = std::max(out.below, p[i] - static_cast<double>(i) / n);
  }
  return out;
}

TEST(Whiteness, RunsEveryTestOnTheHergProtocol) {
  const WhitenessPlan& plan = herg_plan();
  EXPECT_TRUE(plan.not_run.empty());
  EXPECT_EQ(plan.kept.size(), herg_samples - 8 * 50);
  const Whiteness found = whiteness(test::white(herg_samples, 40), plan).value();
  std::vector<std::string> names;
  for (const auto& t : found.tests) names.push_back(t.name);
  EXPECT_EQ(names, (std::vector<std::string>{"mean", "ljung_box", "ljung_box_20", "drift", "drift_fine", "input_level",
                                             "input_change_2ms", "input_change_20ms", "input_change_200ms",
                                             "variance_time", "variance_input", "normality"}));
  for (const Grouping& g : plan.groupings) {
    std::vector<std::size_t> size(g.groups, 0);
    for (const auto k : g.group) ++size[k];
    EXPECT_GE(*std::ranges::min_element(size), plan.options.least_in_bin) << g.name;
    EXPECT_GE(g.groups, 8U) << g.name;
  }
}

/// The residuals of a least-squares fit with 9 parameters whose sensitivities are smooth curves of the protocol: the
/// gates of a model relax towards the command with time constants of 2 to 500 ms.
class Fitted {
 public:
  Fitted() {
    const auto command = test::herg_command();
    const auto mask = test::herg_mask();
    for (int k = 0; k < 9; ++k) {
      const double rate = 0.1 / (2.0 * std::pow(250.0, k / 8.0));
      std::vector<double> s(herg_samples);
      double state = -80.0;
      for (std::size_t i = 0; i < s.size(); ++i)
        state += rate * (command[i] - state), s[i] = mask[i] ? state / 100.0 : 0.0;
      for (const auto& earlier : basis_) remove(s, earlier);
      double norm = 0.0;
      for (const double v : s) norm += v * v;
      for (double& v : s) v /= std::sqrt(norm);
      basis_.push_back(std::move(s));
    }
  }
  std::vector<double> residuals(std::vector<double> x) const {
    for (const auto& b : basis_) remove(x, b);
    return x;
  }

 private:
  static void remove(std::vector<double>& x, const std::vector<double>& unit) {
    double dot = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) dot += x[i] * unit[i];
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= dot * unit[i];
  }
  std::vector<std::vector<double>> basis_;
};

TEST(Whiteness, PValuesAreUniformForWhiteNoiseAndConservativeAfterAFit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t series = 200;  // sanitizers look at the memory, not at the statistics
#else
  constexpr std::size_t series = 2000;
#endif
  constexpr std::size_t fitted_series = series / 2;
  constexpr double expected = 0.01 * series;  // of p-values below 1 %
  const double expected_sd = std::sqrt(0.99 * expected);
  const WhitenessPlan& plan = herg_plan();
  const Fitted fit;
  std::vector<Whiteness> plain(series);
  std::vector<Whiteness> fitted(fitted_series);
  parallel_for(series, 0, [&](std::size_t s) {
    std::vector<double> x = test::white(herg_samples, 41, s);
    plain[s] = whiteness(x, plan).value();
    if (s < fitted_series) fitted[s] = whiteness(fit.residuals(std::move(x)), plan).value();
  });
  // 99.9 % bound of the Kolmogorov distance: sqrt(n) D < 1.949.
  EXPECT_NEAR(prob::kolmogorov_survival(1.949), 0.001, 1e-5);
  int alarms = 0;
  int fitted_alarms = 0;
  for (std::size_t t = 0; t < plain[0].tests.size(); ++t) {
    std::vector<double> p;
    std::vector<double> after;
    for (const auto& w : plain) p.push_back(w.tests[t].p);
    for (const auto& w : fitted) after.push_back(w.tests[t].p);
    const std::string& name = plain[0].tests[t].name;
    const Distance d = distance_from_uniform(p);
    EXPECT_LT(std::max(d.above, d.below) * std::sqrt(static_cast<double>(series)), 1.949) << name;
    // The far tail is where decisions are made: a count within four standard deviations.
    const auto small = std::ranges::count_if(p, [](double v) { return v < 0.01; });
    EXPECT_NEAR(static_cast<double>(small), expected, 4.0 * expected_sd) << name;
    // After a fit p-values may only grow: few small ones is no fault, many would be.
    EXPECT_LT(distance_from_uniform(after).above * std::sqrt(static_cast<double>(fitted_series)), 1.949)
        << name << " after a fit";
    RecordProperty(name + "_below_1_percent", static_cast<int>(small));
    RecordProperty(name + "_after_fit_below_5_percent",
                   static_cast<int>(std::ranges::count_if(after, [](double v) { return v < 0.05; })));
  }
  for (const auto& w : plain) alarms += w.rejected ? 1 : 0;
  for (const auto& w : fitted) fitted_alarms += w.rejected ? 1 : 0;
  // Of all tests together at the level 1 %, no more than of one.
  EXPECT_LE(alarms, expected + 4.0 * expected_sd);
  EXPECT_GE(alarms, expected - 4.0 * expected_sd);  // and the tests are not asleep
  EXPECT_LE(fitted_alarms, 0.5 * expected + 4.0 * std::sqrt(0.5) * expected_sd);
  RecordProperty("alarms", alarms);
  RecordProperty("alarms_after_fit", fitted_alarms);
}

/// Every one of 20 series with the fault must be rejected (at 90 % power that has a chance of 12 %; these are all
/// stronger), and by the test whose business it is.
void expect_found(const std::string& by, const std::function<void(std::vector<double>&)>& plant) {
  for (std::uint64_t s = 0; s < 20; ++s) {
    std::vector<double> x = test::white(herg_samples, 42, s);
    plant(x);
    const Whiteness found = whiteness(x, herg_plan()).value();
    EXPECT_TRUE(found.rejected) << by << " in series " << s;
    EXPECT_LT(found.find(by)->p_holm, 0.01) << by << " in series " << s;
  }
}

TEST(Whiteness, FindsWeakAutocorrelation) {
  // AR(1), rho = 0.05: sqrt(n) rho = 14 standard errors at lag 1, non-centrality 200 against chi2(20).
  expect_found("ljung_box", [](std::vector<double>& x) {
    for (std::size_t i = 1; i < x.size(); ++i) x[i] = 0.05 * x[i - 1] + std::sqrt(1.0 - 0.0025) * x[i];
  });
}

TEST(Whiteness, FindsASlowSinusoidUnderTheNoise) {
  // 0.1 sd, period 2 s: non-centrality n a^2 / 2 = 400.
  const auto slow = [](std::vector<double>& x) {
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] += 0.1 * std::sin(2.0 * std::numbers::pi * static_cast<double>(i) / 20000.0);
  };
  expect_found("drift", slow);
  expect_found("drift_fine", slow);
}

TEST(Whiteness, FindsAMissingExponential) {
  // After the step to 40 mV at 500.1 ms and to -120 mV at 1500.1 ms a current of 0.5 sd that decays with 100 ms was not
  // in the model: energy 2 * 0.25 * 1000 / 2 = 250 noise variances, gathered in 2 of 32 stretches of time.
  expect_found("drift", [](std::vector<double>& x) {
    for (const std::size_t step : {5001U, 15001U})
      for (std::size_t i = step; i < step + 8000; ++i) x[i] += 0.5 * std::exp(-static_cast<double>(i - step) / 1000.0);
  });
}

TEST(Whiteness, FindsDependenceOnTheCommandAndOnItsChange) {
  const auto command = test::herg_command();
  expect_found("input_level", [&](std::vector<double>& x) {  // 0.05 sd at 40 mV more than at -120 mV
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += 0.05 * (command[i] + 40.0) / 80.0;
  });
  expect_found("input_change_20ms", [&](std::vector<double>& x) {
    for (std::size_t i = 200; i < x.size(); ++i) x[i] += 0.2 * (command[i] > command[i - 200] ? 1.0 : 0.0);
  });
}

TEST(Whiteness, FindsNoiseThatChanges) {
  const auto command = test::herg_command();
  expect_found("variance_input", [&](std::vector<double>& x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= command[i] > -60.0 ? 1.05 : 1.0;
  });
  expect_found("variance_time", [&](std::vector<double>& x) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= 1.0 + 0.1 * static_cast<double>(i) / herg_samples;
  });
}

TEST(Whiteness, FindsAnOffsetAndHeavyTails) {
  expect_found("mean", [](std::vector<double>& x) {
    for (double& v : x) v += 0.025;  // 7 standard errors
  });
  expect_found("normality", [](std::vector<double>& x) {  // one sample in 500 is three times as large
    for (std::size_t i = 0; i < x.size(); i += 500) x[i] *= 3.0;
  });
}

TEST(Whiteness, SamplesLeftOutAreNotRead) {
  std::vector<double> x = test::white(herg_samples, 43);
  const Whiteness before = whiteness(x, herg_plan()).value();
  const auto mask = test::herg_mask();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (mask[i] == 0) x[i] = std::numeric_limits<double>::quiet_NaN();
  const Whiteness after = whiteness(x, herg_plan()).value();
  for (std::size_t t = 0; t < before.tests.size(); ++t) EXPECT_EQ(before.tests[t].p, after.tests[t].p);
}

TEST(Whiteness, ShortSeriesDropTestsAndSaySo) {
  const WhitenessPlan plan = plan_whiteness({.samples = 300, .mask = {}, .input = {}, .interval_ms = 1.0}).value();
  ASSERT_EQ(plan.not_run.size(), 3U);
  EXPECT_EQ(plan.not_run[0], "ljung_box_20: 15 blocks, needs 200");
  EXPECT_EQ(plan.not_run[1], "drift_fine: 0 bins, needs 12");
  EXPECT_EQ(plan.not_run[2], "input_level, input_change, variance_input: no input given");
  EXPECT_EQ(whiteness(test::white(300, 44), plan).value().tests.size(), 5U);
  const std::vector<double> held(300, -80.0);
  const WhitenessPlan constant =
      plan_whiteness({.samples = 300, .mask = {}, .input = held, .interval_ms = 1.0}).value();
  EXPECT_EQ(constant.not_run.back(), "input_change_200ms: the input does not vary");
}

TEST(Whiteness, MistakesAreValues) {
  EXPECT_EQ(plan_whiteness({.samples = 100, .mask = {}, .input = {}, .interval_ms = 1.0}).error()[0].code,
            "series-too-short");
  WhitenessOptions bad;
  bad.level = 0.0;
  bad.time_bins = 1;
  bad.least_in_bin = 2;
  bad.change_lags_ms = {-1.0};
  const auto all = plan_whiteness({.samples = 1000, .mask = {}, .input = {}, .interval_ms = 1.0}, bad);
  ASSERT_FALSE(all.has_value());
  EXPECT_EQ(all.error().size(), 4U);  // all at once
  std::vector<double> input(1000, 0.0);
  input[7] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(plan_whiteness({.samples = 1000, .mask = {}, .input = input, .interval_ms = 1.0}).error()[0].code,
            "input-not-finite");
  const WhitenessPlan plan = plan_whiteness({.samples = 1000, .mask = {}, .input = {}, .interval_ms = 1.0}).value();
  std::vector<double> x = test::white(1000, 45);
  x[3] = std::numeric_limits<double>::quiet_NaN();
  const auto nan = whiteness(x, plan);
  ASSERT_FALSE(nan.has_value());
  EXPECT_EQ(nan.error()[0].code, "residual-not-finite");
  EXPECT_EQ(nan.error()[0].message, "the residual at sample 3 is nan");
  EXPECT_EQ(whiteness(std::vector<double>(1000, 0.25), plan).error()[0].code, "residual-constant");
}

TEST(Whiteness, DetectableAmplitudeIsDetectedAsOftenAsItSays) {
  const double amplitude = detectable_sine_amplitude(herg_plan().kept.size(), 32, 0.01, 0.9);
  // Non-centrality for 90 % power at 1 % with 31 degrees of freedom is about 38: sqrt(2 * 38 / 79 600) = 0.031.
  EXPECT_NEAR(amplitude, 0.031, 0.002);
  int found = 0;
  constexpr int series = 200;
  for (int s = 0; s < series; ++s) {
    std::vector<double> x = test::white(herg_samples, 46, static_cast<std::uint64_t>(s));
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] += amplitude * std::sin(2.0 * std::numbers::pi * (static_cast<double>(i) / 40000.0 + 0.01 * s));
    found += whiteness(x, herg_plan()).value().find("drift")->p < 0.01 ? 1 : 0;
  }
  // Binomial sd of 200 at 0.9: 4.2. Averaging within a bin (a sixteenth of a period) loses 1 % of the energy.
  EXPECT_NEAR(found, 180, 4 * 4.3);
}

}  // namespace
}  // namespace hillock::verify
