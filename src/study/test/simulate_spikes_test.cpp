// Spikes and noise, as `hillock simulate` runs them.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>

#include "io/recording_reader.hpp"
#include "sim/simulator.hpp"
#include "study/quantity_text.hpp"
#include "study/seed.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

struct Ran {
  std::vector<double> spikes_ms;
  std::vector<double> v;  ///< the first state, in its unit
};

class Model {
 public:
  explicit Model(const std::string& text) {
    options.model = scratch.write("cell.model", text);
    options.integrator = "euler";
    options.out = scratch.path("out.npz");
  }
  Result<Answer> answer() const {
    Silent silent;
    return simulate_model(options, silent);
  }
  Ran run() const {
    const auto got = answer();
    if (!got) {
      ADD_FAILURE() << render(got.error());
      return {};
    }
    const auto file = io::read_arrays(options.out);
    EXPECT_TRUE(file);
    Ran out;
    const auto json = nlohmann::json::parse(got->json);
    if (json.contains("spikes_ms")) {
      out.spikes_ms = json["spikes_ms"].get<std::vector<double>>();
      EXPECT_EQ(file->find("spike_time_ms")->values, out.spikes_ms);
    }
    out.v = file->find("v_mV")->values;
    return out;
  }
  std::string error() const {
    const auto got = answer();
    return got ? "none" : render(got.error());
  }
  Scratch scratch;
  SimulateOptions options;
};

QuantityText time(const std::string& text) { return read_quantity_text(text, "--time", "second").value(); }

/// An adaptive leaky integrate-and-fire cell.
std::string adaptive_cell(const std::string& refractory) {
  return "const E = -70 mV\nconst tau = 20 ms\n"
         "dv/dt = (E - v + 30 mV - w)/tau : mV (unless refractory)\n"
         "dw/dt = -w/(100*ms) : mV\n"
         "init v = E\nthreshold v > -50 mV\nreset v = E; w += 0.5 mV\nrefractory " +
         refractory + "\n";
}

TEST(SimulateSpikes, AreBrians) {
  // Brian 2.5.1 (numpy target, euler, dt 0.1 ms, 500 ms): how many, the first twelve, and v at the last step but one.
  struct Case {
    std::string refractory;
    std::size_t count;
    std::vector<double> first;
    double last_v;
  };
  const std::vector<Case> cases{
      {"1.05 ms",
       19,
       {21.9, 45.4, 69.4, 93.8, 118.5, 143.4, 168.5, 193.8, 219.2, 244.7, 270.2, 295.8},
       -50.63676453031581},
      {"1.0999 ms",
       19,
       {21.9, 45.5, 69.6, 94.1, 118.9, 143.9, 169.1, 194.5, 220.0, 245.6, 271.2, 296.9},
       -51.47194663070819},
      {"0.19 ms",
       20,
       {21.9, 44.5, 67.6, 91.1, 114.9, 139.0, 163.3, 187.7, 212.3, 237.0, 261.7, 286.5},
       -55.78522946429296},
      // After the reset the condition holds, and a cell that stands still never leaves it.
      {"v < -65 mV", 1, {21.9}, -70.0},
  };
  for (const Case& c : cases) {
    Model model(adaptive_cell(c.refractory));
    model.options.duration = time("500 ms");
    const Ran ran = model.run();
    ASSERT_EQ(ran.spikes_ms.size(), c.count) << c.refractory;
    for (std::size_t i = 0; i < c.first.size(); ++i) EXPECT_NEAR(ran.spikes_ms[i], c.first[i], 1e-9) << c.refractory;
    ASSERT_EQ(ran.v.size(), 5001U);
    EXPECT_NEAR(ran.v[4999], c.last_v, 1e-9 * 50) << c.refractory;
  }
}

TEST(SimulateSpikes, TheExactStepIsBriansWhileTheCellIsFreeAndWhileItIsNot) {
  // Brian 2.5.1, method='exact', as above: another propagator holds while v stands still and w does not.
  struct Case {
    std::string refractory;
    std::vector<double> first;
    std::size_t count;
    double last_v;
  };
  const std::vector<Case> cases{{"1.05 ms",
                                 {21.9, 45.4, 69.4, 93.8, 118.5, 143.5, 168.7, 194.0, 219.4, 244.9, 270.5, 296.1},
                                 19,
                                 -51.02380767266181},
                                {"0.19 ms",
                                 {21.9, 44.5, 67.6, 91.1, 115.0, 139.1, 163.4, 187.9, 212.5, 237.2, 262.0, 286.8},
                                 20,
                                 -56.44400913652965}};
  for (const Case& c : cases) {
    Model model(adaptive_cell(c.refractory));
    model.options.duration = time("500 ms");
    model.options.integrator = "exact";
    const Ran ran = model.run();
    ASSERT_EQ(ran.spikes_ms.size(), c.count) << c.refractory;
    for (std::size_t i = 0; i < c.first.size(); ++i) EXPECT_NEAR(ran.spikes_ms[i], c.first[i], 1e-9) << c.refractory;
    EXPECT_NEAR(ran.v[4999], c.last_v, 1e-9 * 50) << c.refractory;
  }
}

TEST(SimulateSpikes, AdaptiveIntegratorsFindThemInsideTheirSteps) {
  // The same cell by the exact step at 0.1 us: times are there within a step before, and the count of refractory steps
  // adds up to two of them a spike.
  Model model(adaptive_cell("1.05 ms"));
  model.options.duration = time("200 ms");
  model.options.integrator = "exact";
  model.options.dt = time("0.0001 ms");
  const Ran grid = model.run();
  ASSERT_EQ(grid.spikes_ms.size(), 8U);
  for (const char* name : {"dopri5", "rodas4"})
    for (const char* dt : {"0.1 ms", "10 ms"}) {
      model.options.integrator = name;
      model.options.dt = time(dt);
      const Ran ran = model.run();
      ASSERT_EQ(ran.spikes_ms.size(), grid.spikes_ms.size()) << name << dt;
      for (std::size_t i = 0; i < 8; ++i)
        EXPECT_NEAR(ran.spikes_ms[i], grid.spikes_ms[i], 0.0003 * static_cast<double>(i + 1)) << name << dt;
    }
  // All eight between two samples: their times are found all the same.
  model.options.dt = time("200 ms");
  const Ran coarse = model.run();
  ASSERT_EQ(coarse.spikes_ms.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_NEAR(coarse.spikes_ms[i], grid.spikes_ms[i], 0.0003 * static_cast<double>(i + 1));
}

TEST(SimulateSpikes, ResetsRunOneAfterTheOtherWithLocalsAndFreshSubexpressions) {
  // At the first spike v is 2 mV or a little more: old = v; v = 0; twice = 2 v = 0 then, so w = 0 + old + 0.
  Model model(
      "dv/dt = 0.5 mV/ms : mV\ndw/dt = 0 mV/ms : mV\ntwice = 2*v : mV\n"
      "threshold v >= 2 mV\nreset old = v; v = 0 mV; w = twice + old; w *= 3\n");
  model.options.duration = time("10 ms");
  model.options.dt = time("1 ms");
  model.options.integrator = "euler";
  const Ran ran = model.run();
  EXPECT_EQ(ran.spikes_ms, (std::vector<double>{3.0, 7.0}));
  const auto file = io::read_arrays(model.options.out);
  EXPECT_EQ(file->find("w_mV")->values.back(), 6.0);
}

TEST(SimulateSpikes, AThresholdThatIsAlwaysTrueFiresAtEveryStepThatMayFire) {
  for (const auto& [refractory, steps] : {std::pair<std::string, double>{"0 ms", 1}, {"0.35 ms", 3}}) {
    Model model("dv/dt = 0 mV/ms : mV\nthreshold v < 1 mV\nrefractory " + refractory + "\n");
    model.options.duration = time("1.2 ms");
    const Ran ran = model.run();
    ASSERT_EQ(ran.spikes_ms.size(), steps == 1 ? 12U : 4U);
    EXPECT_NEAR(ran.spikes_ms[1] - ran.spikes_ms[0], 0.1 * steps, 1e-9);
  }
}

/// Ornstein and Uhlenbeck's process with standard deviation 2 mV and correlation time 5 ms.
const std::string noisy = "dv/dt = -v/(5*ms) + 2 mV*xi*(2/(5*ms))**0.5 : mV\ninit v = 1 mV\n";

TEST(SimulateNoise, HasTheVarianceAndTheCorrelationOfTheProcess) {
  Model model(noisy);
  model.options.duration = time("40 second");
  const std::vector<double> v = model.run().v;
  double mean = 0.0, variance = 0.0, lagged = 0.0;
  const std::size_t begin = 1000, lag = 50;
  const auto n = static_cast<double>(v.size() - begin - lag);
  for (std::size_t i = begin; i + lag < v.size(); ++i) {
    mean += v[i] / n;
    variance += v[i] * v[i] / n;
    lagged += v[i] * v[i + lag] / n;
  }
  // 40 s are 4000 independent times of 2 tau: 2 % each way for a second moment, and 5 of those errors. Euler and
  // Maruyama's own variance is 4/(1 - dt/(2 tau)).
  const double exact = 4.0 / (1.0 - 0.1 / 10.0);
  EXPECT_NEAR(mean, 0.0, 5.0 * 2.0 / std::sqrt(4000.0));
  EXPECT_NEAR(variance / exact, 1.0, 5.0 * std::sqrt(2.0 / 4000.0));
  EXPECT_NEAR(lagged / exact, std::pow(1.0 - 0.1 / 5.0, 50), 5.0 * std::sqrt(2.0 / 4000.0));
}

TEST(SimulateNoise, HasTheSameBitsOnEveryBackendAndOthersWithAnotherSeed) {
  std::vector<std::vector<double>> all;
  for (const char* isa : {"interpreter", "avx2", "avx512"}) {
    if (!sim::choose_backend(isa)) continue;  // this machine has no such instructions
    Model model(noisy);
    model.options.duration = time("20 ms");
    model.options.run.isa = isa;
    all.push_back(model.run().v);
  }
  for (const std::vector<double>& v : all) EXPECT_EQ(v, all[0]);
  Model other(noisy);
  other.options.duration = time("20 ms");
  other.options.seed = 2;
  const std::vector<double> v = other.run().v;
  EXPECT_EQ(v[0], all[0][0]);
  EXPECT_NE(v[1], all[0][1]);
}

TEST(SimulateNoise, OneNameIsOneNoiseAndTwoNamesAreTwo) {
  Model model(
      "dv/dt = mV*xi_a*second**-0.5 : mV\ndu/dt = mV*xi_a*second**-0.5 : mV\ndw/dt = mV*xi_b*second**-0.5 : mV\n");
  model.options.duration = time("5 ms");
  model.run();
  const auto file = io::read_arrays(model.options.out);
  EXPECT_EQ(file->find("u_mV")->values, file->find("v_mV")->values);
  EXPECT_NE(file->find("w_mV")->values, file->find("v_mV")->values);
}

TEST(SimulateNoise, WhatAnIntegratorCannotDoIsRefusedByName) {
  const auto error = [](const std::string& text, const std::string& integrator) {
    Model model(text);
    model.options.integrator = integrator;
    return model.error();
  };
  EXPECT_NE(error(noisy, "rk4").find("rk4 has no place for the noise xi [integrator-unfit]"), std::string::npos);
  EXPECT_NE(error("dv/dt = v*xi*second**-0.5 : mV\n", "euler")
                .find("euler takes additive noise only, and v multiplies xi in dv/dt [integrator-unfit]"),
            std::string::npos);
  EXPECT_NE(error(adaptive_cell("2 ms") + "event low v < -60 mV\n", "dopri5")
                .find("dopri5 does not find events inside its steps [integrator-unfit]"),
            std::string::npos);
  EXPECT_NE(error(adaptive_cell("v < -65 mV"), "rodas4")
                .find("rodas4 needs to know when equations that stand still go on, and here `refractory` is a "
                      "condition [integrator-unfit]"),
            std::string::npos);
}

TEST(SimulateNoise, SeedsAreWholeNumbers) {
  EXPECT_EQ(parse_seed("17").value(), 17);
  for (const char* wrong : {"", "1.5", "-1", "x", "4503599627370496", "99999999999999999999"})
    EXPECT_FALSE(parse_seed(wrong)) << wrong;
}

}  // namespace
}  // namespace hillock::study
