// The same study and seed give the same bits: for any number of threads, from the lock file, on every instruction set.

#include <nlohmann/json.hpp>

#include "study/test/fit_made.hpp"

namespace hillock::study {
namespace {

/// verdict.json without what may differ between two runs: what it cost, and where it ran.
std::string numbers(const Scratch& scratch, const std::string& out) {
  auto json = nlohmann::ordered_json::parse(scratch.read(out + "/verdict.json"));
  EXPECT_EQ(json.erase("cost"), 1U);
  EXPECT_EQ(json.erase("provenance"), 1U);
  return json.dump(1);
}

std::string posterior(const Scratch& scratch, const std::string& out) { return scratch.read(out + "/posterior.nc"); }

/// EXPECT_EQ would print two binary files.
void expect_same_results(const Scratch& scratch, const std::string& a, const std::string& b) {
  EXPECT_FALSE(posterior(scratch, a).empty());
  EXPECT_TRUE(posterior(scratch, a) == posterior(scratch, b))
      << a << "/posterior.nc and " << b << "/posterior.nc differ";
  EXPECT_EQ(numbers(scratch, a), numbers(scratch, b));
}

TEST(FitBits, AnyNumberOfThreads) {
  const Scratch scratch;
  write_channel_study(scratch);
  for (const int threads : {1, 2, 3}) {
    const auto out = fit_made(scratch, {.out = "out" + std::to_string(threads), .threads = threads});
    ASSERT_TRUE(out) << render(out.error());
    EXPECT_EQ(out->verdict.cost.threads, threads);
  }
  expect_same_results(scratch, "out1", "out2");
  expect_same_results(scratch, "out1", "out3");
}

TEST(FitBits, TheLockFileGivesThemAgain) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto first = fit_made(scratch, {.set = {"study.seed=99"}, .out = "first"});
  ASSERT_TRUE(first) << render(first.error());
  const auto again = fit_made(scratch, {.study = "first/study.lock.toml", .out = "again"});
  ASSERT_TRUE(again) << render(again.error());
  expect_same_results(scratch, "first", "again");
  // A lock of the lock, but for the folder of the results, is the same file.
  const auto resolved = read_study(scratch.path("again/study.lock.toml"), {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->seed, 99);
}

TEST(FitBits, AnotherSeedGivesOtherDrawsOfTheSamePosterior) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto a = fit_made(scratch, {.out = "a"});
  const auto b = fit_made(scratch, {.set = {"study.seed=2"}, .out = "b"});
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(posterior(scratch, "a") == posterior(scratch, "b"));
  for (const char* name : {"k", "half", "g", "sigma"}) {
    const verify::ParameterSummary& x = parameter(a->verdict, name);
    const verify::ParameterSummary& y = parameter(b->verdict, name);
    // Two medians of at least 400 effective draws: each has a standard error of 1.25/sqrt(400) = 0.063 sd, their
    // difference 0.09; 5 of those.
    const double sd = (x.q95 - x.q05) / (2.0 * 1.645);
    EXPECT_LT(std::fabs(x.median - y.median), 0.45 * sd) << name;
  }
}

TEST(FitBits, TheSameOnEveryInstructionSet) {
  const Scratch scratch;
  write_channel_study(scratch);
  ASSERT_TRUE(fit_made(scratch, {.out = "auto"}));
  int compared = 0;
  for (const std::string isa : {"avx2", "avx512"}) {
    const auto out = fit_made(scratch, {.out = isa, .isa = isa});
    if (!out) {
      EXPECT_EQ(out.error().front().code, "backend-absent") << render(out.error());
      continue;
    }
    expect_same_results(scratch, "auto", isa);
    ++compared;
  }
  if (compared == 0) GTEST_SKIP() << "this machine has neither AVX2 nor AVX-512";
}

TEST(FitBits, TheInterpreterAgreesWithTheCompiler) {
  const Scratch scratch;
  write_channel_study(scratch);
  const std::vector<std::string> small{"data.train.mask.samples=[\"240:1200\"]",
                                       "data.test.mask.samples=[\"240:720\"]",
                                       "search.starts=2",
                                       "search.screen=8",
                                       "search.chains=2",
                                       "search.draws=10",
                                       "search.warmup=20",
                                       "verify.predictive_draws=20"};
  ASSERT_TRUE(fit_made(scratch, {.set = small, .out = "compiled"}));
  const auto out = fit_made(scratch, {.set = small, .out = "interpreted", .isa = "interpreter"});
  ASSERT_TRUE(out) << render(out.error());
  expect_same_results(scratch, "compiled", "interpreted");
}

TEST(FitBits, AnUnknownInstructionSetIsAnError) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto out = fit_made(scratch, {.isa = "avx3"});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().front().code, "backend-unknown") << render(out.error());
}

}  // namespace
}  // namespace hillock::study
