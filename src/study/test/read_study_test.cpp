#include "study/read_study.hpp"

#include <gtest/gtest.h>

#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string least = "[model]\nfile = \"m.model\"\n[data.train]\nfile = \"d.csv\"\nobserve.I = \"current_nA\"\n";

/// The study's errors as a person reads them, with the folder as DIR.
std::string errors_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const Scratch scratch;
  const auto study = read_study(write_study(scratch, text), overrides);
  return study ? "none" : scratch.without_path(render(study.error()));
}

TEST(ReadStudy, TheLeastStudyHasEveryDefault) {
  const Scratch scratch;
  const auto study = read_study(write_study(scratch, least), {});
  ASSERT_TRUE(study) << render(study.error());
  EXPECT_EQ(study->name, std::filesystem::path(scratch.path()).filename().string());
  EXPECT_EQ(study->results, "results/" + study->name);
  EXPECT_EQ(study->report.title, study->name);
  EXPECT_EQ(study->model.file.given, "m.model");
  EXPECT_EQ(study->model.file.absolute, scratch.path("m.model"));
  ASSERT_EQ(study->data.size(), 1U);
  EXPECT_EQ(study->train().observe[0].channel, "I");
  EXPECT_EQ(study->train().observe[0].source.array, "current_nA");
  EXPECT_EQ(study->search.starts, SearchOptions{}.starts);
  EXPECT_FALSE(study->model.dt);
  EXPECT_FALSE(study->lock);
}

TEST(ReadStudy, EveryKeyArrives) {
  const Scratch scratch;
  const std::string text = R"toml(
[study]
name = "herg"
seed = 7
results = "out"
[model]
file = "m.model"
integrator = "rk4"
dt = "0.05 ms"
const.T = "21.3 degC"
[prior]
p1 = "loguniform(1e-7/ms, 1e3/ms)"
[data.zeta]
file = "d.csv"
sampling_interval = "0.1 ms"
observe.I = { array = "c", unit = "nA" }
input.V = { array = "v", unit = "mV", interpolation = "previous" }
const.T = { array = "temperature", unit = "kelvin" }
initial.V = "-80 mV"
command_in_gaps = "interpolated"
[data.train]
file = "d.csv"
time = "when"
time_unit = "ms"
observe.I = "current_nA"
input.V = { pieces = [ { until = "250.1 ms", value = "-80 mV" }, { value = "-30*mV + 54*mV*sin(0.007/ms*t)" } ] }
input.W = "-65 mV"
const.T = "temperature_C"
const.C = "20 pF"
mask.after_steps = "5 ms"
mask.step_threshold = "10 mV"
mask.step_input = "V"
mask.samples = ["2501:2551", "3001:3051"]
mask.windows = ["250.1 ms : 255.1 ms"]
[data.alpha]
file = "d.csv"
observe.I = "current_nA"
[observe]
error = "rms"
[search]
method = "cma_es"
starts = 10
screen = 1e3
tolerance = 1e-6
posterior = "laplace"
[verify]
half_step = false
level = 0.01
[report]
title = "A title"
html = false
)toml";
  const auto study = read_study(write_study(scratch, text), {});
  ASSERT_TRUE(study) << render(study.error());
  EXPECT_EQ(study->name, "herg");
  EXPECT_EQ(study->seed, 7);
  EXPECT_EQ(study->results, "out");
  EXPECT_EQ(study->model.integrator, "rk4");
  EXPECT_DOUBLE_EQ(study->model.dt->si(), 5e-5);
  EXPECT_DOUBLE_EQ(study->model.constants[0].value.si(), 294.45);
  EXPECT_EQ(study->priors[0].name, "p1");
  EXPECT_EQ(study->priors[0].text, "loguniform(1e-7/ms, 1e3/ms)");
  ASSERT_EQ(study->data.size(), 3U);  // train first, the others as written
  EXPECT_EQ(study->data[0].name, "train");
  EXPECT_EQ(study->data[1].name, "zeta");
  EXPECT_EQ(study->data[2].name, "alpha");

  const DataSplit& train = study->train();
  EXPECT_EQ(train.time, "when");
  EXPECT_EQ(train.time_unit, "ms");
  const auto& pieces = std::get<std::vector<Piece>>(train.inputs[0].source);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_DOUBLE_EQ(pieces[0].until->si(), 0.2501);
  EXPECT_FALSE(pieces[1].until);
  EXPECT_EQ(pieces[1].value, "-30*mV + 54*mV*sin(0.007/ms*t)");
  EXPECT_EQ(std::get<std::vector<Piece>>(train.inputs[1].source)[0].value, "-65 mV");
  EXPECT_EQ(std::get<ArrayRef>(train.constants[0].source).array, "temperature_C");
  EXPECT_DOUBLE_EQ(std::get<QuantityText>(train.constants[1].source).si(), 20e-12);
  EXPECT_DOUBLE_EQ(train.mask.after_steps->si(), 5e-3);
  EXPECT_DOUBLE_EQ(train.mask.step_threshold->si(), 10e-3);
  EXPECT_EQ(train.mask.step_input, "V");
  ASSERT_EQ(train.mask.samples.size(), 2U);
  EXPECT_EQ(train.mask.samples[1].window, (data::SampleWindow{3001, 3051}));
  EXPECT_DOUBLE_EQ(train.mask.windows[0].to.si(), 0.2551);

  const DataSplit& zeta = study->data[1];
  EXPECT_DOUBLE_EQ(zeta.sampling_interval->si(), 1e-4);
  EXPECT_EQ(zeta.observe[0].source.unit->name, "nA");
  EXPECT_EQ(std::get<SampledInput>(zeta.inputs[0].source).interpolation, "previous");
  EXPECT_EQ(std::get<ArrayRef>(zeta.constants[0].source).unit->name, "kelvin");
  EXPECT_DOUBLE_EQ(zeta.initial[0].value.si(), -0.08);
  EXPECT_EQ(zeta.command_in_gaps, "interpolated");

  EXPECT_EQ(study->observe.error, "rms");
  EXPECT_EQ(study->search.method, "cma_es");
  EXPECT_EQ(study->search.screen, 1000);
  EXPECT_DOUBLE_EQ(study->search.tolerance, 1e-6);
  EXPECT_EQ(study->search.posterior, "laplace");
  EXPECT_FALSE(study->verify.half_step);
  EXPECT_DOUBLE_EQ(study->verify.level, 0.01);
  EXPECT_EQ(study->report.title, "A title");
  EXPECT_FALSE(study->report.html);
}

TEST(ReadStudy, OverridesNeedNoQuotesAndTheLastOneWins) {
  const Scratch scratch;
  scratch.write("other.csv", "x\n1\n");
  const auto study =
      read_study(write_study(scratch, least),
                 {"search.starts=5", "search.starts = 6", "data.train.file=other.csv", "model.dt=0.1 ms",
                  "prior.p1=uniform(0, 1)", "data.test.file=d.csv", "data.test.observe.I={array=\"x\",unit=\"nA\"}",
                  "verify.half_step=false", "data.train.mask.samples=[\"1:2\"]", "study.name=\"quoted\""});
  ASSERT_TRUE(study) << render(study.error());
  EXPECT_EQ(study->search.starts, 6);
  EXPECT_EQ(study->train().file.absolute, scratch.path("other.csv"));
  EXPECT_DOUBLE_EQ(study->model.dt->si(), 1e-4);
  EXPECT_EQ(study->priors[0].text, "uniform(0, 1)");
  EXPECT_EQ(study->data[1].name, "test");
  EXPECT_EQ(study->data[1].observe[0].source.array, "x");
  EXPECT_FALSE(study->verify.half_step);
  EXPECT_EQ(study->train().mask.samples[0].window, (data::SampleWindow{1, 2}));
  EXPECT_EQ(study->name, "quoted");
}

TEST(ReadStudy, APathFromTheCommandLineMayBeRelativeToTheWorkingDirectory) {
  const Scratch scratch;
  const std::string here = "read_study_test_file.csv";
  std::ofstream(here) << "x\n";
  const auto study = read_study(write_study(scratch, least), {"data.train.file=" + here});
  std::filesystem::remove(here);
  ASSERT_TRUE(study) << render(study.error());
  EXPECT_EQ(study->train().file.absolute, (std::filesystem::current_path() / here).string());
}

TEST(ReadStudy, AFolderMeansItsStudyToml) {
  const Scratch scratch;
  write_study(scratch, least);
  EXPECT_TRUE(read_study(scratch.path(), {}));
  const Scratch empty;
  const auto study = read_study(empty.path(), {});
  ASSERT_FALSE(study);
  EXPECT_EQ(empty.without_path(render(study.error())),
            "DIR: error: this folder has no study.toml [file-missing]\n    try: name the study file itself\n");
}

// ---- the texts of errors ----------------------------------------------------------------------------------------

TEST(ReadStudyErrors, NoSuchFile) {
  const auto study = read_study("/nowhere/study.toml", {});
  ASSERT_FALSE(study);
  EXPECT_EQ(render(study.error()),
            "/nowhere/study.toml: error: there is no such file [file-missing]\n"
            "    try: `hillock new NAME` makes a study folder to start from\n");
}

TEST(ReadStudyErrors, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(errors_of(least + "[search]\nstrats = 10\n"),
            "DIR/study.toml:7:1: error: there is no option \"search.strats\" [key-unknown]\n"
            "    strats = 10\n"
            "    ^~~~~~\n"
            "    try: did you mean \"search.starts\"?\n");
}

TEST(ReadStudyErrors, UnknownKeyInARecordingAndBelowIt) {
  EXPECT_EQ(errors_of(least + "sampling_intervall = \"0.1 ms\"\nmask.after_step = \"5 ms\"\n"),
            "DIR/study.toml:6:1: error: there is no option \"data.train.sampling_intervall\" [key-unknown]\n"
            "    sampling_intervall = \"0.1 ms\"\n"
            "    ^~~~~~~~~~~~~~~~~~\n"
            "    try: did you mean \"data.train.sampling_interval\"?\n"
            "DIR/study.toml:7:6: error: there is no option \"data.train.mask.after_step\" [key-unknown]\n"
            "    mask.after_step = \"5 ms\"\n"
            "         ^~~~~~~~~~\n"
            "    try: did you mean \"data.train.mask.after_steps\"?\n");
}

TEST(ReadStudyErrors, AKeyInTheWrongSectionIsFound) {
  EXPECT_EQ(errors_of(least + "[verify]\nchains = 4\n"),
            "DIR/study.toml:7:1: error: there is no option \"verify.chains\" [key-unknown]\n"
            "    chains = 4\n"
            "    ^~~~~~\n"
            "    try: did you mean \"search.chains\"?\n");
  EXPECT_EQ(errors_of(least + "[search]\ncommand_in_gaps = \"recorded\"\n"),
            "DIR/study.toml:7:1: error: there is no option \"search.command_in_gaps\" [key-unknown]\n"
            "    command_in_gaps = \"recorded\"\n"
            "    ^~~~~~~~~~~~~~~\n"
            "    try: did you mean \"data.train.command_in_gaps\"?\n");
}

TEST(ReadStudyErrors, UnknownSection) {
  EXPECT_EQ(errors_of(least + "[serach]\nstarts = 10\n"),
            "DIR/study.toml:6:2: error: there is no section [serach] [key-unknown]\n"
            "    [serach]\n"
            "     ^~~~~~\n"
            "    try: did you mean [search]?\n");
}

TEST(ReadStudyErrors, WrongTypeAndRangeAndChoice) {
  EXPECT_EQ(
      errors_of(least + "[search]\nstarts = \"many\"\nscreen = 0\ntolerance = 1.5\nmethod = \"cma-es\"\n"
                        "chains = 2.5\n[verify]\nhalf_step = 1\n"),
      "DIR/study.toml:7:10: error: \"search.starts\" must be an integer from 1 to 100000, found the text \"many\" "
      "[value-type]\n"
      "    starts = \"many\"\n"
      "             ^~~~~~\n"
      "DIR/study.toml:8:10: error: \"search.screen\" must be an integer from 1 to 100000000, found 0 [value-range]\n"
      "    screen = 0\n"
      "             ^\n"
      "DIR/study.toml:9:13: error: \"search.tolerance\" must be a number between 0 and 1 (not included), found 1.5 "
      "[value-range]\n"
      "    tolerance = 1.5\n"
      "                ^~~\n"
      "DIR/study.toml:10:10: error: \"search.method\" must be one of \"levenberg_marquardt\", \"cma_es\", \"auto\", "
      "\"npe\", \"tsnpe\", \"nle\", \"nre\", \"abc_rejection\", \"abc_smc\", found "
      "\"cma-es\" [value-choice]\n"
      "    method = \"cma-es\"\n"
      "             ^~~~~~~~\n"
      "    try: did you mean \"cma_es\"?\n"
      "DIR/study.toml:11:10: error: \"search.chains\" must be an integer from 2 to 1024, found 2.5 [value-type]\n"
      "    chains = 2.5\n"
      "             ^~~\n"
      "DIR/study.toml:13:13: error: \"verify.half_step\" must be true or false, found 1 [value-type]\n"
      "    half_step = 1\n"
      "                ^\n");
}

TEST(ReadStudyErrors, WrongUnits) {
  EXPECT_EQ(
      errors_of(least + "sampling_interval = \"0.1 mV\"\nmask.after_steps = 5\n[model.const]\nT = true\n"),
      "DIR/study.toml:6:21: error: \"data.train.sampling_interval\" needs a unit of second, found \"0.1 mV\", which "
      "is in volt [unit-mismatch]\n"
      "    sampling_interval = \"0.1 mV\"\n"
      "                        ^~~~~~~~\n"
      "DIR/study.toml:7:20: error: \"data.train.mask.after_steps\" needs a unit of second, found the bare number 5 "
      "[unit-mismatch]\n"
      "    mask.after_steps = 5\n"
      "                       ^\n"
      "    try: write the unit: \"5 ms\"\n"
      "DIR/study.toml:9:5: error: \"model.const.T\" must be a quantity with its unit, such as \"-80 mV\", found true "
      "[value-type]\n"
      "    T = true\n"
      "        ^~~~\n");
}

TEST(ReadStudyErrors, ATimeMustBePositive) {
  EXPECT_EQ(
      errors_of(least + "[model.const]\n", {"model.dt=-1 ms"}),
      "--set: error: \"model.dt\" must be a time above 0 with its unit, such as \"0.1 ms\", found the text \"-1 ms\" "
      "[value-range]\n"
      "    model.dt=-1 ms\n"
      "             ^~~~~\n");
}

TEST(ReadStudyErrors, UnknownUnitIsUnderlined) {
  const std::string text = errors_of(least + "sampling_interval = \"0.1 msek\"\n");
  EXPECT_NE(text.find("DIR/study.toml:6:21: error: \"data.train.sampling_interval\": "), std::string::npos) << text;
  EXPECT_NE(text.find("msek"), std::string::npos) << text;
  EXPECT_NE(text.find("[unit-unknown]"), std::string::npos) << text;
  EXPECT_NE(text.find("\n                        ^~~~~~~~~~\n"), std::string::npos) << text;
}

TEST(ReadStudyErrors, MissingFilesWithTheNearestName) {
  EXPECT_EQ(errors_of("[model]\nfile = \"mm.model\"\n[data.train]\nfile = \"data/x.csv\"\nobserve.I = \"i\"\n"),
            "DIR/study.toml:2:8: error: there is no file DIR/mm.model [file-missing]\n"
            "    file = \"mm.model\"\n"
            "           ^~~~~~~~~~\n"
            "    try: did you mean m.model?\n"
            "DIR/study.toml:4:8: error: there is no file DIR/data/x.csv [file-missing]\n"
            "    file = \"data/x.csv\"\n"
            "           ^~~~~~~~~~~~\n"
            "    try: there is no folder DIR/data either; paths are relative to the study file\n");
}

TEST(ReadStudyErrors, EverythingThatIsMissing) {
  EXPECT_EQ(
      errors_of("[data.test]\nfile = \"d.csv\"\n"),
      "DIR/study.toml: error: \"data.test.observe.NAME\" is missing: The array that the model's observation <name> is "
      "compared with: \"array\" or { array = , unit = }. [key-missing]\n"
      "    try: data.test.observe.NAME = \"...\"\n"
      "DIR/study.toml: error: a study needs a recording to fit: the section [data.train] [key-missing]\n"
      "    try: [data.train] with file = \"...\" and observe.NAME = \"...\"; `hillock data FILE` writes it for you\n"
      "DIR/study.toml: error: a study needs a model: \"model.file\", equations, or \"model.command\", a program "
      "[key-missing]\n    try: model.file = \"cell.model\"\n");
}

TEST(ReadStudyErrors, SyntaxErrorWithCaret) {
  const std::string text = errors_of("[model]\nfile = m.model\n");
  EXPECT_NE(text.find("DIR/study.toml:2:8: error: this is not TOML: "), std::string::npos) << text;
  EXPECT_NE(text.find("[toml-syntax]\n    file = m.model\n           ^\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    try: text values stand in quotes"), std::string::npos) << text;
}

TEST(ReadStudyErrors, PiecesOutOfOrderOrWithoutAnEnd) {
  EXPECT_EQ(errors_of(least + "input.V = { pieces = [ { until = \"2 ms\", value = \"1 mV\" }, { until = \"1 ms\", "
                              "value = \"2 mV\" } ] }\n"),
            "DIR/study.toml:6:70: error: this piece ends at 1 ms, but the one before it ends at 2 ms [value-range]\n"
            "    ... { pieces = [ { until = \"2 ms\", value = \"1 mV\" }, { until = \"1 ms\", value = \"2 mV\" } ] }\n"
            "                                                                   ^~~~~~\n"
            "    try: pieces follow each other in time\n");
  EXPECT_EQ(
      errors_of(least + "input.V = { pieces = [ { value = \"1 mV\" }, { until = \"1 ms\", valu = \"2 mV\" } ] }\n"),
      "DIR/study.toml:6:24: error: \"data.train.input.V.pieces[0]\" has no end; only the last piece may go on to the "
      "end [key-missing]\n"
      "    input.V = { pieces = [ { value = \"1 mV\" }, { until = \"1 ms\", valu = \"2 mV\" } ] }\n"
      "                           ^~~~~~~~~~~~~~~~~~\n"
      "    try: until = \"250 ms\"\n"
      "DIR/study.toml:6:62: error: there is no option \"data.train.input.V.pieces[1].valu\" [key-unknown]\n"
      "    ...nput.V = { pieces = [ { value = \"1 mV\" }, { until = \"1 ms\", valu = \"2 mV\" } ] }\n"
      "                                                                   ^~~~\n"
      "    try: did you mean \"value\"?\n");
}

TEST(ReadStudyErrors, WindowsAndSampleRanges) {
  const std::string text =
      errors_of(least + "mask.samples = [\"12-20\"]\nmask.windows = [\"2 ms : 1 ms\", \"3 ms\"]\n");
  EXPECT_NE(text.find("DIR/study.toml:6:17: error: \"data.train.mask.samples\": "), std::string::npos) << text;
  EXPECT_NE(text.find("DIR/study.toml:7:17: error: the window \"2 ms : 1 ms\" ends before it begins [value-range]"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          "DIR/study.toml:7:32: error: a window of time is \"from : to\", found the text \"3 ms\" [window-syntax]"),
      std::string::npos)
      << text;
}

TEST(ReadStudyErrors, OverridesAreUnderlinedAsTyped) {
  EXPECT_EQ(errors_of(least, {"search.strats=5", "starts", "search.starts=0"}),
            "--set: error: there is no option \"search.strats\" [key-unknown]\n"
            "    search.strats=5\n"
            "    ^~~~~~~~~~~~~\n"
            "    try: did you mean \"search.starts\"?\n"
            "--set: error: \"search.starts\" must be an integer from 1 to 100000, found 0 [value-range]\n"
            "    search.starts=0\n"
            "                  ^\n"
            "--set: error: an override is KEY=VALUE [set-syntax]\n"
            "    starts\n"
            "    ^~~~~~\n"
            "    try: --set search.starts=100\n");
}

TEST(ReadStudyErrors, FewerDrawsThanStarts) {
  EXPECT_EQ(
      errors_of(least, {"search.screen=10"}),
      "DIR/study.toml: error: \"search.screen\" is 10, fewer than the 48 starts to choose from them [value-range]\n"
      "    try: search.screen = 48\n");
}

TEST(ReadStudyErrors, AnOptionWrittenDirectlyUnderData) {
  EXPECT_EQ(
      errors_of(
          "[model]\nfile = \"m.model\"\n[data]\nfile = \"d.csv\"\n[data.train]\nfile = \"d.csv\"\nobserve.I = \"i\"\n"),
      "DIR/study.toml:4:1: error: \"data.file\" is the name of a recording, a table; found text [value-type]\n"
      "    file = \"d.csv\"\n"
      "    ^~~~\n"
      "    try: write it in the section [data.train]: file = ...\n");
}

}  // namespace
}  // namespace hillock::study
