/// Runs of one table that differ in how long they are, where they start, and whose noise they have.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "io/whole_file.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

Assignment assign(const std::string& flag, const std::string& name, const std::string& text) {
  return {name, text, {flag + " " + name, std::nullopt}};
}
Assignment durations(const std::string& text) { return {"duration", text, {"--duration", std::nullopt}}; }
QuantityText time(const std::string& text) { return read_quantity_text(text, "--time", "second").value(); }

class SimulateEach : public testing::Test {
 protected:
  Scratch scratch;
  SimulateOptions options;

  void model(const std::string& text) {
    options.model = scratch.path("some.model");
    ASSERT_TRUE(io::write_whole(options.model, text));
  }
  nlohmann::json run() {
    Silent silent;
    const auto answer = simulate_model(options, silent);
    EXPECT_TRUE(answer) << render(answer.error());
    return answer ? nlohmann::json::parse(answer->json) : nlohmann::json();
  }
  std::string error() {
    Silent silent;
    const auto answer = simulate_model(options, silent);
    return answer ? "none" : render(answer.error());
  }
};

TEST_F(SimulateEach, ADurationOfItsOwnIsARunOfThatDuration) {
  model(
      "param I : mV = 30 mV\ndv/dt = (-70*mV - v + I)/(20*ms) + xi*(1*mV)/sqrt(ms) : mV\ninit v = -70 mV\n"
      "threshold v > -50*mV\nreset v = -70*mV\n");
  options.set = {assign("--set", "I", "25:35:2")};
  options.features = {"spike_count(v)", "mean(v)", "spike_rate(v, from=50 ms)", "latency(v)"};
  options.dt = time("0.1 ms");
  options.noise = "common";  // so that a run has the same noise wherever it stands
  options.durations = durations("20 ms:100 ms:5");
  const nlohmann::json all = run();
  ASSERT_EQ(all["rows"].size(), 10U);
  EXPECT_EQ(all["columns"][1]["name"], "duration");
  EXPECT_EQ(all["columns"][1]["unit"], "ms");
  EXPECT_EQ(all["samples"], 1001);
  options.durations.reset();
  for (int d = 0; d < 5; ++d) {
    options.duration = time(std::to_string(20 + 20 * d) + " ms");
    const nlohmann::json alone = run();
    for (int i = 0; i < 2; ++i) {
      nlohmann::json row = all["rows"][5 * i + d];
      EXPECT_NEAR(row[1], 20 + 20 * d, 1e-12);
      row.erase(1);
      EXPECT_EQ(row, alone["rows"][i]) << d << " " << i;
    }
  }
  EXPECT_EQ(all["rows"][0][4], "empty-window");  // 20 ms and a window that begins at 50 ms
}

TEST_F(SimulateEach, CommonNoiseIsTheSameForEveryParameterSet) {
  // x is proportional to s: under the same noise exactly so, s being a power of 2.
  model("param s : 1 = 1 ~ uniform(1, 2)\ndx/dt = -x/(10*ms) + s*xi*(5*ms)**-0.5 : 1\n");
  options.set = {assign("--set", "s", "1:4:3:log")};
  options.trials = 4;
  options.duration = time("50 ms");
  options.features = {"mean(x)"};
  const auto means = [&] {
    std::vector<double> out;
    const nlohmann::json all = run();
    for (const auto& row : all["rows"]) out.push_back(row[2]);
    return out;
  };
  const std::vector<double> own = means();
  options.noise = "common";
  const std::vector<double> common = means();
  ASSERT_EQ(common.size(), 12U);
  for (std::size_t t = 0; t < 4; ++t) {
    EXPECT_EQ(common[t], own[t]);
    EXPECT_EQ(common[4 + t], 2 * common[t]);
    EXPECT_EQ(common[8 + t], 4 * common[t]);
    EXPECT_NE(own[4 + t], 2 * own[t]);
    if (t > 0) {
      EXPECT_NE(common[t], common[0]);
    }
  }
  // Draws are parameter sets too; and another seed is other noise.
  options.set.clear();
  options.draws = 3;
  const nlohmann::json draws = run();
  const nlohmann::json& rows = draws["rows"];
  for (int d = 1; d < 3; ++d)
    for (int t = 0; t < 4; ++t) {
      const double ratio = rows[4 * d][0].get<double>() / rows[0][0].get<double>();
      // Two roundings a step of 500, in a sum that forgets.
      EXPECT_NEAR(rows[4 * d + t][2], rows[t][2].get<double>() * ratio, 1e-12);
    }
  options.noise = "shared";
  EXPECT_EQ(error(),
            "--noise: error: runs have noise of their own or common noise, not \"shared\" [noise-unknown]\n"
            "    try: own or common\n");
}

TEST_F(SimulateEach, TheErrorOfFloat32IsThatOfTheSameRuns) {
  // Runs of other durations, or under other noise, would differ by all of it.
  model("param s : 1 = 1\ndx/dt = -x/(10*ms) + s*xi*(5*ms)**-0.5 : 1\ninit x = 3\n");
  options.set = {assign("--set", "s", "1:2:2")};
  options.trials = 5;
  options.noise = "common";
  options.durations = durations("2 ms:50 ms:4");
  options.features = {"mean(x)"};
  options.precision = "float32";
  const nlohmann::json json = run();
  const nlohmann::json& error = json["float32_error"]["features"][0];
  EXPECT_GT(error["relative"], 0.0);
  EXPECT_LT(error["relative"], 1e-4);
}

TEST_F(SimulateEach, AStateStartsWhereItIsToldAndWhatFollowsFromItFollows) {
  model(
      "const k = 10 mV\ndv/dt = 0*mV/ms : mV\ninit v = -65 mV\ndn/dt = 0/ms : 1\ninit n = 1/(1 + exp(-v/k))\n"
      "count : integer\ninit count = 3\n");
  options.duration = time("1 ms");
  options.initial = {assign("--init", "v", "-20 mV"), assign("--init", "count", "7.9")};
  nlohmann::json json = run();
  EXPECT_DOUBLE_EQ(json["outputs"][0]["last"], -20.0);
  EXPECT_NEAR(json["outputs"][1]["last"], 1 / (1 + std::exp(2.0)), 1e-15);
  EXPECT_EQ(json["outputs"][2]["last"], 7.0);  // an integer is cut
  options.initial = {assign("--init", "n", "0.25")};
  json = run();
  EXPECT_DOUBLE_EQ(json["outputs"][0]["last"], -65.0);
  EXPECT_EQ(json["outputs"][1]["last"], 0.25);
  // A sweep is a table.
  options.initial = {assign("--init", "v", "-40:0:3")};
  options.features = {"mean(v)", "mean(n)"};
  json = run();
  ASSERT_EQ(json["rows"].size(), 3U);
  EXPECT_EQ(json["columns"][0]["name"], "init v");
  EXPECT_EQ(json["columns"][0]["unit"], "mV");
  for (int i = 0; i < 3; ++i) {
    const double v = -40.0 + 20 * i;
    EXPECT_NEAR(json["rows"][i][0], v, 1e-12);
    EXPECT_NEAR(json["rows"][i][1], v, 1e-12);
    EXPECT_NEAR(json["rows"][i][2], 1 / (1 + std::exp(-v / 10)), 1e-14);
  }
}

TEST_F(SimulateEach, MistakesAreSaidTogether) {
  model("param g : 1/ms = 1/ms\ndvolts/dt = -g*volts : mV\ndw/dt = -g*w : 1\n");
  options.duration = time("1 ms");
  options.initial = {assign("--init", "vots", "3 mV"), assign("--init", "volts", "3 ms"), assign("--init", "w", "1:2")};
  options.set = {assign("--set", "volts", "3 mV")};
  EXPECT_EQ(error(),
            "--set volts: error: the model has no parameter or constant called volts [name-unknown]\n"
            "    try: --init volts=... is its initial value\n"
            "--init vots: error: the model has no state called vots [name-unknown]\n"
            "    try: volts\n"
            "--init volts: error: volts is in mV (volt), not in ms (second) [unit-mismatch]\n"
            "    try: volts=\"... mV\"\n"
            "--init w: error: \"1:2\" is not a sweep [sweep-syntax]\n"
            "    try: w=FROM:TO:COUNT, w=FROM:TO:COUNT:log\n");
  options.initial.clear();
  options.set.clear();
  options.durations = durations("10 ms:5");
  EXPECT_EQ(error(),
            "--duration: error: \"10 ms:5\" is not a sweep [sweep-syntax]\n"
            "    try: --duration \"10 ms:100 ms:10\"\n");
  options.durations = durations("0 ms:5 ms:2");
  EXPECT_NE(error().find("the run is shorter than one step"), std::string::npos);
  options.durations = durations("1 mV:5 ms:2");
  EXPECT_NE(error().find("[unit-mismatch]"), std::string::npos);
}

}  // namespace
}  // namespace hillock::study
