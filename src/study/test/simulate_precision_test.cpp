/// `hillock simulate --precision float32`: the error is measured, and said in the answer and in every file.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "io/csv/csv.hpp"
#include "io/recording_reader.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

constexpr const char* cell = R"(
param k : 1 = 1 ~ uniform(0.5, 2)
dv/dt = (k*30*mV - v + 5*mV*xi*(20*ms)**0.5)/(20*ms) : mV
dw/dt = -w/(50*ms) : 1
twice = 2*v : mV
threshold v > 20*mV
reset v = 0*mV; w += 1
observe y ~ normal(v + 1*mV*w, 1 mV)
)";

QuantityText time(const std::string& text) { return read_quantity_text(text, "--time", "second").value(); }

class SimulatePrecision : public testing::Test {
 protected:
  Scratch scratch;
  SimulateOptions options;
  std::string text;

  void SetUp() override {
    options.model = scratch.write("cell.model", cell);
    options.duration = time("200 ms");
    options.precision = "float32";
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
};

TEST_F(SimulatePrecision, OfATraceIsWhatTwoTracesDifferBy) {
  std::vector<std::vector<double>> v, w;
  nlohmann::json json;
  for (const char* precision : {"float64", "float32"}) {
    options.precision = precision;
    options.out = scratch.path(std::string(precision) + ".npz");
    json = run();
    const auto file = io::read_arrays(options.out);
    ASSERT_TRUE(file);
    v.push_back(file->find("v_mV")->values);
    EXPECT_EQ(file->find("float32_error_v") != nullptr, options.precision == "float32");
  }
  double largest = 0.0, squares = 0.0, low = v[0][0], high = low;
  for (std::size_t i = 0; i < v[0].size(); ++i) {
    largest = std::max(largest, std::fabs(v[0][i] - v[1][i]));
    squares += (v[0][i] - v[1][i]) * (v[0][i] - v[1][i]);
    low = std::min(low, v[0][i]), high = std::max(high, v[0][i]);
  }
  ASSERT_GT(largest, 0.0);
  const double rms = std::sqrt(squares / static_cast<double>(v[0].size()));
  EXPECT_EQ(json["precision"], "float32");
  const nlohmann::json& error = json["float32_error"];
  EXPECT_EQ(error["runs"], 1);
  ASSERT_EQ(error["traces"][0]["name"], "v");
  // The numbers come from traces in volt, these from millivolt.
  EXPECT_NEAR(error["traces"][0]["largest"].get<double>(), largest / (high - low), 1e-12);
  EXPECT_NEAR(error["traces"][0]["rms"].get<double>(), rms / (high - low), 1e-12);
  EXPECT_EQ(error["spikes"]["number"], json["spikes_ms"].size());
  EXPECT_EQ(error["spikes"]["runs_with_another_number"], 0);
  EXPECT_EQ(error["spikes"]["largest_shift_ms"], 0.0);
  const auto file = io::read_arrays(options.out);
  EXPECT_EQ(file->find("float32_error_v")->values[0], error["traces"][0]["largest"].get<double>());
  EXPECT_EQ(file->find("float32_error_spikes")->values, (std::vector{0.0, 0.0}));
  EXPECT_NE(text.find("float32, against this run in float64:\n"), std::string::npos) << text;
  EXPECT_NE(text.find("exponential_euler, float32\n"), std::string::npos) << text;
}

TEST_F(SimulatePrecision, OfATableIsMeasuredOnSomeOfItsRuns) {
  options.draws = 100;
  options.features = {"mean(v)", "spike_count(v)", "isi_cv(v)"};
  const nlohmann::json narrow = run();
  EXPECT_NE(text.find("float32, against 32 of these runs in float64:\n    mean(v): off by up to "), std::string::npos)
      << text;
  options.precision = "float64";
  const nlohmann::json wide = run();
  EXPECT_FALSE(wide.contains("precision"));
  EXPECT_FALSE(wide.contains("float32_error"));
  EXPECT_EQ(text.find("float32"), std::string::npos);
  // The runs are 0, 3, 6, 9, 12, ...: every 100/32-th. (A row is the draw of k, then the features.)
  double largest = 0.0, size = 0.0;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t row = i * 100 / 32;
    EXPECT_EQ(narrow["rows"][row][0], wide["rows"][row][0]);
    largest = std::max(largest, std::fabs(narrow["rows"][row][1].get<double>() - wide["rows"][row][1].get<double>()));
    size = std::max(size, std::fabs(wide["rows"][row][1].get<double>()));
  }
  ASSERT_GT(largest, 0.0);
  const nlohmann::json& error = narrow["float32_error"];
  EXPECT_EQ(error["runs"], 32);
  EXPECT_EQ(error["trace_runs"], 4);
  EXPECT_NEAR(error["features"][0]["largest"].get<double>(), largest, 1e-12);
  EXPECT_NEAR(error["features"][0]["relative"].get<double>(), largest / size, 1e-12);
  EXPECT_EQ(error["features"][0]["unit"], "mV");
}

TEST_F(SimulatePrecision, ABlowUpInOnePrecisionAloneIsSaid) {
  // 10^45 is no float32: the trace is infinite there, and finite in float64.
  options.model = scratch.write("big.model", "dx/dt = 1/ms : 1\ninit x = 1e45\n");
  const nlohmann::json json = run();
  EXPECT_TRUE(json["float32_error"]["traces"][0]["largest"].is_null());
  EXPECT_NE(text.find("x            not finite in one"), std::string::npos) << text;
  EXPECT_NE(text.find("not finite: the simulation blew up"), std::string::npos) << text;
}

TEST_F(SimulatePrecision, ATraceThatStandsStillIsComparedWithItsSize) {
  // z goes from 0.7 to 0.7 + 1e-10, which no float32 shows: it is off by its spacing there, 6e-8, at most.
  options.model = scratch.write("still.model", "dx/dt = (1 - x)/(10*ms) : 1\nz = 0.7 + 1e-10*x : 1\n");
  const nlohmann::json json = run();
  ASSERT_EQ(json["float32_error"]["traces"][1]["name"], "z");
  EXPECT_GT(json["float32_error"]["traces"][1]["largest"].get<double>(), 0.0);
  EXPECT_LT(json["float32_error"]["traces"][1]["largest"].get<double>(), 6e-8 / 0.7);
}

TEST_F(SimulatePrecision, IsInEveryFile) {
  for (const bool table : {false, true}) {
    options.draws = table ? 5 : 0;
    options.out = scratch.path("out.csv");
    const nlohmann::json json = run();
    const std::string csv = scratch.read("out.csv");
    EXPECT_TRUE(csv.starts_with("# float32: traces within ")) << csv.substr(0, 200);
    EXPECT_TRUE(io::read_csv(options.out)) << "a comment is no header";
    options.out = scratch.path("out.npz");
    (void)run();
    const auto file = io::read_arrays(options.out);
    ASSERT_TRUE(file);
    EXPECT_NE(file->find("float32_error_v"), nullptr);
    EXPECT_EQ(file->find("float32_error_spike_count(v)") != nullptr, table);
  }
  options.draws = 0;
  options.out = scratch.path("out.svg");
  (void)run();
  EXPECT_NE(scratch.read("out.svg").find("cell.model; float32: traces within "), std::string::npos);
}

TEST_F(SimulatePrecision, LongTracesAreComparedAtTheirBeginning) {
  // 64 MB hold 8 traces of 6 numbers a sample (v, w, twice, y, each with its noise, and the count: 9) for 116508
  // samples.
  options.draws = 4;
  options.duration = time("2 second");
  options.dt = time("0.01 ms");
  const nlohmann::json json = run();
  EXPECT_EQ(json["samples"], 200001);
  EXPECT_NEAR(json["float32_error"]["trace_duration_ms"].get<double>(), 1165.07, 0.005);
  EXPECT_NE(text.find("traces, the first 1165.07 ms, off by up to"), std::string::npos) << text;
}

TEST_F(SimulatePrecision, WhatItIsNotForIsRefused) {
  options.sensitivity = "all";
  EXPECT_NE(error().find("precision-unfit"), std::string::npos) << error();
  options.sensitivity.clear();
  options.events = "located";
  EXPECT_NE(error().find("precision-unfit"), std::string::npos) << error();
  options.events.clear();
  options.precision = "float16";
  EXPECT_NE(error().find("there is no precision \"float16\""), std::string::npos) << error();
  options.draws = 3;
  EXPECT_NE(error().find("float64 or float32"), std::string::npos) << error();
  options.model = scratch.write("smooth.model", "dx/dt = -x/ms : 1\ninit x = 1\n");
  options.precision = "float32";
  options.draws = 0;
  options.integrator = "dopri5";
  EXPECT_NE(error().find("float32 is not for dopri5"), std::string::npos) << error();
}

}  // namespace
}  // namespace hillock::study
