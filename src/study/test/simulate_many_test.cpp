/// Tables of many runs: sweeps, draws, trials, features; against closed forms and against single runs.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <set>

#include "io/recording_reader.hpp"
#include "io/whole_file.hpp"
#include "lang/load.hpp"
#include "sim/simulator.hpp"
#include "study/feature_text.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

constexpr const char* integrate_and_fire = R"(
param tau : ms = 20 ms ~ uniform(10 ms, 40 ms)
param gain : 1 ~ uniform(0.5, 2)
const E = -70 mV
input I : mV
dv/dt = (E - v + gain*I)/tau : mV (unless refractory)
init v = E
u = v - E : mV
threshold v > -50*mV
reset v = E
refractory 2 ms
require gain*tau in [0 ms, 50 ms]
)";

Assignment assign(const std::string& flag, const std::string& name, const std::string& text) {
  return {name, text, {flag + " " + name, std::nullopt}};
}
QuantityText time(const std::string& text) { return read_quantity_text(text, "--time", "second").value(); }

class SimulateMany : public testing::Test {
 protected:
  Scratch scratch;
  SimulateOptions options;

  void SetUp() override {
    options.model = scratch.path("lif.model");
    ASSERT_TRUE(io::write_whole(options.model, integrate_and_fire));
    options.set = {assign("--set", "gain", "1")};
    options.inputs = {assign("--input", "I", "30 mV")};
    options.duration = time("1000 ms");
    options.dt = time("0.01 ms");
  }
  nlohmann::json run() {
    Silent silent;
    const auto answer = simulate_model(options, silent);
    EXPECT_TRUE(answer) << render(answer.error());
    text = answer ? answer->text : "";
    return answer ? nlohmann::json::parse(answer->json) : nlohmann::json();
  }
  std::string error() {
    Silent silent;
    const auto answer = simulate_model(options, silent);
    return answer ? "none" : render(answer.error());
  }
  std::string text;
};

TEST_F(SimulateMany, AnFICurveIsTheClosedForm) {
  options.inputs = {assign("--input", "I", "10:100:10")};
  options.features = {"isi_mean(v)", "spike_count(v)"};
  const nlohmann::json json = run();
  ASSERT_EQ(json["rows"].size(), 10U);
  EXPECT_EQ(json["columns"][0]["name"], "I");
  EXPECT_EQ(json["columns"][1]["unit"], "ms");
  for (std::size_t k = 0; k < 10; ++k) {
    const double current = json["rows"][k][0];
    EXPECT_NEAR(current, 10.0 + 10.0 * static_cast<double>(k), 1e-12);
    if (current <= 20.0) {  // below the rheobase, and at it
      EXPECT_EQ(json["rows"][k][1], "too-few-spikes");
      EXPECT_EQ(json["rows"][k][2], 0.0);
      continue;
    }
    // tau log(I/(I - 20 mV)) rounded up to whole steps, and the refractory time less the step of the spike itself.
    const double free_time = 20.0 * std::log(current / (current - 20.0));
    EXPECT_NEAR(json["rows"][k][1], free_time + 2.0, 0.0101) << current;
  }
  EXPECT_EQ(json["summary"][0]["undefined"]["too-few-spikes"], 2);
}

TEST_F(SimulateMany, SweepsMakeAGridAndMayBeLogarithmic) {
  options.set.push_back(assign("--set", "tau", "10 ms:40 ms:3:log"));
  options.set.push_back(assign("--set", "E", "-75:-70:2"));
  const nlohmann::json json = run();
  ASSERT_EQ(json["rows"].size(), 6U);
  EXPECT_NEAR(json["rows"][2][0], 20.0, 1e-12);
  EXPECT_NEAR(json["rows"][2][1], -75.0, 1e-12);
  EXPECT_NEAR(json["rows"][3][1], -70.0, 1e-12);
  // What is computed at a place of the grid is what one run there gives.
  SimulateOptions alone = options;
  alone.set = {assign("--set", "gain", "1"), assign("--set", "tau", "20 ms"), assign("--set", "E", "-75 mV")};
  Silent silent;
  const auto one = simulate_model(alone, silent);
  ASSERT_TRUE(one);
  EXPECT_EQ(json["rows"][2][2], static_cast<double>(nlohmann::json::parse(one->json)["spikes_ms"].size()));
}

TEST_F(SimulateMany, DrawsAreThePriorsAndMeetTheConditions) {
  options.set.clear();
  options.draws = 400;
  options.duration = time("20 ms");
  options.features = {"mean(u)"};
  const nlohmann::json json = run();
  ASSERT_EQ(json["rows"].size(), 400U);
  double sum = 0.0;
  for (const auto& row : json["rows"]) {
    EXPECT_GE(row[0], 10.0);
    EXPECT_LE(row[0].get<double>() * row[1].get<double>(), 50.0);
    sum += row[0].get<double>();
  }
  // Without the condition the mean is 25 ms with a standard error of 0.43; the condition takes long ones away.
  EXPECT_LT(sum / 400, 25.0 + 2 * 0.43);
  EXPECT_GT(sum / 400, 18.0);
  EXPECT_EQ(run(), json);
  options.seed = 2;
  EXPECT_NE(run()["rows"], json["rows"]);
}

TEST_F(SimulateMany, TrialsDifferByTheirNoiseAlone) {
  ASSERT_TRUE(io::write_whole(options.model, "dx/dt = -x/(10*ms) + xi*(5*ms)**-0.5 : 1\n"));
  options.set.clear();
  options.inputs.clear();
  options.trials = 300;
  options.dt = time("0.1 ms");
  options.features = {"mean(x, from=100 ms)", "variance(x, from=100 ms)"};
  const nlohmann::json json = run();
  std::set<double> different;
  for (const auto& row : json["rows"]) different.insert(row[1].get<double>());
  EXPECT_EQ(different.size(), 300U);
  // A stationary Ornstein-Uhlenbeck process of variance 1 and correlation time 10 ms, watched for 900 ms: the mean has
  // variance 2 tau/T, and the time average of the variance is 1 less that. Four standard errors of 300 trials.
  const double of_mean = 2.0 * 10.0 / 900.0;
  EXPECT_NEAR(json["summary"][0]["mean"], 0.0, 4 * std::sqrt(of_mean / 300));
  EXPECT_NEAR(json["summary"][1]["mean"], 1.0 - of_mean, 4 * std::sqrt(2.0 * 10.0 / 900.0 / 300) + 0.01);
}

TEST_F(SimulateMany, TablesAreWrittenWithReasonsForWhatHasNoValue) {
  options.inputs = {assign("--input", "I", "10:30:2")};
  options.features = {"isi_mean(v)"};
  options.out = scratch.path("table.csv");
  run();
  const auto csv = io::read_whole(options.out, 1 << 20);
  ASSERT_TRUE(csv);
  EXPECT_EQ(csv->substr(0, csv->find("\n30,")), "\"I [mV]\",\"isi_mean(v) [ms]\"\n10,too-few-spikes");
  options.out = scratch.path("table.npz");
  run();
  const auto npz = io::read_arrays(options.out);
  ASSERT_TRUE(npz);
  EXPECT_TRUE(std::isnan(npz->find("isi_mean(v) [ms]")->values[0]));
  EXPECT_NE(text.find("1 too-few-spikes"), std::string::npos) << text;
}

TEST_F(SimulateMany, AShortRunOfALargeModelIsNotCompiledAndTheSame) {
  std::string model;
  for (int i = 0; i < 500; ++i)
    model += "dx" + std::to_string(i) + "/dt = (x" + std::to_string((i + 1) % 500) + " - x" + std::to_string(i) +
             ")/(10*ms) + exp(-x" + std::to_string(i) + "**2)/ms : 1\ninit x" + std::to_string(i) + " = " +
             std::to_string(i % 7) + "/7\n";
  ASSERT_TRUE(io::write_whole(options.model, model));
  options.set.clear();
  options.inputs.clear();
  options.integrator = "euler";
  options.dt = time("0.1 ms");
  options.duration = time("2 ms");
  const nlohmann::json chosen = run();
  options.run.isa = "interpreter";
  EXPECT_EQ(run()["outputs"], chosen["outputs"]);
  // Against compiled code, of a model that is compiled in a moment.
  ASSERT_TRUE(io::write_whole(options.model, "dx/dt = exp(-x**2)/ms - x/(3*ms) : 1\ninit x = 0.3\n"));
  options.run.isa = "auto";
  const nlohmann::json short_one = run();
  for (const char* isa : {"avx2", "avx512"}) {
    if (!sim::choose_backend(isa)) continue;
    options.run.isa = isa;
    EXPECT_EQ(run()["outputs"], short_one["outputs"]) << isa;
  }
}

TEST_F(SimulateMany, ACurveAndATraceAreDrawn) {
  options.inputs = {assign("--input", "I", "10:60:11")};
  options.features = {"spike_rate(v)", "isi_mean(v)"};
  options.out = scratch.path("curve.svg");
  run();
  auto svg = io::read_whole(options.out, 1 << 20);
  ASSERT_TRUE(svg);
  EXPECT_NE(svg->find("I [mV]"), std::string::npos);
  EXPECT_NE(svg->find("isi_mean(v) [ms]"), std::string::npos);
  options.trials = 2;
  EXPECT_NE(error().find("a picture is of one sweep"), std::string::npos);
  options.trials = 1;
  options.inputs = {assign("--input", "I", "30 mV")};
  options.features.clear();
  options.duration = time("50 ms");
  options.out = scratch.path("trace.svg");
  run();
  svg = io::read_whole(options.out, 1 << 20);
  ASSERT_TRUE(svg);
  EXPECT_NE(svg->find("v [mV]"), std::string::npos);
  EXPECT_NE(svg->find("class=\"mark\""), std::string::npos);
  options.out = scratch.path("trace.png");
  Silent silent;
  const auto png = simulate_model(options, silent);
  if (png) EXPECT_EQ(io::read_whole(options.out, 1 << 20)->substr(0, 4), "\x89PNG");
  else EXPECT_EQ(png.error().front().code, "png-absent");
}

TEST_F(SimulateMany, MistakesAreSaidTogether) {
  options.set.push_back(assign("--set", "tau", "10:40"));
  options.set.push_back(assign("--set", "E", "-70 mS:-60 mV:3"));
  EXPECT_EQ(error(),
            "--set tau: error: \"10:40\" is not a sweep [sweep-syntax]\n"
            "    try: tau=FROM:TO:COUNT, tau=FROM:TO:COUNT:log\n"
            "--set E: error: E is in mV (volt), not in mS (siemens) [unit-mismatch]\n"
            "    try: E=\"... mV\"\n");
  options.set.resize(1);
  options.features = {"spike_conut(v)",
                      "mean(w)",
                      "mean(v, form=3 ms)",
                      "spike_time(v)",
                      "mean v",
                      "mean(v, from=3 mV)",
                      "fraction_between(u, low=1 ms)",
                      "spike_peak(u)",
                      "autocorrelation(v, lag=0.5)"};
  const std::string all = error();
  for (const char* code : {"feature-unknown", "name-unknown", "argument-unknown", "argument-missing", "feature-syntax",
                           "unit-mismatch", "value-range"})
    EXPECT_NE(all.find(code), std::string::npos) << code << "\n" << all;
  EXPECT_NE(all.find("try: spike_count"), std::string::npos) << all;
  options.features.clear();
  options.draws = -1;
  EXPECT_NE(error().find("draws and trials are counts"), std::string::npos);
  options.draws = 1000000000;
  EXPECT_NE(error().find("too-many-runs"), std::string::npos);
}

TEST(FeatureText, UnitsFollowTheQuantity) {
  const auto model = lang::load_model(integrate_and_fire, "lif");
  ASSERT_TRUE(model);
  const auto one = [&](const char* text) { return parse_feature(text, *model, {0.0, 1e-4, 10001})->front(); };
  EXPECT_EQ(one("variance(v)").unit.name, "mV**2");
  EXPECT_EQ(one("area( u )").unit.name, "mV*ms");
  EXPECT_EQ(one("spike_rate(v)").unit.name, "Hz");
  const FeatureColumn bin = one("fraction_between(v, low=-60, high=-50 mV)");
  EXPECT_DOUBLE_EQ(bin.request.arguments.at("low"), -0.06);
  EXPECT_DOUBLE_EQ(bin.request.arguments.at("high"), -0.05);
}

TEST(FeatureText, WindowsMayCountFromTheStimulus) {
  const auto model = lang::load_model(integrate_and_fire, "lif");
  ASSERT_TRUE(model);
  const Sampling sampling{0.0, 1e-4, 10000, 0.1 + 1e-17, 0.3};
  const auto window = [&](const std::string& text, const Sampling& s) -> std::pair<double, double> {
    const auto columns = parse_feature("mean(v, " + text + ")", *model, s);
    if (!columns) return {-1.0, columns.error().front().code == "no-stimulus" ? -1.0 : -2.0};
    return {columns->front().request.window.from, columns->front().request.window.until};
  };
  // At samples, to the bit as they are computed.
  EXPECT_EQ(window("from=on, until=off", sampling), std::pair(1000 * 1e-4, 3000 * 1e-4));
  EXPECT_EQ(window("from=on + 10 ms, until=off-5ms", sampling), std::pair(1100 * 1e-4, 2950 * 1e-4));
  EXPECT_NEAR(window("from=on + 0.03 ms, until=1 second", sampling).first, 0.10003, 1e-15);
  EXPECT_EQ(window("from=0 ms, until=on", sampling), std::pair(0.0, 1000 * 1e-4));
  EXPECT_EQ(window("from=on, until=0.5 second", Sampling{0.0, 1e-4, 10000}).second, -1.0);
  EXPECT_EQ(window("until=off", Sampling{0.0, 1e-4, 10000, 0.1, {}}).second, -1.0);
  EXPECT_EQ(window("from=once", sampling).second, -2.0);
}

TEST_F(SimulateMany, LatencyCountsFromTheStimulus) {
  options.inputs = {assign("--input", "I", "30 mV*int(t > 100.004*ms)*int(t < 500*ms)")};
  options.features = {"latency(v, from=on)", "spike_count(v, until=on)", "spike_rate(v, from=on + 100 ms, until=off)"};
  const nlohmann::json json = run();
  // tau log(I/(I - 20 mV)) from where the current begins, inside a step; spikes carry the start of their step.
  EXPECT_NEAR(json["rows"][0][0], 20.0 * std::log(3.0), 0.0101);
  EXPECT_EQ(json["rows"][0][1], 0.0);
  EXPECT_NEAR(json["rows"][0][2], 1e3 / (20.0 * std::log(3.0) + 2.0), 1e3 / 300.0);  // to one spike in 300 ms
}

TEST(FeatureText, SweepsAndBinsAreSeveralColumns) {
  const auto model = lang::load_model(integrate_and_fire, "lif");
  ASSERT_TRUE(model);
  const auto all = [&](const char* text) {
    std::vector<std::string> out;
    const auto columns = parse_feature(text, *model, {0.0, 1e-4, 10000});
    if (!columns) return std::vector{render(columns.error())};
    for (const FeatureColumn& c : *columns) out.push_back(c.request.name);
    return out;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(all("autocorrelation(v, lag=1:3:3)"),
            (Names{"autocorrelation(v, lag=1)", "autocorrelation(v, lag=2)", "autocorrelation(v, lag=3)"}));
  EXPECT_EQ(all("autocorrelation(v,lag=1:100:3:log)").back(), "autocorrelation(v, lag=100)");
  EXPECT_EQ(all("spectral_density(v, frequency=10 Hz:0.04 kHz:2)"),
            (Names{"spectral_density(v, frequency=10 Hz)", "spectral_density(v, frequency=40 Hz)"}));
  EXPECT_EQ(all("fraction_between(v, low=-80, high=-50, bins=2, from=10 ms)"),
            (Names{"fraction_between(v, low=-80, high=-65, from=10 ms)",
                   "fraction_between(v, low=-65, high=-50, from=10 ms)"}));
  EXPECT_EQ(all("isi_fraction_between(v, low=0 ms, high=30 ms, bins=2)").back(),
            "isi_fraction_between(v, low=15 ms, high=30 ms)");
  EXPECT_EQ(all("band_power(v, low=0 Hz, high=40 Hz, bins=4)").size(), 4U);
  const auto band =
      parse_feature("band_power(v, low=8 Hz, high=13 Hz, from=0 ms, until=500 ms)", *model, {0.0, 1e-4, 10000});
  ASSERT_TRUE(band) << render(band.error());
  EXPECT_NEAR(band->front().request.arguments.at("resolution"), 2.0, 1e-12);  // 5000 samples of 0.1 ms
  // Mistakes, said once however many columns there would have been.
  for (const auto& [text, said] : {std::pair{"autocorrelation(v, lag=1:300:3)", "value-range"},
                                   {"autocorrelation(v, lag=1:2)", "sweep-syntax"},
                                   {"autocorrelation(v, lag=1:5:2000)", "sweep-syntax"},
                                   {"autocorrelation(v, lag=0:8:2:log)", "sweep-syntax"},
                                   {"fraction_between(v, low=-80, bins=2)", "argument-missing"},
                                   {"fraction_between(v, low=-80, high=-50, bins=none)", "value-range"},
                                   {"fraction_between(v, low=-50, high=-80)", "value-range"},
                                   {"mean(v, bins=3)", "argument-missing"},
                                   {"band_power(v, low=0 Hz, high=6 kHz)", "value-range"},
                                   {"band_power(v, low=0 Hz, high=1 kHz)", "value-range"}}) {
    const Names got = all(text);
    EXPECT_EQ(got.size(), 1U) << text;
    EXPECT_NE(got.front().find(said), std::string::npos) << text << "\n" << got.front();
  }
}

}  // namespace
}  // namespace hillock::study
