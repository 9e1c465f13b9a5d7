/// `hillock simulate --sensitivity` and `--events located`: against differences of what `simulate` itself prints.

#include "study/simulate_sensitivity.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>

#include "io/recording_reader.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

/// An adaptive leaky integrate-and-fire cell; C is a constant.
constexpr const char* cell =
    "param tau : ms = 20 ms\nparam g : mV = 0.6 mV\nparam hold : ms = 3.3 ms\nconst C = 30 mV\n"
    "dv/dt = (-70*mV - v + C - w)/tau : mV (unless refractory)\n"
    "dw/dt = -w/(100*ms) : mV\n"
    "init v = -70 mV\nthreshold v > -50 mV\nreset v = -70 mV; w += g\nrefractory hold\n";

class SimulateSensitivity : public testing::Test {
 protected:
  void write(const std::string& text) { options.model = scratch.write("cell.model", text); }
  SimulateSensitivity() {
    write(cell);
    options.duration = read_quantity_text("200 ms", "--duration", "second").value();
  }
  [[nodiscard]] nlohmann::json run(const std::string& set = "") const {
    SimulateOptions mine = options;
    if (!set.empty())
      mine.set.push_back({set.substr(0, set.find('=')), set.substr(set.find('=') + 1), Origin{"--set", {}}});
    Silent silent;
    const auto got = simulate_model(mine, silent);
    if (!got) {
      ADD_FAILURE() << render(got.error());
      return {};
    }
    return nlohmann::json::parse(got->json);
  }
  [[nodiscard]] std::string error() const {
    Silent silent;
    const auto got = simulate_model(options, silent);
    return got ? "none" : render(got.error());
  }
  static double rate(const nlohmann::json& run) {
    const auto& times = run["spikes_ms"];
    return 1e3 * static_cast<double>(times.size() - 1) / (times.back().get<double>() - times.front().get<double>());
  }
  Scratch scratch;
  SimulateOptions options;
};

TEST_F(SimulateSensitivity, SaysWhereAParameterMovesAnEdgeInTime) {
  write(
      "param onset : ms = 30.3 ms\nparam g : 1 = 500\n"
      "dv/dt = (g*int(t > onset)*int(t < onset + 0.05*ms) - v)/(10*ms) : 1\ninit v = 0\n");
  options.sensitivity = "all";
  options.integrator = "rk4";
  const std::string note = run()["sensitivity"]["note"];
  EXPECT_NE(note.find("onset moves an edge in time"), std::string::npos) << note;
  EXPECT_EQ(note.find("g "), std::string::npos) << note;
  options.sensitivity = "g";
  EXPECT_FALSE(run()["sensitivity"].contains("note"));
  // An integrator that ends steps at the edge has the derivative: (pulse's height)/tau, and of differences.
  options.sensitivity = "onset";
  options.integrator = "dopri5";
  const auto by_steps = run();
  EXPECT_FALSE(by_steps["sensitivity"].contains("note"));
  const auto last = [&](const char* onset) { return run(onset)["outputs"][0]["last"].get<double>(); };
  const double difference = (last("onset=30.31 ms") - last("onset=30.29 ms")) / 0.02;
  EXPECT_NEAR(by_steps["sensitivity"]["outputs"][0]["last"].get<double>(), difference, 1e-5 * std::fabs(difference));
  EXPECT_GT(std::fabs(difference), 1e-9);
}

TEST_F(SimulateSensitivity, IsWhatDifferencesSay) {
  options.out = scratch.path("out.npz");
  options.sensitivity = "all";
  const nlohmann::json got = run()["sensitivity"];
  const auto file = io::read_arrays(options.out);
  ASSERT_TRUE(file);
  options.sensitivity = "";
  options.events = "located";
  const nlohmann::json plain = run();
  EXPECT_EQ(plain["events"]["trouble"], "");
  ASSERT_GE(plain["spikes_ms"].size(), 5U);
  ASSERT_EQ(got["spikes"].size(), plain["spikes_ms"].size());
  EXPECT_TRUE(got["trouble"].is_null());
  for (const auto& [name, value] : {std::pair<std::string, double>{"tau", 20.0}, {"g", 0.6}, {"hold", 3.3}}) {
    // Central differences at 1e-6: rounding 1e-14 * 200/1e-6 of times in ms, truncation 1e-12.
    const double h = 1e-6 * value;
    const auto at = [&](double by) { return run(fmt::format("{}={:.17g}", name, value + by)); };
    const nlohmann::json up = at(h), down = at(-h);
    for (std::size_t k = 0; k < got["spikes"].size(); ++k) {
      const double want = (up["spikes_ms"][k].get<double>() - down["spikes_ms"][k].get<double>()) / (2 * h);
      const double slope = got["spikes"][k]["d_time_ms"][name];
      EXPECT_NEAR(slope, want, 1e-5 * std::max(1.0, std::fabs(want))) << name << ", spike " << k;
      const std::string unit = name == "g" ? "_mV" : "_ms";
      EXPECT_EQ(file->find("d_spike_time_ms_d_" + name + unit)->values.at(k), slope);
      // The same steps, in which other products are fused: a few roundings of 200 ms.
      EXPECT_NEAR(got["spikes"][k]["time_ms"].get<double>(), plain["spikes_ms"][k].get<double>(), 1e-12);
    }
    const double by_rate = (rate(up) - rate(down)) / (2 * h);
    EXPECT_NEAR(got["rate"]["d_hz"][name].get<double>(), by_rate, 1e-5 * std::max(1.0, std::fabs(by_rate))) << name;
    for (const auto& output : got["outputs"]) {
      if (output["parameter"] != name) continue;
      const auto last = [&](const nlohmann::json& from) {
        for (const auto& o : from["outputs"])
          if (o["name"] == output["name"]) return o["last"].get<double>();
        return 0.0;
      };
      const double want = (last(up) - last(down)) / (2 * h);
      EXPECT_NEAR(output["last"].get<double>(), want, 1e-5 * std::max(1.0, std::fabs(want))) << output;
      EXPECT_EQ(output["unit"], name == "g" ? "mV/mV" : "mV/ms");
    }
  }
  EXPECT_EQ(file->find("d_v_mV_d_tau_ms")->values.size(), 2001U);
  EXPECT_EQ(file->find("d_w_mV_d_g_mV")->values.back(), got["outputs"][4]["last"].get<double>());
}

TEST_F(SimulateSensitivity, OfAModelWithoutSpikesIsThatOfItsTraces) {
  write("param k : 1/second = 3/second\ndx/dt = -k*x : volt\ninit x = 2 volt\n");
  options.sensitivity = "k";
  const auto got = run();
  // x = 2 exp(-k t), d x/d k = -t x; exponential Euler is exact here, and t = 0.2 s.
  EXPECT_NEAR(got["sensitivity"]["outputs"][0]["last"].get<double>(), -0.2 * 2 * std::exp(-0.6), 1e-12);
  EXPECT_EQ(got["sensitivity"]["outputs"][0]["unit"], "volt/(1/second)");
  EXPECT_FALSE(got["sensitivity"].contains("rate"));
  EXPECT_FALSE(got.contains("events"));
}

TEST_F(SimulateSensitivity, SaysWhereThereIsNone) {
  options.sensitivity = "tau";
  options.dt = read_quantity_text("5 ms", "--dt", "second").value();  // the refractory period is shorter
  const auto got = run();
  EXPECT_EQ(got["sensitivity"]["trouble"], "too-short");
  EXPECT_EQ(got["events"]["trouble"], "too-short");
  options.duration = read_quantity_text("30 ms", "--duration", "second").value();
  options.dt.reset();
  const auto one = run();  // one spike has no interval
  ASSERT_EQ(one["spikes_ms"].size(), 1U);
  EXPECT_TRUE(one["sensitivity"]["rate"].is_null());
  for (int code = 1; code <= 4; ++code) EXPECT_FALSE(sentence(static_cast<sim::EventTrouble>(code)).empty());
}

TEST_F(SimulateSensitivity, MistakesAreNamed) {
  options.sensitivity = "tau, taux, C";
  EXPECT_EQ(error(),
            "--sensitivity: error: no parameter is called taux [name-unknown]\n"
            "    try: tau\n"
            "--sensitivity: error: C is a constant: derivatives are taken by parameters [name-unknown]\n"
            "    try: param C : unit = ... instead of const\n");
  options.sensitivity = "all";
  options.events = "grid";
  EXPECT_EQ(error(),
            "--events: error: spikes on the grid of steps are no smooth function of the parameters [events-unfit]\n"
            "    try: --events located\n");
  options.events = "exact";
  EXPECT_EQ(error(),
            "--events: error: spikes are at the steps or located inside them, not \"exact\" [events-unknown]\n"
            "    try: grid or located\n");
  options.events = "";
  write("dx/dt = -x/(1*ms) : 1\n");
  EXPECT_EQ(error(),
            "--sensitivity: error: the model has no parameters to differentiate by [name-unknown]\n"
            "    try: a line such as: param g : nS = 60 nS\n");
  // 10 traces of 1e7 samples and their derivatives.
  write(cell);
  options.duration = read_quantity_text("1000 second", "--duration", "second").value();
  EXPECT_NE(error().find("the derivatives of 10000001 samples would need"), std::string::npos);
}

TEST_F(SimulateSensitivity, OfFeaturesIsATableWithReasons) {
  // A leaky cell from E to the level and back: T = tau log((mu + I)/(mu + I - level)), spikes at T, 2T, ...
  write(
      "param tau : ms = 10 ms\nparam mu : mV = 17 mV\nparam level : mV = 15 mV\ninput I : mV\n"
      "dv/dt = (mu + I - v)/tau : mV\nthreshold v > level\nreset v = 0*mV\n");
  options.sensitivity = "tau, I";
  options.features = {"isi_mean(v)", "spike_count(v)", "maximum(v)", "spike_time(v, number=12)"};
  options.inputs = {{"I", "0:8 mV:3", Origin{"--input", {}}}};
  options.out = scratch.path("out.csv");
  Silent silent;
  const auto answer = simulate_model(options, silent);
  ASSERT_TRUE(answer) << render(answer.error());
  const nlohmann::json got = nlohmann::json::parse(answer->json);
  ASSERT_EQ(got["columns"].size(), 1U + 4 * 3);
  EXPECT_EQ(got["columns"][2]["name"], "d isi_mean(v)/d tau");
  EXPECT_EQ(got["columns"][3]["unit"], "ms/mV");
  for (std::size_t k = 0; k < 3; ++k) {
    const auto& row = got["rows"][k];
    const double v = 17.0 + row[0].get<double>(), period = 10.0 * std::log(v / (v - 15.0));
    // Exponential Euler is exact: rounding of 2000 steps over the slope at the threshold, 2/17.
    EXPECT_NEAR(row[1].get<double>(), period, 1e-9);
    EXPECT_NEAR(row[2].get<double>(), period / 10.0, 1e-9);
    EXPECT_NEAR(row[3].get<double>(), 10.0 * (1 / v - 1 / (v - 15.0)), 1e-9);
    EXPECT_EQ(row[5].get<double>(), 0.0);
    EXPECT_EQ(row[8], "jumps");
    if (period * 12 < 200.0) {
      EXPECT_NEAR(row[12].get<double>(), 120.0 * (1 / v - 1 / (v - 15.0)), 1e-7);
    } else {
      EXPECT_EQ(row[12], "too-few-spikes");
    }
  }
  EXPECT_EQ(got["rows"][0][12], "too-few-spikes");
  EXPECT_NE(answer->text.find("d spike_count(v)/d tau: a count, whose derivative is 0 wherever it has one"),
            std::string::npos);
  EXPECT_NE(answer->text.find("d maximum(v)/d I: 3 jumps"), std::string::npos);
  // Without features: those of spikes that move.
  options.features.clear();
  options.out = "";
  const nlohmann::json usual = nlohmann::json::parse(simulate_model(options, silent)->json);
  EXPECT_EQ(usual["columns"][1]["name"], "latency(v)");
  EXPECT_EQ(usual["columns"][4]["name"], "isi_mean(v)");
  options.events = "grid";
  options.sensitivity = "tau";
  EXPECT_NE(error().find("[events-unfit]"), std::string::npos);
  options.events = "";
  options.sensitivity = "taux";
  EXPECT_NE(error().find("[name-unknown]"), std::string::npos);
}

}  // namespace
}  // namespace hillock::study
