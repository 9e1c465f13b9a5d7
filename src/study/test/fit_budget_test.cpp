// Less than everything: a budget, an approximate posterior, none at all, another optimiser.

#include <chrono>
#include <functional>

#include "study/test/fit_made.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::study {
namespace {

using verify::Status;

double seconds(const std::function<void()>& what) {
  const auto begun = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

TEST(FitBudget, WhatDoesNotFitIsReplacedAndSaid) {
  const Scratch scratch;
  write_channel_study(scratch);
  // How long all but NUTS takes here and now, three times over for the noise of a busy machine.
  double rest = 0.0;
  rest = seconds([&] { ASSERT_TRUE(fit_made(scratch, {.set = {"search.posterior=laplace"}, .out = "laplace"})); });
  constexpr double budget = 3.0;
  Result<FitOutcome> out;
  // A million draws a chain take minutes.
  const double took = seconds([&] {
    out = fit_made(scratch, {.set = {"search.draws=1000000", "search.starts=4"}, .budget = budget + rest});
  });
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_LT(took, budget + 4.0 * rest + 1.0);
  const verify::Verdict& v = out->verdict;
  EXPECT_FALSE(out->interrupted);
  EXPECT_TRUE(v.partial);
  EXPECT_EQ(v.inference, "laplace");
  ASSERT_EQ(v.not_done.size(), 1U);
  EXPECT_EQ(v.not_done[0], "NUTS: it would not have fitted into the budget; a Laplace approximation stands in for it");
  EXPECT_EQ(v.status, Status::consistent) << why(v);
  EXPECT_TRUE(has_reason(v, "partial"));
  EXPECT_TRUE(has_reason(v, "approximate-posterior"));
  expect_recovered(v, "k", 0.2);
  EXPECT_TRUE(std::isnan(parameter(v, "k").rhat));
  EXPECT_FALSE(scratch.read("out/posterior.nc").empty());
  EXPECT_FALSE(scratch.read("out/report.html").empty());
}

TEST(FitBudget, SpentBeforeAnythingWasFound) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto out = fit_made(scratch, {.budget = 1e-3});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_FALSE(out->interrupted);
  EXPECT_TRUE(out->verdict.partial);
  EXPECT_EQ(out->verdict.status, Status::invalid);
  EXPECT_EQ(out->verdict.inference, "none");
  ASSERT_EQ(out->verdict.not_done.size(), 2U);
  EXPECT_EQ(out->verdict.not_done[0], "the search ended at its share of the budget");
  EXPECT_EQ(out->verdict.not_done[1], "everything after the search");
  EXPECT_TRUE(verify::from_json(scratch.read("out/verdict.json")).has_value());
}

TEST(FitBudget, AGenerousOneChangesNoBit) {
  const Scratch scratch;
  write_channel_study(scratch);
  ASSERT_TRUE(fit_made(scratch, {.out = "free"}));
  const auto out = fit_made(scratch, {.out = "budget", .budget = 3600.0});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_FALSE(out->verdict.partial);
  EXPECT_TRUE(scratch.read("free/posterior.nc") == scratch.read("budget/posterior.nc"));
}

TEST(FitPosterior, LaplaceIsNearNutsHereAndSaysWhatItIs) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto nuts = fit_made(scratch, {.out = "nuts"});
  const auto laplace = fit_made(scratch, {.set = {"search.posterior=laplace"}, .out = "laplace"});
  ASSERT_TRUE(nuts && laplace);
  const verify::Verdict& v = laplace->verdict;
  EXPECT_EQ(v.inference, "laplace");
  EXPECT_EQ(v.status, Status::consistent) << why(v);
  EXPECT_TRUE(has_reason(v, "approximate-posterior"));
  EXPECT_FALSE(v.partial);  // it was asked for
  EXPECT_EQ(v.numerics.draws, 3200);
  for (const char* name : {"k", "half", "g", "sigma"}) {
    const verify::ParameterSummary& a = parameter(nuts->verdict, name);
    const verify::ParameterSummary& b = parameter(v, name);
    // 1200 samples, four parameters: skewness is of the order of 1/sqrt(1200) and moves a median by less than 0.1 sd;
    // Monte Carlo as in AnotherSeedGivesOtherDrawsOfTheSamePosterior.
    const double sd = (a.q95 - a.q05) / (2.0 * 1.645);
    EXPECT_LT(std::fabs(a.median - b.median), 0.5 * sd) << name;
    EXPECT_NEAR((b.q95 - b.q05) / (a.q95 - a.q05), 1.0, 0.25) << name;
    EXPECT_EQ(a.best, b.best) << name;
  }
}

TEST(FitPosterior, NoneIsTheBestFitAlone) {
  const Scratch scratch;
  write_channel_study(scratch);
  ASSERT_TRUE(fit_made(scratch));  // an earlier run, with a posterior, in the same folder
  const auto out = fit_made(scratch, {.set = {"search.posterior=none"}});
  ASSERT_TRUE(out) << render(out.error());
  const verify::Verdict& v = out->verdict;
  EXPECT_EQ(v.inference, "none");
  EXPECT_LE(v.status, Status::consistent) << why(v);
  EXPECT_TRUE(std::isfinite(parameter(v, "k").best));
  EXPECT_TRUE(std::isnan(parameter(v, "k").median));
  EXPECT_TRUE(std::isfinite(v.generalisation.at(0).error));
  EXPECT_TRUE(std::isnan(v.generalisation.at(0).coverage_90));
  EXPECT_TRUE(verify::from_json(scratch.read("out/verdict.json")).has_value());
  EXPECT_FALSE(scratch.read("out/report.html").empty());
  // No posterior of another run beside a verdict that has none.
  EXPECT_FALSE(std::filesystem::exists(scratch.path("out/posterior.nc")));
}

TEST(FitSearch, CmaEsReachesTheSameOptimum) {
  const Scratch scratch;
  write_channel_study(scratch);
  const std::vector<std::string> fast{"search.posterior=none", "search.starts=3", "report.html=false"};
  std::vector<std::string> cma = fast;
  cma.insert(cma.end(), {"search.method=cma_es", "search.max_iterations=100"});
  const auto a = fit_made(scratch, {.set = fast, .out = "a"});
  const auto b = fit_made(scratch, {.set = cma, .out = "b"});
  ASSERT_TRUE(a && b) << (b ? "" : render(b.error()));
  // The error is flat at its minimum: coordinates that are off by 1e-3 sd change it by 1e-6/1200.
  EXPECT_NEAR(b->verdict.fit.error / a->verdict.fit.error, 1.0, 1e-6);
  for (const char* name : {"k", "half", "g"}) {
    const verify::ParameterSummary& x = parameter(a->verdict, name);
    const double sd = (x.q95_independent - x.q05_independent) / (2.0 * 1.645);
    EXPECT_LT(std::fabs(x.best - parameter(b->verdict, name).best), 0.02 * sd) << name;
  }
  EXPECT_EQ(b->verdict.fit.starts, 3);
  EXPECT_EQ(b->verdict.fit.starts_within_0_1_percent, 3);
}

TEST(FitReport, WithoutHtml) {
  const Scratch scratch;
  write_channel_study(scratch);
  const auto out = fit_made(scratch, {.set = {"report.html=false", "search.posterior=laplace"}});
  ASSERT_TRUE(out) << render(out.error());
  EXPECT_FALSE(std::filesystem::exists(scratch.path("out/report.html")));
  EXPECT_TRUE(std::filesystem::exists(scratch.path("out/verdict.json")));
}

}  // namespace
}  // namespace hillock::study
