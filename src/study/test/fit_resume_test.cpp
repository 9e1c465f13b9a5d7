// Ctrl-C at any moment: the run comes back with a verdict that says what is not done, and --resume ends with the bits
// of a run that nobody stopped.

#include <atomic>

#include "study/test/fit_made.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

/// Asks to stop from the `limit`-th question or report on, as the first Ctrl-C does: never again not. Notes when each
/// stage began.
class StopAfter final : public Progress {
 public:
  explicit StopAfter(std::int64_t limit) : limit_(limit) {}
  void begin(std::string_view stage, double) override { stages_.emplace_back(stage, ++calls_); }
  void update(double, std::string_view) override { ++calls_; }
  [[nodiscard]] bool should_stop() const override { return ++calls_ > limit_; }
  [[nodiscard]] std::int64_t calls() const { return calls_; }
  [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& stages() const { return stages_; }

 private:
  std::int64_t limit_;
  mutable std::atomic<std::int64_t> calls_ = 0;
  std::vector<std::pair<std::string, std::int64_t>> stages_;
};

/// Small: each fit is run dozens of times. The prior pulls the mode of the posterior away from the best fit, so that
/// there is a way to go.
const std::vector<std::string> small{"prior.half=normal(-30*mV, 1*mV)",
                                     "data.train.mask.samples=[\"500:1200\"]",
                                     "search.starts=3",
                                     "search.screen=24",
                                     "search.chains=3",
                                     "search.draws=12",
                                     "search.warmup=20",
                                     "verify.predictive_draws=20",
                                     "verify.bootstrap=50",
                                     "report.html=false"};

Result<FitOutcome> run(const Scratch& scratch, const std::string& out, Progress& progress, bool resume = false,
                       const std::vector<std::string>& set = small, std::optional<double> budget = std::nullopt) {
  return fit_made(scratch, {.set = set, .out = out, .threads = 1, .budget = budget, .resume = resume}, &progress);
}

void expect_interrupted(const Scratch& scratch, const Result<FitOutcome>& out, const std::string& folder) {
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_TRUE(out->interrupted);
  EXPECT_TRUE(out->verdict.partial);
  EXPECT_FALSE(out->verdict.not_done.empty());
  EXPECT_TRUE(has_reason(out->verdict, "interrupted"));
  const auto back = verify::from_json(scratch.read(folder + "/verdict.json"));
  ASSERT_TRUE(back) << render(back.error());
  EXPECT_TRUE(back->partial);
  EXPECT_EQ(back->status, verify::Status::invalid);
  EXPECT_FALSE(std::filesystem::exists(scratch.path(folder + "/posterior.nc")));
}

/// Stops at `at` in a fresh folder, resumes, compares.
void stop_and_resume(const Scratch& scratch, std::int64_t at, const std::string& undisturbed) {
  SCOPED_TRACE("stopped after " + std::to_string(at) + " calls");
  const std::string folder = "stopped_" + std::to_string(at);
  StopAfter stop(at);
  expect_interrupted(scratch, run(scratch, folder, stop), folder);
  Silent silent;
  const auto resumed = run(scratch, folder, silent, true);
  ASSERT_TRUE(resumed) << render(resumed.error());
  EXPECT_FALSE(resumed->interrupted);
  EXPECT_FALSE(resumed->verdict.partial);
  EXPECT_TRUE(scratch.read(folder + "/posterior.nc") == undisturbed) << "other bits";
}

struct Undisturbed {
  Scratch scratch;
  std::string posterior;
  std::int64_t calls = 0;
  std::vector<std::pair<std::string, std::int64_t>> stages;
  Undisturbed() {
    write_channel_study(scratch);
    StopAfter never(INT64_MAX);
    const auto out = run(scratch, "whole", never);
    EXPECT_TRUE(out) << render(out.error());
    posterior = scratch.read("whole/posterior.nc");
    calls = never.calls();
    stages = never.stages();
    EXPECT_FALSE(posterior.empty());
  }
  /// The call with which a stage first began.
  [[nodiscard]] std::int64_t begin_of(const std::string& stage) const {
    for (const auto& [name, call] : stages)
      if (name == stage) return call;
    ADD_FAILURE() << "there is no stage " << stage;
    return 0;
  }
  /// From the begin of a stage to the begin of the next; what a stage is made of (the way to the mode is a search too)
  /// is part of it.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> during(const std::string& stage) const {
    const std::vector<std::string> order{"screen",        "search",       "mode",     "posterior",
                                         "predict train", "predict test", "numerics", "report"};
    const auto place = std::find(order.begin(), order.end() - 1, stage);
    return {begin_of(stage), begin_of(*(place + 1))};
  }
  void stop_in(const std::string& stage, const std::vector<double>& places) const {
    const auto [first, end] = during(stage);
    std::int64_t last = -1;
    for (const double place : places) {
      const std::int64_t at = first + static_cast<std::int64_t>(place * static_cast<double>(end - first));
      if (at != last) stop_and_resume(scratch, at, posterior);
      last = at;
    }
  }
};

TEST(FitResume, StoppedBeforeAnythingAndInTheScreen) {
  const Undisturbed u;
  stop_and_resume(u.scratch, 0, u.posterior);
  u.stop_in("screen", {0.0, 0.5});
}
TEST(FitResume, StoppedInTheSearch) { Undisturbed().stop_in("search", {0.0, 0.3, 0.7, 0.999}); }
TEST(FitResume, StoppedOnTheWayToTheMode) {
  const Undisturbed u;
  const auto [first, end] = u.during("mode");
  ASSERT_GT(end - first, 8);  // several steps
  u.stop_in("mode", {0.0, 0.3, 0.6, 0.999});
}
TEST(FitResume, StoppedInNuts) { Undisturbed().stop_in("posterior", {0.0, 0.1, 0.5, 0.9, 0.999}); }
TEST(FitResume, StoppedInThePredictionsAndInTheLastCheck) {
  const Undisturbed u;
  u.stop_in("predict train", {0.5});
  u.stop_in("numerics", {0.0});
}

TEST(FitResume, StoppedAgainAndAgain) {
  const Undisturbed u;
  Silent silent;
  std::int64_t interrupts = 0;
  // Each run gets a little further: what the one before kept is not done again.
  for (std::int64_t at = 1; interrupts < 200; at += 1 + at / 3, ++interrupts) {
    StopAfter stop(at);
    const auto out = run(u.scratch, "again", stop, interrupts > 0);
    ASSERT_TRUE(out) << render(out.error());
    if (!out->interrupted) break;
    expect_interrupted(u.scratch, out, "again");
  }
  EXPECT_GT(interrupts, 5);
  EXPECT_TRUE(u.scratch.read("again/posterior.nc") == u.posterior);
}

TEST(FitResume, WhatIsKeptIsNotDoneAgain) {
  const Undisturbed u;
  const auto [first, end] = u.during("posterior");
  StopAfter stop((first + end) / 2);
  expect_interrupted(u.scratch, run(u.scratch, "half", stop), "half");
  StopAfter watch(INT64_MAX);
  const auto out = run(u.scratch, "half", watch, true);
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_EQ(watch.stages().front().first, "mode");
  EXPECT_LT(watch.calls(), u.calls - first - (end - first) / 4);
}

TEST(FitResume, ACheckIsNoReasonToSampleAgain) {
  // Stopped in the checks, after the last draw: the draws are kept.
  const Undisturbed u;
  StopAfter stop(u.during("predict train").first);
  expect_interrupted(u.scratch, run(u.scratch, "checks", stop), "checks");
  StopAfter watch(INT64_MAX);
  const auto out = run(u.scratch, "checks", watch, true);
  ASSERT_TRUE(out) << render(out.error());
  const auto [first, end] = u.during("posterior");
  EXPECT_LT(watch.calls(), u.calls - (end - first) / 2);
  EXPECT_TRUE(u.scratch.read("checks/posterior.nc") == u.posterior);
}

TEST(FitResume, OfAnotherStudyIsRefused) {
  const Undisturbed u;
  StopAfter stop(u.during("posterior").first + 1);
  expect_interrupted(u.scratch, run(u.scratch, "other", stop), "other");
  Silent silent;
  std::vector<std::string> changed = small;
  changed.push_back("study.seed=2");
  const auto out = run(u.scratch, "other", silent, true, changed);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().front().code, "checkpoint-other-study") << render(out.error());
  // Without --resume the old ones go, and nothing of them is in the result.
  const auto fresh = run(u.scratch, "other", silent, false, changed);
  ASSERT_TRUE(fresh) << render(fresh.error());
  EXPECT_FALSE(u.scratch.read("other/posterior.nc") == u.posterior);
}

TEST(FitResume, ADamagedCheckpointIsAnErrorAndARunWithoutResumeIsNot) {
  const Undisturbed u;
  StopAfter stop(u.during("posterior").first + 1);
  expect_interrupted(u.scratch, run(u.scratch, "damaged", stop), "damaged");
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(u.scratch.path("damaged/.checkpoint")))
    if (entry.is_regular_file() && entry.path().filename().string().rfind("search", 0) == 0) {
      std::filesystem::resize_file(entry.path(), entry.file_size() / 2);
      ++files;
    }
  ASSERT_GE(files, 1);
  Silent silent;
  const auto out = run(u.scratch, "damaged", silent, true);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().front().code, "checkpoint-broken") << render(out.error());
  ASSERT_TRUE(run(u.scratch, "damaged", silent));
  EXPECT_TRUE(u.scratch.read("damaged/posterior.nc") == u.posterior);
}

TEST(FitResume, WithNothingToGoOnFromIsAFreshRun) {
  const Undisturbed u;
  Silent silent;
  ASSERT_TRUE(run(u.scratch, "fresh", silent, true));
  EXPECT_TRUE(u.scratch.read("fresh/posterior.nc") == u.posterior);
}

TEST(FitResume, AnInterruptedRunLeavesNoResultsOfAnEarlierOneBesideItsVerdict) {
  const Undisturbed u;
  StopAfter stop(u.during("search").first);
  expect_interrupted(u.scratch, run(u.scratch, "whole", stop), "whole");
}

}  // namespace
}  // namespace hillock::study
