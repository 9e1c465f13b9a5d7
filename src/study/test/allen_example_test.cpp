// examples/allen: a recording that its own model made is fitted, and the real recordings are read as they should be.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "study/fit.hpp"
#include "study/read_study.hpp"
#include "study/simulated_problem.hpp"
#include "study/simulated_traces.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string example = HILLOCK_SOURCE_DIR "/examples/allen/study.toml";

/// 40 ms of rest, 160 ms of current, 20 ms after it, at 20 kHz.
constexpr double interval_ms = 0.05;
constexpr std::size_t samples = 4400;
std::string recording(const std::vector<double>& voltage_mV) {
  std::string out = "voltage_mV,current_pA\n";
  char line[64];
  for (std::size_t i = 0; i < samples; ++i) {
    std::snprintf(line, sizeof line, "%.9g,%d\n", voltage_mV[i], i >= 800 && i < 4000 ? 130 : 0);
    out += line;
  }
  return out;
}

struct Short {
  Scratch scratch;
  std::string file = scratch.write("recording.csv", recording(std::vector<double>(samples, -67.0)));
  [[nodiscard]] ResolvedStudy study(std::vector<std::string> more = {}) const {
    more.insert(more.end(),
                {"data.train.file=" + file, "data.train.sampling_interval=0.05 ms", "data.train.const.tau_m=15.3 ms",
                 "data.train.const.R_in=184 Mohm", "study.results=" + scratch.path("out")});
    const auto read = read_study(example, more);
    EXPECT_TRUE(read) << render(read.error());
    return read ? *read : ResolvedStudy{};
  }
};

/// g_Na, g_K, g_L, g_M, tau_max, V_T, noise, E_L in SI: a cell that fires.
Array2 known(std::size_t rows, double noise = 1e-3) {
  Array2 out(rows, 8);
  const double one[] = {500.0, 50.0, 0.5, 0.3, 0.6, -0.065, noise, -0.080};
  for (std::size_t k = 0; k < rows; ++k) std::ranges::copy(one, out.row(k).begin());
  return out;
}

TEST(AllenExample, TracesAreWhatTheStatisticsAreOf) {
  const Short made;
  Silent silent;
  const ResolvedStudy study = made.study();
  const auto problem = SimulatedProblem::open(study, {}, silent);
  ASSERT_TRUE(problem) << render(problem.error());
  const auto traces = predicted_traces(study, {}, **problem, known(3), silent);
  ASSERT_TRUE(traces) << render(traces.error());
  ASSERT_EQ(traces->size(), 1U);
  const report::PredictedTraces& U = traces->front();
  EXPECT_EQ(U.name, "U");
  EXPECT_EQ(U.unit, "mV");
  ASSERT_EQ(U.time_ms.size(), samples);
  EXPECT_NEAR(U.time_ms.back(), (samples - 1) * interval_ms, 1e-9);
  EXPECT_EQ(U.observed, std::vector<double>(samples, -67.0));
  ASSERT_EQ(U.traces.rows, 3U);
  ASSERT_EQ(U.traces.cols, samples);
  // The statistics of simulation `number` are those of its trace: one made with that number is measured by hand.
  infer::Simulations answer;
  ASSERT_TRUE((*problem)->simulator().run(known(3), std::uint64_t{1} << 47U, answer, {}));
  for (std::size_t k = 0; k < 3; ++k) {
    double count = 0.0, rest = 0.0;
    for (std::size_t i = 0; i < samples; ++i) {
      rest += i < 800 ? U.traces(k, i) / 800 : 0.0;
      if (i > 800 && i < 4000) count += U.traces(k, i - 1) <= 4.0 && U.traces(k, i) > 4.0 ? 1.0 : 0.0;
    }
    EXPECT_EQ(answer.x(k, 0), count);
    EXPECT_GE(count, 2.0);
    // The study simulates in float32: half a unit in the last place of 0.066 V is 3.7e-9 V.
    EXPECT_NEAR(answer.x(k, 1), 1e-3 * rest, 4e-9);
  }
  // Noise of their own.
  EXPECT_NE(U.traces(0, samples - 1), U.traces(1, samples - 1));
}

TEST(AllenExample, NoTracesWithoutARecordingAndNotTooMany) {
  const Short made;
  Silent silent;
  const ResolvedStudy study = made.study();
  const auto problem = SimulatedProblem::open(study, {}, silent);
  ASSERT_TRUE(problem) << render(problem.error());
  const auto many = predicted_traces(study, {}, **problem, known(most_trace_numbers / samples + 1), silent);
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->empty());
  const auto counted = read_study(HILLOCK_SOURCE_DIR "/examples/benchmark/lotka_volterra", {});
  ASSERT_TRUE(counted) << render(counted.error());
  const auto other = SimulatedProblem::open(*counted, {}, silent);
  ASSERT_TRUE(other) << render(other.error());
  const auto none = predicted_traces(*counted, {}, **other, Array2(1, 4, 0.5), silent);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST(AllenExample, ARecordingOfItsOwnModelIsPredicted) {
  const Short made;
  Silent silent;
  std::vector<double> voltage;
  {
    const ResolvedStudy study = made.study();
    const auto problem = SimulatedProblem::open(study, {}, silent);
    ASSERT_TRUE(problem) << render(problem.error());
    const auto traces = predicted_traces(study, {}, **problem, known(1), silent);
    ASSERT_TRUE(traces) << render(traces.error());
    const auto row = traces->front().traces.row(0);
    voltage.assign(row.begin(), row.end());
  }
  (void)made.scratch.write("recording.csv", recording(voltage));
  const ResolvedStudy study = made.study({"search.method=tsnpe", "search.simulations=3000", "search.rounds=2",
                                          "search.members=1", "search.draws=500", "verify.predictive_draws=200"});
  const auto out = fit(study, {}, silent);
  ASSERT_TRUE(out) << render(out.error());
  const verify::Simulated& s = out->verdict.simulated;
  ASSERT_EQ(s.statistics.size(), 7U);
  const verify::StatisticSummary& count = s.statistics.front();
  EXPECT_GE(count.observed, 2.0);
  // So few simulations leave the posterior wider than it is, never off: the count that was recorded is inside the
  // predictions, and their median within 2 of it (the prior's median is 0).
  EXPECT_TRUE(count.inside) << count.predicted_q025 << " " << count.observed << " " << count.predicted_q975;
  EXPECT_NEAR(count.predicted_median, count.observed, 2.0);
  EXPECT_EQ(out->verdict.parameters.size(), 8U);
  EXPECT_TRUE(std::filesystem::exists(made.scratch.path("out/report.html")));
}

TEST(AllenExample, TheRecordingHasTheStatisticsThatNumpyFinds) {
  const auto study = read_study(example, {"study.results=/nonexistent"});
  ASSERT_TRUE(study) << render(study.error());
  if (!std::filesystem::exists(study->train().file.absolute))
    GTEST_SKIP() << "the recordings of the Allen Cell Types Database are not at " << study->train().file.absolute;
  Silent silent;
  const auto problem = SimulatedProblem::open(*study, {}, silent);
  ASSERT_TRUE(problem) << render(problem.error());
  const std::vector<double> observed = (*problem)->problem().observed;
  // numpy in double precision, of float32 voltages; the windows are 10250 and 50000 samples, so sums are right to
  // 1e-11.
  const double want[] = {25, -67.13081434e-3, 0.08442788e-3, -38.97818993e-3, 157.6167621e-6, 3.931865744, 16.15406320};
  ASSERT_EQ(observed.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i)
    EXPECT_NEAR(observed[i], want[i], (i == 2 ? 0.05 : 1e-8) * std::fabs(want[i])) << i;  // sd: a sample more or less
}

}  // namespace
}  // namespace hillock::study
