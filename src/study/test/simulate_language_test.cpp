// Brian 2's language, as `hillock simulate` runs it: variables that resets change, types, what is held over a step,
// events, random numbers.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "io/recording_reader.hpp"
#include "sim/simulator.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

struct Ran {
  nlohmann::json answer;
  std::string text;
  std::map<std::string, std::vector<double>> columns;
  std::vector<double> steps(const nlohmann::json& times_ms, double dt_ms) const {
    std::vector<double> out;
    for (const double t : times_ms) out.push_back(std::round(t / dt_ms));
    return out;
  }
};

Ran run(const std::string& model, const std::string& duration, const std::string& integrator = "exponential_euler",
        const std::string& isa = "auto", std::int64_t seed = 1) {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("cell.model", model);
  options.out = scratch.path("out.npz");
  options.integrator = integrator;
  options.duration = read_quantity_text(duration, "--duration", "second").value();
  options.run.isa = isa;
  options.seed = seed;
  Silent silent;
  const auto got = simulate_model(options, silent);
  if (!got) {
    ADD_FAILURE() << render(got.error());
    return {};
  }
  Ran out;
  out.answer = nlohmann::json::parse(got->json);
  out.text = got->text;
  const auto file = io::read_arrays(options.out);
  EXPECT_TRUE(file);
  for (const data::Array& array : file->arrays) out.columns[array.name] = array.values;
  return out;
}

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}
double variance(const std::vector<double>& x) {
  const double m = mean(x);
  double sum = 0.0;
  for (const double v : x) sum += (v - m) * (v - m);
  return sum / static_cast<double>(x.size());
}

TEST(SimulateLanguage, VariablesTypesHeldAndEventsAreBrians) {
  // Brian 2.5.1, numpy target, exponential_euler, dt 0.1 ms:
  //   G = NeuronGroup(1, '''theta:volt
  //                         w:volt
  //                         n:integer
  //                         latched:boolean
  //                         slow = ... (as below)''', threshold=..., reset=..., refractory=2.19*ms,
  //                   events={'half': 'v > -60*mV and not latched'}, method='exponential_euler')
  //   G.run_on_event('half', 'x *= 0.9; w -= 0.01*mV'); G.v = E; G.theta = -50*mV; G.w = 1*mV; run(200*ms)
  const Ran ran =
      run("const E = -70 mV\nconst tau = 20 ms\nconst I = 24 mV\n"
          "theta : volt\ninit theta = -50 mV\n"
          "w : volt\nconst w = 1 mV\n"
          "n : integer\nlatched : boolean\n"
          "slow = 0.3*mV*t_in_timesteps*dt/ms + 0*v : volt (constant over dt)\n"
          "I_tot = I - w - slow*0.01 : volt\n"
          "dv/dt = (E - v + I_tot)/tau : volt (unless refractory)\n"
          "dx/dt = (int(not_refractory)*1.0 - x)/(5*ms) : 1\n"
          "init v = E\n"
          "threshold v > theta and t - lastspike > 1*ms\n"
          "reset d = 2*mV + 0.5*mV*n; theta += d; w += 0.25*mV; v = E; n = int(n + 1.7); latched = n % 2 == 1\n"
          "refractory 2.19 ms\n"
          "event half v > -60*mV and not latched\n"
          "on half x *= 0.9; w -= 0.01*mV\n",
          "200 ms");
  EXPECT_EQ(ran.steps(ran.answer["spikes_ms"], 0.1), (std::vector<double>{353, 800, 1306}));
  const std::vector<double> half = ran.steps(ran.answer["events_ms"]["half"], 0.1);
  ASSERT_EQ(half.size(), 622U);
  EXPECT_EQ(half.front(), 114.0);
  EXPECT_EQ(half.back(), 1306.0);
  EXPECT_NE(ran.text.find("622 events of 'half': the first at 11.4 ms"), std::string::npos) << ran.text;
  EXPECT_EQ(ran.columns.at("half_time_ms").size(), 622U);
  struct Row {
    std::size_t step;
    double v, x, theta, w, n, latched, slow;
  };
  const Row rows[] = {
      {100, -0.060956537943388803, 0.86466471676338619, -0.05, 0.001, 0, 0, 0.003},
      {777, -0.048369018709323697, 0.9997161050476393, -0.048, -0.001150000000000005, 1, 1, 0.02331},
      {1500, -0.053764893258721157, 0.97175690495022282, -0.0425, -0.0044699999999999792, 3, 1, 0.045},
      {1999, -0.04304672392073837, 0.99999869186261281, -0.0425, -0.0044699999999999792, 3, 1, 0.05997},
  };
  for (const Row& row : rows) {
    const auto near = [&](const char* name, double wanted) {
      EXPECT_NEAR(ran.columns.at(name)[row.step], wanted, 1e-9 * std::fabs(wanted)) << name << " at " << row.step;
    };
    near("v_volt", row.v), near("x", row.x), near("theta_volt", row.theta), near("w_volt", row.w);
    near("n", row.n), near("latched", row.latched), near("slow_volt", row.slow);
  }
}

TEST(SimulateLanguage, WhatIsConstantOverDtIsHeldThroughTheStagesTheThresholdAndTheReset) {
  // By hand, Runge and Kutta's method at dt 0.1 ms with x' = h, h = x/ms held: x(t+dt) = x + dt x/ms = 1.1 x exactly as
  // forward Euler, not 1.10517. The reset adds what was held, not what x has become.
  const Ran ran =
      run("dx/dt = h : 1\ninit x = 1\nh = x/ms : 1/second (constant over dt)\n"
          "seen : 1\nthreshold h > 1.3/ms\nreset seen = h*ms; x = 1\n",
          "0.6 ms", "rk4");
  // x: 1, 1.1, 1.21, 1.331, then h = 1.331/ms > 1.3/ms in the step from 0.3 ms: seen = 1.331, x = 1, ...
  const std::vector<double> x{1, 1.1, 1.21, 1.331, 1, 1.1, 1.21};
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(ran.columns.at("x")[i], x[i], 1e-12) << i;
  EXPECT_EQ(ran.steps(ran.answer["spikes_ms"], 0.1), (std::vector<double>{3}));
  EXPECT_NEAR(ran.columns.at("seen").back(), 1.331, 1e-12);
}

TEST(SimulateLanguage, EventsRunAfterTheResetInTheOrderOfTheirNames) {
  // By hand. x counts tenths of a millisecond. At x = 3 (the step from 0.2 ms) spike and both events: reset x = 10,
  // then a: x = 2 x = 20, then b: x = x + 1 = 21. The conditions were read before the reset; lastspike is 0.2 ms for b.
  const Ran ran =
      run("dx/dt = 1/(0.1*ms) : 1\nsince : second\nfree : 1\n"
          "event b x > 2.5 and x < 3.5\nevent a x > 2.5 and x < 3.5\n"
          "on b x += 1; since = t - lastspike\non a x *= 2\non b free = int(not_refractory)\n"
          "init free = 7\n"
          "threshold x > 2.5 and x < 3.5\nreset x = 10\nrefractory 1 ms\n",
          "0.4 ms", "euler");
  const std::vector<double> x{0, 1, 2, 21, 22};
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(ran.columns.at("x")[i], x[i], 1e-9) << i;
  EXPECT_EQ(ran.columns.at("since_second").back(), 0.0);
  EXPECT_EQ(ran.columns.at("free").back(), 0.0);
  EXPECT_EQ(ran.steps(ran.answer["events_ms"]["a"], 0.1), (std::vector<double>{2}));
}

TEST(SimulateLanguage, EventsNeedNoThreshold) {
  const Ran ran = run("dx/dt = 1/(0.1*ms) : 1\nevent wrap x >= 3\non wrap x -= 3\n", "1 ms", "euler");
  EXPECT_EQ(ran.steps(ran.answer["events_ms"]["wrap"], 0.1), (std::vector<double>{2, 5, 8}));
  EXPECT_FALSE(ran.answer.contains("spikes_ms"));
}

TEST(SimulateLanguage, AnIntegerIsCutTowardsZeroAndABooleanIsOneOrZero) {
  const Ran ran =
      run("dx/dt = 1/(0.1*ms) : 1\nn : integer\ninit n = 5\nm : integer\nb : boolean\ninit b = True\n"
          "const down : boolean = False\n"
          "threshold x > 0.5\nreset n = n/2; m = -1.7; b = not b or down\n",
          "0.3 ms", "euler");
  EXPECT_EQ(ran.columns.at("n"), (std::vector<double>{5, 2, 1, 0}));
  EXPECT_EQ(ran.columns.at("m"), (std::vector<double>{0, -1, -1, -1}));
  EXPECT_EQ(ran.columns.at("b"), (std::vector<double>{1, 0, 1, 0}));
}

TEST(SimulateLanguage, AVariableStartsFromItsParameter) {
  const Ran ran =
      run("dx/dt = 1/(0.1*ms) : 1\nw : mV\nparam w : mV = 3 mV\nthreshold x > 1.5\nreset w += 1 mV; x = 0\n", "0.5 ms",
          "euler");
  EXPECT_EQ(ran.columns.at("w_mV").front(), 3.0);
  EXPECT_NEAR(ran.columns.at("w_mV").back(), 5.0, 1e-12);
}

const std::string random_cell =
    "u = rand() : 1 (constant over dt)\nz = randn() : 1 (constant over dt)\nz2 = randn() : 1 (constant over dt)\n"
    "p = poisson(2.5) : integer (constant over dt)\nq = poisson(40) : integer (constant over dt)\n"
    "dx/dt = (u - x)/(1*ms) : 1\n";

TEST(SimulateLanguage, RandomNumbersHaveTheirDistributions) {
  const Ran ran = run(random_cell, "20 second");
  const auto n = static_cast<double>(ran.columns.at("u").size());  // 200 001
  struct Case {
    const char* name;
    double mean, variance, fourth;  // the fourth central moment, of the error of a variance
  };
  // Five standard errors: sd/sqrt(n) of a mean, sqrt((mu4 - var^2)/n) of a variance. A Poisson mu4 is m (1 + 3 m).
  const Case cases[] = {{"u", 0.5, 1.0 / 12.0, 1.0 / 80.0},
                        {"z", 0.0, 1.0, 3.0},
                        {"p", 2.5, 2.5, 2.5 * (1 + 3 * 2.5)},
                        {"q", 40.0, 40.0, 40.0 * (1 + 3 * 40.0)}};
  for (const Case& c : cases) {
    const std::vector<double>& x = ran.columns.at(c.name);
    EXPECT_NEAR(mean(x), c.mean, 5.0 * std::sqrt(c.variance / n)) << c.name;
    EXPECT_NEAR(variance(x), c.variance, 5.0 * std::sqrt((c.fourth - c.variance * c.variance) / n)) << c.name;
  }
  // Streams and steps are independent: correlations below five times 1/sqrt(n).
  const std::vector<double>& z = ran.columns.at("z");
  const std::vector<double>& z2 = ran.columns.at("z2");
  double between = 0.0, next = 0.0;
  for (std::size_t i = 0; i + 1 < z.size(); ++i) between += z[i] * z2[i], next += z[i] * z[i + 1];
  EXPECT_LT(std::fabs(between / n), 5.0 / std::sqrt(n));
  EXPECT_LT(std::fabs(next / n), 5.0 / std::sqrt(n));
  // Chi-square of a Poisson of mean 2.5 over 0..8 and more, 9 degrees of freedom: 33.7 has a probability of 1e-4.
  std::vector<double> counts(10, 0.0);
  for (const double k : ran.columns.at("p")) counts[static_cast<std::size_t>(std::min(k, 9.0))] += 1.0;
  double chi = 0.0, rest = 1.0, probability = std::exp(-2.5);
  for (std::size_t k = 0; k < 10; ++k) {
    const double expected = n * (k == 9 ? rest : probability);
    chi += (counts[k] - expected) * (counts[k] - expected) / expected;
    rest -= probability;
    probability *= 2.5 / static_cast<double>(k + 1);
  }
  EXPECT_LT(chi, 33.7);
}

TEST(SimulateLanguage, RandomNumbersAreTheSameInEveryBackEndAndDependOnTheSeed) {
  const Ran first = run(random_cell, "50 ms", "exponential_euler", "interpreter");
  for (const char* isa : {"avx2", "avx512"}) {
    if (!sim::choose_backend(isa)) continue;
    EXPECT_EQ(run(random_cell, "50 ms", "exponential_euler", isa).columns, first.columns) << isa;
  }
  const Ran other = run(random_cell, "50 ms", "exponential_euler", "interpreter", 2);
  EXPECT_NE(other.columns.at("z"), first.columns.at("z"));
  EXPECT_EQ(first.answer["seed"], 1);
}

TEST(SimulateLanguage, ARandomResetThresholdAndStart) {
  // Always above threshold; v becomes a standard normal number in mV at every step, after a random start.
  const Ran ran = run(
      "dv/dt = 0*mV/ms : mV\ninit v = 5 mV + 1 mV*rand()\nthreshold rand() < 0.25\nreset v = randn()*mV\n", "2 second");
  const double first = ran.columns.at("v_mV").front();
  EXPECT_GT(first, 5.0);
  EXPECT_LE(first, 6.0);
  const double spikes = static_cast<double>(ran.answer["spikes_ms"].size());
  EXPECT_NEAR(spikes, 5000.0, 5.0 * std::sqrt(20000 * 0.25 * 0.75));  // binomial
  std::vector<double> after;
  for (const double t : ran.answer["spikes_ms"])
    after.push_back(ran.columns.at("v_mV")[static_cast<std::size_t>(std::llround(t / 0.1)) + 1]);
  EXPECT_NEAR(mean(after), 0.0, 5.0 / std::sqrt(spikes));
  EXPECT_NEAR(variance(after), 1.0, 5.0 * std::sqrt(2.0 / spikes));
}

TEST(SimulateLanguage, ResetsWithLocalsAndRemaindersAndAPeriodThatAStateMakesAreBrians) {
  // Brian 2.5.1, Cython target, euler, dt 0.1 ms, 100 ms, the same equations, threshold, reset and refractory:
  //   spike steps, and v, w, phase at the step 999. (The numpy target lets `old` follow `phase`.)
  const Ran ran = run(
      "dv/dt = (25*mV - v)/(10*ms) : volt (unless refractory)\ndw/dt = -w/(30*ms) : 1\nphase : 1\ninit phase = 0\n"
      "threshold v > 15*mV and (not_refractory or t > 1*second) and phase < 3.5\n"
      "reset old = phase; phase += 1.3; phase %= 2; v = -5*mV*int(old < phase); w += 1\nrefractory (1 + 0.5*w)*ms\n",
      "100 ms", "euler");
  EXPECT_EQ(ran.steps(ran.answer["spikes_ms"], 0.1), (std::vector<double>{91, 214, 322, 451, 563, 676, 808, 922}));
  const std::pair<const char*, double> last[] = {
      {"v_volt", 0.010470839647047257}, {"w", 2.2684101349208805}, {"phase", 0.40000000000000036}};
  for (const auto& [name, wanted] : last) EXPECT_NEAR(ran.columns.at(name)[999], wanted, 1e-9 * wanted) << name;
}

TEST(SimulateLanguage, ARefractoryPeriodIsEvaluatedAtEveryStep) {
  // Brian 2.5.1 with refractory='(1+2*rand())*ms', always above threshold, dt 0.1 ms: a mean interval of 1.43 ms,
  // not 2.
  const Ran ran = run("dv/dt = 0*mV/ms : mV\nthreshold v < 1*mV\nrefractory (1 + 2*rand())*ms\n", "4 second");
  const std::vector<double> steps = ran.steps(ran.answer["spikes_ms"], 0.1);
  const double interval = 0.1 * (steps.back() - steps.front()) / static_cast<double>(steps.size() - 1);
  // Exactly: at the k-th step after a spike the period is at most k steps with probability (k - 9)/20, k = 10..29, so
  // the mean is sum over k of the probability to wait longer: 1.44 ms with sd 0.27 ms; 2800 intervals, five errors.
  double longer = 1.0, expected = 1.0;
  for (int k = 10; k < 30; ++k) {
    longer *= 1.0 - (k - 9 + 0.01) / 20.0;  // timestep() counts a period a hundredth of a step short
    expected += 0.1 * longer;
  }
  EXPECT_NEAR(interval, expected, 5.0 * 0.3 / std::sqrt(2800.0));
  EXPECT_NEAR(interval, 1.43, 0.04);
}

TEST(SimulateLanguage, TablesAreBriansTimedArrays) {
  // Brian 2.5.1, numpy target, dt 0.1 ms, v at the steps 4, 9, 14, 20:
  //   I = TimedArray(array([0, 1.5, -2, 3, 0.25])*mV, dt=0.3*ms)
  //   G = NeuronGroup(1, 'dv/dt = (I(t) + I(t - 0.7*ms)*0.5 - v)/tau : volt', method=...)
  const std::string model =
      "table I(t) = [0, 1.5, -2, 3, 0.25] mV, dt = 0.3 ms\nconst tau = 2 ms\n"
      "dv/dt = (I(t) + I(t - 0.7*ms)*0.5 - v)/tau : volt\n";
  const std::pair<const char*, std::vector<double>> cases[] = {
      {"exponential_euler",
       {7.3155863248929032e-05, -9.8749413534874719e-05, 0.00037559785786363503, 0.00046997697825921814}},
      {"rk4", {8.5046227213541681e-05, -7.2926495374222964e-05, 0.00036621785946429965, 0.00046918548635028627}},
      {"euler", {7.5000000000000007e-05, -0.00010182533593750002, 0.00038336199609702879, 0.00047810958747348869}},
  };
  const std::size_t steps[] = {4, 9, 14, 20};
  for (const auto& [integrator, wanted] : cases) {
    const Ran ran = run(model, "2.5 ms", integrator);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(ran.columns.at("v_volt")[steps[i]], wanted[i], 1e-9 * std::fabs(wanted[i])) << integrator;
  }
}

TEST(SimulateLanguage, ARateIsItsLimitWhereItIsWrittenAsZeroOverZero) {
  // Hodgkin and Huxley's alpha_n at v = -55 mV exactly is 0.1/ms; Brian 2 gives NaN.
  const Ran ran =
      run("dv/dt = 0*mV/ms : mV\ninit v = -55 mV\n"
          "a = 0.01/ms/mV*(v + 55*mV)/(1 - exp(-(v + 55*mV)/(10*mV))) : 1/second\n",
          "0.2 ms", "euler");
  for (const double a : ran.columns.at("a_1_second")) EXPECT_NEAR(a, 100.0, 1e-12 * 100.0);
}

TEST(SimulateLanguage, ARunEndsAsBrians) {
  // round(T/dt) where that is within 1e-4 of a step, else ceil.
  const std::string model = "dx/dt = 1/ms : 1\n";
  EXPECT_EQ(run(model, "1 ms", "euler").answer["samples"], 11);
  EXPECT_EQ(run(model, "1.000005 ms", "euler").answer["samples"], 11);
  EXPECT_EQ(run(model, "1.00002 ms", "euler").answer["samples"], 12);
  EXPECT_EQ(run(model, "0.95 ms", "euler").answer["samples"], 11);
}

}  // namespace
}  // namespace hillock::study
