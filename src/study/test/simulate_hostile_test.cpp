// Models that are empty, huge, or never at rest. Each is simulated, or refused with a message that says why.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

Result<Answer> simulate(const std::string& model, const std::string& duration, const std::string& dt = "0.1 ms",
                        const std::string& integrator = "exponential_euler") {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("cell.model", model);
  options.duration = read_quantity_text(duration, "--duration", "second").value();
  options.dt = read_quantity_text(dt, "--dt", "second").value();
  options.integrator = integrator;
  Silent silent;
  return simulate_model(options, silent);
}

nlohmann::json answer(const Result<Answer>& got) {
  EXPECT_TRUE(got) << render(got.error());
  return got ? nlohmann::json::parse(got->json) : nlohmann::json{};
}

TEST(SimulateHostile, NoStateAndNothingAtAll) {
  EXPECT_EQ(answer(simulate("x = 3*t/second : 1\n", "1 second", "0.5 second"))["outputs"][0]["last"], 3.0);
  for (const char* text : {"", "# nothing\n", "param p : 1 = 2\n"}) {
    const auto got = simulate(text, "1 ms");
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().front().code, "nothing-to-simulate");
  }
}

TEST(SimulateHostile, FiveHundredStates) {
  // A chain: x0' = -x0/ms, xi' = (x(i-1) - xi)/ms. After forward Euler's steps of h the first is (1 - h/ms)^n.
  std::string text = "dx0/dt = -x0/ms : 1\ninit x0 = 1\n";
  for (int i = 1; i < 500; ++i)
    text += "dx" + std::to_string(i) + "/dt = (x" + std::to_string(i - 1) + " - x" + std::to_string(i) + ")/ms : 1\n";
  const auto json = answer(simulate(text, "10 ms", "0.1 ms", "euler"));
  ASSERT_EQ(json["outputs"].size(), 500U);
  EXPECT_NEAR(json["outputs"][0]["last"].get<double>(), std::pow(0.9, 100), 1e-12 * std::pow(0.9, 100));
  EXPECT_EQ(json["outputs"][499]["last"], 0.0);  // 499 steps away
}

TEST(SimulateHostile, AResetThatTriggersItselfFiresOnceAStep) {
  // The reset puts v above threshold: a spike in every step, from the first one on, not an endless loop.
  const auto json =
      answer(simulate("dv/dt = 0*mV/ms : mV\ninit v = 20 mV\nthreshold v > 10 mV\nreset v = 30 mV\n", "1 ms"));
  EXPECT_EQ(json["spikes_ms"].size(), 10U);
}

TEST(SimulateHostile, ARefractoryPeriodLongerThanTheRun) {
  const auto json =
      answer(simulate("dv/dt = 1*mV/ms : mV\nthreshold v > 1 mV\nreset v = 0 mV\nrefractory 1000 second\n", "20 ms"));
  ASSERT_EQ(json["spikes_ms"].size(), 1U);
}

TEST(SimulateHostile, AThresholdThatIsNeverTrueOrReadsNaN) {
  EXPECT_EQ(answer(simulate("dv/dt = 1/ms : 1\nthreshold False\nreset v = 0\n", "1 ms"))["spikes_ms"].size(), 0U);
  EXPECT_EQ(answer(simulate("dv/dt = sqrt(-1 - v)/ms : 1\nthreshold v > 1\nreset v = 0\n", "1 ms", "0.1 ms",
                            "euler"))["spikes_ms"]
                .size(),
            0U);
}

TEST(SimulateHostile, StepsThatMakeNoRun) {
  struct Case {
    const char *duration, *dt, *message;
  };
  const std::string model = "dx/dt = 1/ms : 1\n";
  for (const Case& c :
       {Case{"1 ms", "0 ms", "the step must be positive"}, Case{"1 ms", "-0.1 ms", "the step must be positive"},
        Case{"1 ms", "2 ms", "the run is shorter than one step"},
        Case{"1e8 second", "0.1 ms", "a run of 1e+12 steps would store 1.6e+04 GB"}}) {
    const auto got = simulate(model, c.duration, c.dt);
    ASSERT_FALSE(got) << c.message;
    EXPECT_EQ(got.error().front().message, c.message);
  }
}

}  // namespace
}  // namespace hillock::study
