/// The statistics of a study: of its data, and every way in which they can be wrong.

#include "study/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "lang/load.hpp"
#include "study/fit.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string equations = R"(param g : nS = 2 nS
param s : pA = 1 pA
input V : mV
dn/dt = (0.5 - n)/ms : 1
w = 2*n : 1
observe I ~ normal(g*n*V, s)
observe k ~ poisson(w)
)";

const std::string recorded = "time_ms,I_pA,k\n0,1,0\n0.1,2,3\n0.2,4,1\n0.3,8,0\n0.4,16,6\n";

struct Answer {
  std::vector<Statistic> statistics;
  ObservedStatistics observed;
};

/// What a study with this text after [model] says, or its errors with the folder as DIR.
std::expected<Answer, std::string> answer(const std::string& rest, const std::string& file = recorded,
                                          const std::string& model_text = equations) {
  const Scratch scratch;
  scratch.write("m.model", model_text);
  scratch.write("d.csv", file);
  const auto wrong = [&](const Errors& errors) { return std::unexpected(scratch.without_path(render(errors))); };
  const auto study = resolve_study("[model]\nfile = \"m.model\"\n[data.train]\nfile = \"d.csv\"\n" + rest,
                                   scratch.path("study.toml"), {});
  if (!study) return wrong(study.error());
  const auto model = lang::load_model(model_text, "m.model");
  if (!model) return wrong(model.error());
  const auto data = load_experiment(*study, study->train(), *model);
  if (!data) return wrong(data.error());
  auto statistics = statistics_of(*study, *model, data->experiment);
  if (!statistics) return wrong(statistics.error());
  auto observed = observed_statistics(study->train(), *data, *statistics);
  if (!observed) return wrong(observed.error());
  return Answer{std::move(*statistics), std::move(*observed)};
}
std::string errors_of(const std::string& rest, const std::string& file = recorded,
                      const std::string& model_text = equations) {
  const auto got = answer(rest, file, model_text);
  return got ? "none" : got.error();
}

const std::string channels = "observe.I = \"I_pA\"\nobserve.k = { array = \"k\", unit = \"1\" }\n";
/// The stimulus is on from 0.2 to 0.4 ms.
const std::string recording =
    channels +
    "input.V = { pieces = [ { until = \"0.2 ms\", value = \"0 mV\" }, { until = \"0.4 ms\", value = \"5 mV\" "
    "}, { value = \"0 mV\" } ] }\n";
const std::string numbers =
    "holds = \"statistics\"\nduration = \"0.4 ms\"\nsampling_interval = \"0.1 ms\"\ninput.V = \"1 mV\"\n";

TEST(Statistics, OfARecordingAreMeasuredOfIt) {
  const auto got = answer(recording +
                          "[observe]\nstatistics = [\"mean(I)\", \"value(I, at=0.3 ms)\", \"maximum(I, until=off)\", "
                          "\"value(k, at=on + 0.2 ms)\", \"skewness(I, from=0.4 ms)\"]\n");
  ASSERT_TRUE(got) << got.error();
  const double want[] = {31e-12 / 5, 8e-12, 8e-12};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(got->observed.values[i], want[i], 1e-25) << i;
  EXPECT_EQ(got->observed.values[3], 6.0);
  EXPECT_EQ(got->statistics[0].unit.name, "pA");
  EXPECT_EQ(got->statistics[1].sample, 3U);
  EXPECT_TRUE(std::isnan(got->observed.values[4]));
  EXPECT_EQ(got->observed.why[4], "no-variation");
}

TEST(Statistics, AreAllKeptSamplesOfAllChannelsWhereNoneAreListed) {
  const auto got = answer(recording + "mask.samples = [\"1:3\"]\n");
  ASSERT_TRUE(got) << got.error();
  std::vector<std::string> names;
  for (const Statistic& s : got->statistics) names.push_back(s.name);
  EXPECT_EQ(names, (std::vector<std::string>{"I[0]", "I[3]", "I[4]", "k[0]", "k[3]", "k[4]"}));
  const double want[] = {1e-12, 8e-12, 16e-12, 0, 0, 6};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(got->observed.values[i], want[i], 1e-25) << i;
}

TEST(Statistics, OfAFileWithRowsAreThoseOfTrials) {
  const auto got = answer(numbers + "[observe]\nstatistics = [\"mean(I)\", \"spike_count(k, threshold=2)\"]\n",
                          "a,b\n1.5,3\n2.5,nan\n");
  ASSERT_TRUE(got) << got.error();
  ASSERT_EQ(got->observed.values.size(), 4U);
  EXPECT_DOUBLE_EQ(got->observed.values[0], 1.5e-12);
  EXPECT_EQ(got->observed.values[1], 3.0);
  EXPECT_DOUBLE_EQ(got->observed.values[2], 2.5e-12);
  EXPECT_EQ(got->observed.why[3], "not-finite");
}

TEST(Statistics, OfATraceAreItsSamples) {
  const auto names = [](const std::string& statistics, const std::string& rest = "") {
    const auto got = answer(recording + rest + "[observe]\nstatistics = [" + statistics + "]\n");
    if (!got) return got.error();
    std::string out;
    for (const Statistic& s : got->statistics) out += (out.empty() ? "" : " ") + s.name + (s.trace.empty() ? "" : "*");
    return out;
  };
  EXPECT_EQ(names("\"trace(I)\""), "I[0]* I[1]* I[2]* I[3]* I[4]*");
  EXPECT_EQ(names("\"mean(I)\", \"trace( I , every = 0.2 ms )\""), "mean(I) I[0]* I[2]* I[4]*");
  EXPECT_EQ(names("\"trace(I, every=0.2 ms, from=on - 0.1 ms)\""), "I[1]* I[3]*");
  EXPECT_EQ(names("\"trace(I)\"", "mask.samples = [\"1:3\"]\n"), "I[0]* I[3]* I[4]*");
  const auto got = answer(recording + "[observe]\nstatistics = \"trace(I, until=off)\"\n");
  ASSERT_TRUE(got) << got.error();
  const double want[] = {1e-12, 2e-12, 4e-12, 8e-12};
  ASSERT_EQ(got->observed.values.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(got->observed.values[i], want[i], 1e-25) << i;
}

TEST(StatisticsErrors, OfTraces) {
  const auto first = [](const std::string& text) {
    const std::string all = errors_of(recording + "[observe]\nstatistics = \"" + text + "\"\n");
    const std::size_t start = all.find("error: ");
    return start == std::string::npos ? all : all.substr(start + 7, all.find('\n', start) - start - 7);
  };
  EXPECT_EQ(first("trace(I, every=0.15 ms)"),
            "every=0.15 ms is no number of samples: they are 0.1 ms apart [off-grid]");
  EXPECT_EQ(first("trace(I, every=2 mV)"), "every is in second, not in volt [unit-mismatch]");
  EXPECT_EQ(first("trace(I, evry=0.2 ms)"), "trace has no argument \"evry\" [argument-unknown]");
  EXPECT_EQ(first("trace(I, every=1 ms)"), "the trace has 1 samples, and one has 2 to 4096 [trace-length]");
  EXPECT_EQ(first("trace(J)"), "the model has no state, sub-expression or channel \"J\" [name-unknown]");
  EXPECT_EQ(first("trace(n)"), "a trace is of n, which data.train does not record [not-recorded]");
  EXPECT_EQ(first("trace()"), "the model has no state, sub-expression or channel \"\" [name-unknown]");
}

TEST(Statistics, AMaskHoldsForFeaturesOfARecordingToo) {
  const auto got = answer(recording + "mask.samples = [\"1:3\"]\n[observe]\nstatistics = \"mean(I)\"\n");
  ASSERT_TRUE(got) << got.error();
  EXPECT_NEAR(got->observed.values[0], 25e-12 / 3, 1e-25);
}

TEST(Statistics, OfAFileAreItsNumbersInTheirUnits) {
  const std::string two = "[observe]\nstatistics = [\"mean(I)\", \"spike_count(k, threshold=2)\"]\n";
  auto got = answer(numbers + two, "a,b\n1.5,3\n");
  ASSERT_TRUE(got) << got.error();
  EXPECT_DOUBLE_EQ(got->observed.values[0], 1.5e-12);
  EXPECT_EQ(got->observed.values[1], 3.0);
  got = answer(numbers + "columns = [\"count\", \"rest\"]\n" + two, "other,rest,count\n9,nan,1.5\n");
  ASSERT_TRUE(got) << got.error();
  EXPECT_DOUBLE_EQ(got->observed.values[0], 1.5e-12);
  EXPECT_TRUE(std::isnan(got->observed.values[1]));
  EXPECT_EQ(got->observed.why[1], "not-finite");
}

TEST(Statistics, AStaticModelIsOneSampleAtTimeZero) {
  const auto got =
      answer("holds = \"statistics\"\n[observe]\nstatistics = [\"value(x)\", \"value(a)\"]\n", "u,v\n1,2\n",
             "param p : 1 = 1\nz : 1\ninit z = randn()\na = p + z : 1\nobserve x ~ normal(a, 1)\n");
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->statistics[0].sample, 0U);
  EXPECT_EQ(got->observed.values, (std::vector<double>{1, 2}));
}

TEST(StatisticsErrors, ATextThatIsNoneIsUnderlined) {
  EXPECT_EQ(errors_of(recording + "[observe]\nstatistics = [\"mean(I)\", \"meann(I)\"]\n"),
            "DIR/study.toml:9:26: error: there is no feature \"meann\" [feature-unknown]\n"
            "    statistics = [\"mean(I)\", \"meann(I)\"]\n"
            "                             ^~~~~~~~~~\n"
            "    try: mean\n");
}

TEST(StatisticsErrors, OfEachTextSayWhatToTry) {
  const std::pair<const char*, const char*> cases[] = {
      {"mean", "\"mean\" is not a feature of a quantity [feature-syntax]|\"mean(v)\", \"spike_count(v, from=10 ms)\""},
      {"mean(n2)", "the model has no state, sub-expression or channel \"n2\" [name-unknown]|n"},
      {"value(I)", "value of I needs at: which of 5 samples [argument-missing]|value(I, at=...)"},
      {"value(I, at=0.23 ms)",
       "there is no sample at 0.00023 second: the nearest are at 0.0002 second and 0.0003 second [off-grid]|at=0.0002 "
       "second"},
      {"value(I, at=1 ms)",
       "there is no sample at 0.001 second: they are from 0 second to 0.0004 second [off-grid]|at=0.0004 second"},
      {"value(I, at=-1 ms)",
       "there is no sample at -0.001 second: they are from 0 second to 0.0004 second [off-grid]|at=0 second"},
      {"value(I, at=0.1 ms, from=0 ms)",
       "`at` is one sample: `from` and `until` choose nothing more [value-range]|value(I, at=...)"},
      {"mean(I, from=on)",
       "\"on\" counts from when an input jumps, and none does [no-stimulus]|from=10 ms, or an input that jumps: int(t "
       "> "
       "10*ms)"}};
  for (const auto& [text, want] : cases) {
    std::string escaped = text;
    const std::string got = errors_of(channels + "input.V = \"0 mV\"\n[observe]\nstatistics = [\"" + escaped + "\"]\n");
    const std::string message = got.substr(got.find("error: ") + 7, got.find('\n') - got.find("error: ") - 7);
    const std::string hint = got.substr(std::min(got.size(), got.rfind("try: ") + 5));
    EXPECT_EQ(message + "|" + hint, std::string(want) + "\n") << text;
  }
}

TEST(StatisticsErrors, MethodsThatCompareTracesRefuseThem) {
  const Scratch scratch;
  scratch.write("m.model", "param p : 1 ~ normal(0, 1)\nobserve x ~ normal(p, 1)\n");
  scratch.write("d.csv", "x\n1\n");
  const auto study =
      resolve_study("[model]\nfile = \"m.model\"\n[data.train]\nfile = \"d.csv\"\nholds = \"statistics\"\n",
                    scratch.path("study.toml"), {});
  ASSERT_TRUE(study) << render(study.error());
  Silent quiet;
  const auto out = fit(*study, {}, quiet);
  ASSERT_FALSE(out);
  EXPECT_EQ(
      scratch.without_path(render(out.error())),
      "DIR/study.toml:3:7: error: d.csv holds statistics, and search.method \"levenberg_marquardt\" compares traces "
      "[data-unfit]\n"
      "    [data.train]\n"
      "          ^~~~~\n"
      "    try: a method that only simulates, such as npe, nle, nre or abc_smc; or a recording\n");
}

TEST(StatisticsErrors, WhatIsNotRecorded) {
  EXPECT_EQ(errors_of(recording + "[observe]\nstatistics = [\"mean(n)\", \"mean(w)\"]\n"),
            "observe.statistics: error: mean(n) is of n, which data.train does not record [not-recorded]\n"
            "    try: of I, k\n"
            "observe.statistics: error: mean(w) is of w, which data.train does not record [not-recorded]\n"
            "    try: of I, k\n");
}

TEST(StatisticsErrors, ASampleThatTheMaskLeavesOut) {
  EXPECT_EQ(errors_of(recording + "mask.samples = [\"1:3\"]\n[observe]\nstatistics = [\"value(I, at=0.2 ms)\"]\n"),
            "DIR/study.toml:10:15: error: value(I, at=0.2 ms) is at a sample that the mask of data.train leaves out "
            "[sample-masked]\n"
            "    statistics = [\"value(I, at=0.2 ms)\"]\n"
            "                  ^~~~~~~~~~~~~~~~~~~~~\n"
            "    try: another time, or a smaller mask\n");
}

TEST(StatisticsErrors, NumbersThatDoNotFit) {
  const std::string one = "[observe]\nstatistics = [\"mean(I)\"]\n";
  EXPECT_EQ(errors_of(numbers + one, "a,b\n1.5,3\n"),
            "DIR/study.toml:4:8: error: d.csv gives 2 numbers (a, b), but there are 1 statistics (mean(I)) "
            "[statistics-count]\n"
            "    file = \"d.csv\"\n"
            "           ^~~~~~~\n"
            "    try: data.train.columns names those that are meant; observe.statistics lists the statistics\n");
  EXPECT_EQ(errors_of(numbers + "columns = [\"bb\"]\n" + one, "a_1,b_1\n1.5,3\n"),
            "DIR/study.toml:9:12: error: d.csv has no column \"bb\" [column-unknown]\n"
            "    columns = [\"bb\"]\n"
            "               ^~~~\n"
            "    try: it has a_1, b_1\n");
}

TEST(StatisticsErrors, WhenSamplesAreTaken) {
  EXPECT_EQ(
      errors_of("holds = \"statistics\"\ninput.V = \"V_mV\"\n", "a\n1\n"),
      "DIR/study.toml:6:11: error: \"data.train.input.V\" is an array, but d.csv holds statistics [value-choice]\n"
      "    input.V = \"V_mV\"\n"
      "              ^~~~~~\n"
      "    try: a constant, or pieces\n"
      "DIR/study.toml:3:7: error: \"data.train.duration\" is missing: d.csv holds statistics, so it does not say when "
      "samples are taken [key-missing]\n"
      "    [data.train]\n"
      "          ^~~~~\n"
      "    try: duration = \"... ms\"\n"
      "DIR/study.toml:3:7: error: \"data.train.sampling_interval\" is missing: d.csv holds statistics, so it does not "
      "say when samples are taken [key-missing]\n"
      "    [data.train]\n"
      "          ^~~~~\n"
      "    try: sampling_interval = \"... ms\"\n");
}

TEST(StatisticsErrors, WhatGoesWithTheOtherKindOfFile) {
  EXPECT_EQ(
      errors_of(recording + "duration = \"1 ms\"\n"),
      "DIR/study.toml:8:12: error: \"data.train.duration\" is for files of statistics, and \"data.train.holds\" is "
      "\"recording\" [value-choice]\n"
      "    duration = \"1 ms\"\n"
      "               ^~~~~~\n"
      "    try: holds = \"statistics\"\n");
  EXPECT_EQ(errors_of(numbers + "observe.I = \"a\"\n"),
            "DIR/study.toml:9:13: error: \"data.train.observe.I\" is for recordings, and \"data.train.holds\" is "
            "\"statistics\" [value-choice]\n"
            "    observe.I = \"a\"\n"
            "                ^~~\n"
            "    try: leave observe.I out\n");
}

TEST(StatisticsErrors, NothingToCompare) {
  EXPECT_EQ(
      errors_of("holds = \"statistics\"\n", "a\n1\n", "param p : 1 = 1\nx = 2*p : 1\n"),
      "observe.statistics: error: the model observes nothing, and the study lists no statistics [no-statistics]\n"
      "    try: observe.statistics = [\"value(x, at=2 ms)\"], or a line `observe x ~ normal(mean, sd)` in m.model\n");
}

}  // namespace
}  // namespace hillock::study
