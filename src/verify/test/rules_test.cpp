#include "verify/rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/rng.hpp"
#include "verify/test/sample_verdict.hpp"

namespace hillock::verify {
namespace {

bool speaks(const Decision& decision, std::string_view code) {
  return std::ranges::any_of(decision.reasons, [&](const Reason& r) { return r.code == code; });
}

/// For each rule: the least that must be wrong for it to speak, and the same just within the level.
struct Case {
  std::function<void(Verdict&)> trip;
  std::function<void(Verdict&)> within;
};
const std::map<std::string_view, Case>& cases() {
  using V = Verdict;
  const auto nothing = [](V&) {};
  static const std::map<std::string_view, Case> all = {
      {"fit-not-computed", {[](V& v) { v.fit.error = not_computed; }, nothing}},
      {"checks-not-run", {[](V& v) { v.residuals.tests.clear(); }, [](V& v) { v.residuals.tests.resize(1); }}},
      {"step-too-large",
       {[](V& v) { v.numerics.half_step_change = -0.011; }, [](V& v) { v.numerics.half_step_change = 0.009; }}},
      {"integrators-disagree",
       {[](V& v) { v.numerics.other_integrator_change = 0.011; },
        [](V& v) { v.numerics.other_integrator_change = -0.009; }}},
      {"gradient-wrong",
       {[](V& v) { v.numerics.gradient_check = 2e-3; }, [](V& v) { v.numerics.gradient_check = 9e-4; }}},
      {"chains-not-mixed", {[](V& v) { v.parameters[11].rhat = 1.011; }, [](V& v) { v.parameters[11].rhat = 1.009; }}},
      {"too-few-effective-draws",
       {[](V& v) { v.parameters[3].ess_tail = 399; }, [](V& v) { v.parameters[3].ess_bulk = 401; }}},
      {"divergences", {[](V& v) { v.numerics.divergences = 41; }, [](V& v) { v.numerics.divergences = 40; }}},
      {"starts-disagree",
       {[](V& v) { v.fit.starts_within_0_1_percent = 4; }, [](V& v) { v.fit.starts_within_0_1_percent = 5; }}},
      {"predictions-fail",
       {[](V& v) { v.numerics.failed_predictive = 101; }, [](V& v) { v.numerics.failed_predictive = 100; }}},
      {"prior-dominated-parameter",
       {[](V& v) { v.parameters[4].contraction = 0.49; },
        [](V& v) { v.parameters[4].contraction = 0.51, v.parameters[11].contraction = 0.1; }}},
      {"prior-dominated-combination",
       {[](V& v) { v.knowledge.sloppiest[0].prior_dominated = true; },
        [](V& v) { v.knowledge.stiffest[0].prior_dominated = true; }}},
      {"several-optima", {[](V& v) { v.fit.distinct_optima = 2; }, [](V& v) { v.fit.distinct_optima = 0; }}},
      // 7 gates: the smallest p is multiplied by 7.
      {"residuals-structured",
       {[](V& v) { v.residuals.tests[2].second = 0.0014; }, [](V& v) { v.residuals.tests[2].second = 0.0015; }}},
      // 90 % with se 0.0012: z = 3.2 beyond 2 points is p = 0.0014 two-sided, z = 3.1 is 0.0019.
      {"coverage-off",
       {[](V& v) { v.generalisation[0].coverage_90 = 0.88 - 3.25 * 0.0012; },
        [](V& v) { v.generalisation[0].coverage_90 = 0.88 - 3.05 * 0.0012; }}},
      // Combined se hypot(0.00012, 0.00004) = 0.0001265 beyond 0.0126 * 1.02: z = 3.1 is p = 0.00097, z = 2.9 is
      // 0.0019.
      {"held-out-error-too-large",
       {[](V& v) { v.generalisation[0].error = 0.012852 + 3.1 * 0.0001265; },
        [](V& v) { v.generalisation[0].error = 0.012852 + 2.9 * 0.0001265; }}},
      {"worse-than-baseline",
       {[](V& v) { v.generalisation[0].baselines[1].error = 0.01261 - 2.1 * 0.00012; },
        [](V& v) { v.generalisation[0].baselines[1].error = 0.01261 - 1.9 * 0.00012; }}},
      {"no-held-out-test",
       {[](V& v) { v.generalisation[0].kind = HeldOut::same_protocol; },
        [](V& v) { v.generalisation[0].kind = HeldOut::other_cell; }}},
      {"held-out-not-scored",
       {[](V& v) { v.generalisation[0].coverage_50 = not_computed; },
        [](V& v) { v.generalisation[1].coverage_50 = not_computed; }}},
      {"no-better-than-baseline",
       {[](V& v) { v.generalisation[0].baselines[0].error = 0.01261 + 1.9 * 0.00012; },
        [](V& v) { v.generalisation[0].baselines[0].error = 0.01261 + 2.1 * 0.00012; }}},
      {"numerics-not-checked", {[](V& v) { v.numerics.other_integrator_change = not_computed; }, nothing}},
      {"approximate-posterior", {[](V& v) { v.inference = "laplace"; }, nothing}},
      {"partial", {[](V& v) { v.partial = true, v.not_done = {"half step"}; }, nothing}},
      {"samples-not-independent",
       {[](V& v) { v.fit.effective_samples = 39000; }, [](V& v) { v.fit.effective_samples = 40000; }}},
      {"predictive-draws-failed", {[](V& v) { v.numerics.failed_predictive = 1; }, nothing}},
      {"screening-mostly-failed",
       {[](V& v) { v.fit.screened_failed = 9501; }, [](V& v) { v.fit.screened_failed = 9500; }}},
      // Learnt from simulations: 7 + 1 + 7 + 2 gates more, 24 with the other 7. simulated_rules_test.cpp says more.
      {"all-simulations-failed",
       {[](V& v) { v.simulated = test::simulated_box(), v.simulated.failed = v.simulated.simulations; },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.failed = v.simulated.simulations - 1; }}},
      {"no-posterior-draws",
       {[](V& v) { v.simulated = test::simulated_box(), v.numerics.draws = 0; },
        [](V& v) { v.simulated = test::simulated_box(), v.numerics.draws = 1; }}},
      {"calibration-rejected",
       {[](V& v) { v.simulated = test::simulated_box(), v.simulated.calibration.rank_p = 0.00041; },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.calibration.rank_p = 0.00042; }}},
      // Two-sided p of z = 3.6 is 0.00032, of z = 3.5 0.00047; 0.01 / 24 = 0.00042.
      {"calibration-coverage-off",
       {[](V& v) { v.simulated = test::simulated_box(), v.simulated.calibration.coverage_90 = 0.92 + 3.6 * 0.004; },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.calibration.coverage_90 = 0.88 - 3.5 * 0.004; }}},
      {"observation-outside-prior-predictive",
       {[](V& v) { v.simulated = test::simulated_box(), v.simulated.observation_p = 0.00041; },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.statistics[2].prior_p = 0.00042; }}},
      {"statistics-not-predicted",
       {[](V& v) { v.simulated = test::simulated_box(), v.simulated.statistics[2].predicted_p = 0.00041; },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.statistics[2].predicted_p = 0.00042; }}},
      // 24 gates at 0.01: the least p, 1/(draws + 1), has to be below 1/2400.
      {"too-few-predictive-draws",
       {[](V& v) { v.simulated = test::simulated_box(), v.numerics.predictive_draws = 2399; },
        [](V& v) { v.simulated = test::simulated_box(), v.numerics.predictive_draws = 2400; }}},
      {"statistics-outside-interval",
       {[](V& v) {
          v.simulated = test::simulated_box(), v.numerics.predictive_draws = 9999,
          v.simulated.statistics[2].inside = false;
        },
        [](V& v) { v.simulated = test::simulated_box(); }}},
      {"data-off-the-model",
       {[](V& v) {
          v.simulated = test::simulated_box(), v.numerics.predictive_draws = 9999,
          v.simulated.statistics[2].given = 1.0;
        },
        [](V& v) { v.simulated = test::simulated_box(); }}},
      {"certified-approximate",
       {[](V& v) {
          v.simulated = test::simulated_box(), v.numerics.predictive_draws = 9999,
          v.simulated.certified = "approximate";
        },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.certified = "exact"; }}},
      {"simulations-failed",
       {[](V& v) {
          v.simulated = test::simulated_box(), v.numerics.predictive_draws = 9999, v.simulated.failed = 10001;
        },
        [](V& v) { v.simulated = test::simulated_box(), v.simulated.failed = 10000; }}},
      {"proposal-capped",
       {[](V& v) {
          v.simulated = test::simulated_box(), v.numerics.predictive_draws = 9999, v.simulated.rounds[0].capped = true;
        },
        [](V& v) { v.simulated = test::simulated_box(); }}},
      // The two good ones are tripped by nothing, and silenced.
      {"held-out-passed", {nothing, [](V& v) { v.generalisation[0].coverage_50 = 0.6; }}},
      {"no-objection", {nothing, [](V& v) { v.residuals.tests[0].second = 1e-9; }}},
  };
  return all;
}

TEST(Rules, EveryRuleHasACaseAndEveryCaseARule) {
  std::set<std::string_view> codes;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code << " twice";
    EXPECT_TRUE(cases().contains(rule.code)) << rule.code;
  }
  EXPECT_EQ(codes.size(), cases().size());
  EXPECT_TRUE(std::ranges::is_sorted(rules(), {}, &Rule::cap)) << "gravest first";
}

TEST(Rules, EachSpeaksBeyondItsLevelAndCapsTheStatusAndIsSilentWithin) {
  for (const Rule& rule : rules()) {
    const Case& c = cases().at(rule.code);
    Verdict tripped = test::supported_verdict();
    c.trip(tripped);
    const Decision bad = decide(tripped);
    EXPECT_TRUE(speaks(bad, rule.code)) << rule.code;
    EXPECT_EQ(bad.status, std::string_view("worse-than-baseline") == rule.code ? Status::misspecified : rule.cap)
        << rule.code;
    Verdict within = test::supported_verdict();
    c.within(within);
    EXPECT_FALSE(speaks(decide(within), rule.code)) << rule.code;
  }
}

TEST(Rules, ReasonsComeGravestFirstAndCarryTheirNumbers) {
  Verdict v = test::supported_verdict();
  v.parameters[4].contraction = 0.31;
  v.residuals.tests[1].second = 1e-20;
  v.fit.effective_samples = 800.0;
  v.inference = "laplace";
  const Decision d = decide(v);
  EXPECT_EQ(d.status, Status::unidentifiable);
  ASSERT_EQ(d.reasons.size(), 5U);
  EXPECT_EQ(d.reasons[0].text, "The prior rules over the data in p5 (contraction 0.31).");
  EXPECT_EQ(d.reasons[1].text, "The residuals are not the declared noise: ljung_box (p = 7e-20).");
  EXPECT_EQ(d.reasons[2].text, "The posterior is an approximation (laplace) that nothing has checked.");
  EXPECT_EQ(
      d.reasons[3].text,
      "79600 samples are worth about 800 independent ones: intervals that take each for a fact are too narrow by a "
      "factor of about 10.");
  EXPECT_EQ(d.reasons[4].code, "held-out-passed");
}

TEST(Rules, SupportedNeedsAPassedTestElsewhere) {
  Verdict v = test::supported_verdict();
  EXPECT_EQ(v.status, Status::supported);
  EXPECT_TRUE(v.generalisation[0].passed);
  EXPECT_EQ(v.reasons[0].text,
            "Predicted as well as the noise allows: action potential (error 0.01261 +- 0.00012, 90 % interval covers "
            "89.9 %).");
  EXPECT_EQ(v.reasons[1].text, "None of 7 statistical tests objects (smallest adjusted p = 0.84, level 0.01).");
  v.generalisation.clear();
  judge(v);
  EXPECT_EQ(v.status, Status::consistent);
  // What is only shown decides nothing, either way.
  Verdict shown = test::supported_verdict();
  shown.generalisation[1].error = 0.5;
  judge(shown);
  EXPECT_EQ(shown.status, Status::supported);
  EXPECT_FALSE(shown.generalisation[1].passed);
  shown = test::supported_verdict();
  shown.generalisation[0].gating = false;
  judge(shown);
  EXPECT_EQ(shown.status, Status::consistent);
}

TEST(Rules, AnEmptyVerdictIsInvalid) {
  const Decision d = decide(Verdict{});
  EXPECT_EQ(d.status, Status::invalid);
  EXPECT_TRUE(speaks(d, "fit-not-computed"));
  EXPECT_TRUE(speaks(d, "checks-not-run"));
  EXPECT_FALSE(speaks(d, "no-objection"));
}

TEST(Rules, ChainsWithoutRHatAreNotTakenForMixed) {
  Verdict v = test::supported_verdict();
  v.parameters[0].rhat = not_computed;
  EXPECT_EQ(decide(v).status, Status::invalid);
  v.inference = "laplace";  // which has no chains
  for (auto& p : v.parameters) p.rhat = p.ess_bulk = p.ess_tail = not_computed;
  EXPECT_EQ(decide(v).status, Status::consistent);
}

TEST(Rules, FalseAlarmsStayBelowTheLevelAndFaultsAreFound) {
  // Verdicts as the model itself would give them: uniform p, coverages and errors with their own standard errors.
  Rng rng(60, stream_id("rules test"));
  int alarms = 0;
  int found = 0;
  constexpr int worlds = 20000;
  for (int w = 0; w < worlds; ++w) {
    Verdict v = test::supported_verdict();
    for (auto& [name, p] : v.residuals.tests) p = rng.uniform();
    Generalisation& g = v.generalisation[0];
    g.coverage_50 = 0.5 + g.coverage_50_se * rng.normal();
    g.coverage_90 = 0.9 + g.coverage_90_se * rng.normal();
    g.error = g.expected_error + std::hypot(g.error_se, g.expected_error_se) * rng.normal();
    alarms += decide(v).status < Status::consistent ? 1 : 0;
    g.error *= 1.06;  // 6 %: 4 beyond the tolerance is 4 standard errors
    found += decide(v).status == Status::misspecified ? 1 : 0;
  }
  // Holm at 1 %: at most 200, sd 14. Half of the gates have a tolerance and never speak: at least 1 % * 4/7.
  EXPECT_LT(alarms, 200 + 4 * 14);
  EXPECT_GT(alarms, 114 - 4 * 11);
  EXPECT_GT(found, worlds * 7 / 10);
}

TEST(Rules, CoverageOfTooFewSamplesAccusesNobody) {
  // 12 of 20 inside the 90 % interval, and a bootstrap that saw no variation: se is at least sqrt(.09/20) = 0.067.
  Verdict v = test::supported_verdict();
  v.generalisation[0].samples = 20;
  v.generalisation[0].coverage_90 = 0.75;
  v.generalisation[0].coverage_90_se = 0.0;
  EXPECT_FALSE(speaks(decide(v), "coverage-off"));
  v.generalisation[0].coverage_90 = 0.6;
  EXPECT_TRUE(speaks(decide(v), "coverage-off"));
}

TEST(Rules, ThresholdsCanBeChanged) {
  Verdict v = test::supported_verdict();
  v.parameters[4].contraction = 0.8;
  Thresholds strict;
  strict.contraction = 0.9;
  EXPECT_EQ(decide(v).status, Status::supported);
  EXPECT_EQ(decide(v, strict).status, Status::unidentifiable);
}

}  // namespace
}  // namespace hillock::verify
