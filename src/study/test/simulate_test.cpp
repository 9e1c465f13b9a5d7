#include "study/simulate.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "io/recording_reader.hpp"
#include "study/quantity_text.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string herg = HILLOCK_SOURCE_DIR "/examples/herg/herg.model";

Assignment assign(const std::string& flag, const std::string& name, const std::string& text) {
  return {name, text, {flag + " " + name, std::nullopt}};
}
Assignment set(const std::string& name, const std::string& text) { return assign("--set", name, text); }
Assignment input(const std::string& name, const std::string& text) { return assign("--input", name, text); }

QuantityText time(const std::string& text) { return read_quantity_text(text, "--time", "second").value(); }

/// p1 ... p9 of about the published size, in the model's units.
const std::vector<double> p{2.26e-4, 0.0699, 3.45e-5, 0.05462, 0.0873, 8.91e-3, 5.15e-3, 0.03158, 0.1524};

SimulateOptions herg_options() {
  SimulateOptions options;
  options.model = herg;
  for (std::size_t i = 0; i < p.size(); ++i)
    options.set.push_back(set("p" + std::to_string(i + 1), std::to_string(p[i])));
  options.duration = time("20 ms");
  options.inputs = {input("V", "-80 mV")};
  return options;
}

Result<Answer> simulated(const SimulateOptions& options) {
  Silent silent;
  return simulate_model(options, silent);
}

std::string error_of(const SimulateOptions& options) {
  const auto answer = simulated(options);
  return answer ? "none" : render(answer.error());
}

double to_six(double x) { return std::stod(std::to_string(x)); }  // as `herg_options` writes it

double e_k_mV(double kelvin) { return 8.314 * kelvin / 96485 * std::log(4.0 / 130.0) * 1e3; }

TEST(SimulateModel, AHeldChannelStaysWhereItIs) {
  const Scratch scratch;
  SimulateOptions options = herg_options();
  options.out = scratch.path("held.npz");
  const auto answer = simulated(options);
  ASSERT_TRUE(answer) << render(answer.error());
  const auto file = io::read_arrays(options.out);
  ASSERT_TRUE(file) << render(file.error());
  std::vector<std::string> names = file->names();
  EXPECT_EQ(names.front(), "time_ms");
  // init is the steady state of -80 mV: the gates do not move, and the current is the formula's.
  const double k1 = to_six(p[0]) * std::exp(to_six(p[1]) * -80), k2 = to_six(p[2]) * std::exp(-to_six(p[3]) * -80);
  const double k3 = to_six(p[4]) * std::exp(to_six(p[5]) * -80), k4 = to_six(p[6]) * std::exp(-to_six(p[7]) * -80);
  const double current = to_six(p[8]) * (k1 / (k1 + k2)) * (k4 / (k3 + k4)) * (-80 - e_k_mV(294.45));
  for (const char* name : {"time_ms", "V_mV", "a", "r", "I_nA"}) ASSERT_NE(file->find(name), nullptr) << name;
  ASSERT_EQ(file->find("I_nA")->values.size(), 201U);
  for (std::size_t i = 0; i < 201; ++i) {
    EXPECT_NEAR(file->find("time_ms")->values[i], 0.1 * static_cast<double>(i), 1e-12);
    EXPECT_DOUBLE_EQ(file->find("V_mV")->values[i], -80.0);
    // A handful of roundings each, and 200 steps of a contraction.
    EXPECT_NEAR(file->find("I_nA")->values[i] / current, 1.0, 1e-12);
  }
  const auto json = nlohmann::json::parse(answer->json);
  EXPECT_EQ(json["samples"], 201);
  EXPECT_EQ(json["dt_ms"].get<double>(), 0.1);
  EXPECT_EQ(json["integrator"], "exponential_euler");
  EXPECT_EQ(json["file"], options.out);
  bool found = false;
  for (const auto& output : json["outputs"])
    if (output["name"] == "I") {
      found = true;
      EXPECT_EQ(output["unit"], "nA");
      EXPECT_EQ(output["not_finite"], 0);
      EXPECT_NEAR(output["last"].get<double>() / current, 1.0, 1e-12);
    }
  EXPECT_TRUE(found) << answer->json;
  EXPECT_NE(answer->text.find("written: " + options.out), std::string::npos) << answer->text;
}

TEST(SimulateModel, AStepRelaxesAsTheFormulaSays) {
  const Scratch scratch;
  SimulateOptions options = herg_options();
  options.inputs = {input("V", "-80*mV + 120*mV*(t >= 5*ms)")};
  options.out = scratch.path("step.csv");
  const auto answer = simulated(options);
  ASSERT_TRUE(answer) << render(answer.error());
  const auto file = io::read_arrays(options.out);
  ASSERT_TRUE(file) << render(file.error());
  const auto& r = file->find("r")->values;
  EXPECT_DOUBLE_EQ(file->find("V_mV")->values[49], -80.0);
  EXPECT_DOUBLE_EQ(file->find("V_mV")->values[51], 40.0);
  const double k3 = to_six(p[4]) * std::exp(to_six(p[5]) * 40), k4 = to_six(p[6]) * std::exp(-to_six(p[7]) * 40);
  const double steady = k4 / (k3 + k4);
  // From 10 to 20 ms at a held 40 mV.
  EXPECT_NEAR((r[200] - steady) / (r[100] - steady), std::exp(-(k3 + k4) * 10.0), 1e-10);
  // The plot of the current.
  EXPECT_NE(answer->text.find(" I [nA]\n"), std::string::npos) << answer->text;
  EXPECT_NE(answer->text.find("time [ms]\n"), std::string::npos);
}

TEST(SimulateModel, CsvAndNpzHoldTheSameNumbersOnEveryBackend) {
  const Scratch scratch;
  std::vector<data::ArrayFile> files;
  for (const auto& [name, isa] : {std::pair{"a.csv", "auto"}, {"b.npz", "auto"}, {"c.npz", "interpreter"}}) {
    SimulateOptions options = herg_options();
    options.inputs = {input("V", "20*mV*sin(0.1/ms*t) - 40*mV")};
    options.out = scratch.path(name);
    options.run.isa = isa;
    ASSERT_TRUE(simulated(options));
    auto file = io::read_arrays(options.out);
    ASSERT_TRUE(file) << render(file.error());
    files.push_back(std::move(*file));
  }
  for (std::size_t f = 1; f < files.size(); ++f) {
    EXPECT_EQ(files[f].names(), files[0].names());
    for (const data::Array& array : files[0].arrays)
      EXPECT_EQ(files[f].find(array.name)->values, array.values) << array.name;
  }
}

TEST(SimulateModel, SetTakesUnitsBareNumbersAndConstants) {
  const Scratch scratch;
  const auto last = [&](const std::vector<Assignment>& more) {
    SimulateOptions options = herg_options();
    for (const Assignment& a : more) options.set.push_back(a);
    const auto answer = simulated(options);
    if (!answer) return std::nan("");
    const auto json = nlohmann::json::parse(answer->json);
    for (const auto& output : json["outputs"])
      if (output["name"] == "I") return output["last"].get<double>();
    return std::nan("");
  };
  const double base = last({});
  EXPECT_NEAR(last({set("p9", "0.3048")}) / base, 2.0, 1e-12);
  EXPECT_NEAR(last({set("p9", "304.8 nS")}) / base, 2.0, 1e-12);
  // E_K follows T, as the model says.
  EXPECT_NEAR(last({set("T", "310.15 kelvin")}) / base, (-80 - e_k_mV(310.15)) / (-80 - e_k_mV(294.45)), 1e-12);
  EXPECT_NEAR(last({set("T", "37 degC")}) / last({set("T", "310.15 kelvin")}), 1.0, 1e-12);
}

TEST(SimulateModel, WithoutSetThePriorsMedian) {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("m.model",
                                "param g : uS ~ loguniform(0.01 uS, 1 uS)\nparam h : uS = 2 uS\n"
                                "x = (g + h)*mV : amp\nobserve y ~ normal(x, 1*nA)\n");
  options.duration = time("1 ms");
  const auto answer = simulated(options);
  ASSERT_TRUE(answer) << render(answer.error());
  const auto json = nlohmann::json::parse(answer->json);
  EXPECT_NEAR(json["outputs"].back()["last"].get<double>(), json["outputs"].back()["unit"] == "nA" ? 2.1 : 2.1e-9,
              1e-12);
}

TEST(SimulateModel, ABlowUpIsSaidAndIsNoError) {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("m.model", "dx/dt = x*x/ms : 1\ninit x = 1\n");  // 1/(1 - t): infinite at 1 ms
  options.duration = time("5 ms");
  options.integrator = "rk4";
  const auto answer = simulated(options);
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_NE(answer->text.find("samples not finite: the simulation blew up"), std::string::npos) << answer->text;
  EXPECT_GT(nlohmann::json::parse(answer->json)["outputs"][0]["not_finite"].get<int>(), 30);
}

// ---- the texts of errors ----------------------------------------------------------------------------------------

TEST(SimulateErrors, UnknownNamesAndWrongUnitsAtOnce) {
  SimulateOptions options = herg_options();
  options.set = {set("p10", "1"), set("p9", "3 mV"), set("sigm", "1 nA"), set("p1", "fast")};
  options.inputs = {input("v", "-80 mV"), input("V", "3*ms")};
  EXPECT_EQ(error_of(options),
            "--set p10: error: the model has no parameter or constant called p10 [name-unknown]\n"
            "    try: p1\n"
            "--set p9: error: p9 is in uS (siemens), not in mV (volt) [unit-mismatch]\n"
            "    try: p9=\"... uS\"\n"
            "--set sigm: error: the model has no parameter or constant called sigm [name-unknown]\n"
            "    try: sigma\n"
            "--set p1: error: expected a number, with its unit, in 'fast' [quantity-syntax]\n"
            "    try: for example '5 ms' or '-80*mV'\n"
            "--input v: error: the model has no input called v [name-unknown]\n"
            "    try: V\n"
            "--input V: error: the expression must be volt, but is second [unit-mismatch]\n"
            "    3*ms\n"
            "    ^~~~\n");
}

TEST(SimulateErrors, AnInputThatNothingGives) {
  SimulateOptions options = herg_options();
  options.inputs.clear();
  EXPECT_EQ(error_of(options), herg +
                                   ": error: the model has an input V, and nothing says what it is [input-missing]\n"
                                   "    try: --input V=\"... mV\"\n");
}

TEST(SimulateErrors, AParameterWithoutAnyValue) {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("m.model", "param g : uS\nobserve y ~ normal(g*mV, 1*nA)\n");
  EXPECT_EQ(scratch.without_path(error_of(options)),
            "DIR/m.model:1:7: error: the parameter g has no default and no prior [parameter-without-value]\n"
            "    param g : uS\n"
            "          ^\n"
            "    try: --set g=...\n");
}

TEST(SimulateErrors, TimesThatCannotBe) {
  SimulateOptions options = herg_options();
  options.dt = time("30 ms");
  EXPECT_EQ(error_of(options),
            "--duration: error: the run is shorter than one step [value-range]\n"
            "    try: a longer run or a smaller --dt\n");
  options.dt = time("-1 ms");
  EXPECT_EQ(error_of(options),
            "--dt: error: the step must be positive [value-range]\n"
            "    try: --dt \"0.1 ms\"\n");
  options.dt = time("1e-3 us");
  options.duration = time("3600 second");
  EXPECT_NE(error_of(options).find("would store"), std::string::npos) << error_of(options);
}

TEST(SimulateErrors, FilesThatCannotBeWrittenOrRead) {
  const Scratch scratch;
  SimulateOptions options = herg_options();
  options.out = scratch.path("trace.xls");
  EXPECT_EQ(scratch.without_path(error_of(options)),
            "--out: error: traces are written as .csv, .npz, .svg or .png, not as DIR/trace.xls [format-unknown]\n"
            "    try: --out trace.csv\n");
  options.out = scratch.path("no/such/folder/trace.csv");
  EXPECT_NE(error_of(options), "none");
  options.out.clear();
  options.model = scratch.path("none.model");
  EXPECT_NE(error_of(options).find("[file-missing]"), std::string::npos) << error_of(options);
  options.model = scratch.write("empty.model", "# nothing\n");
  options.set.clear();
  options.inputs.clear();
  EXPECT_EQ(scratch.without_path(error_of(options)),
            "DIR/empty.model: error: the model has no states and observes nothing [nothing-to-simulate]\n");
}

TEST(SimulateErrors, AnUnknownIntegratorOrInstructionSet) {
  SimulateOptions options = herg_options();
  options.integrator = "rk44";
  EXPECT_EQ(error_of(options),
            "model.integrator: error: there is no integrator \"rk44\" [integrator-unknown]\n"
            "    try: rk4\n");
  options = herg_options();
  options.run.isa = "avx3";
  EXPECT_NE(error_of(options).find("[backend-unknown]"), std::string::npos) << error_of(options);
}

}  // namespace
}  // namespace hillock::study
