/// The rules for posteriors that were learnt from simulations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/rng.hpp"
#include "verify/test/sample_verdict.hpp"
#include "verify/verdict_json.hpp"

namespace hillock::verify {
namespace {

using testing::ElementsAre;

std::vector<std::string> codes(const Decision& d) {
  std::vector<std::string> out;
  for (const Reason& r : d.reasons) out.push_back(r.code);
  return out;
}

std::string text(const Decision& d, std::string_view code) {
  for (const Reason& r : d.reasons)
    if (r.code == code) return r.text;
  return "(silent)";
}

Decision with(const std::function<void(Verdict&)>& change) {
  Verdict v = test::simulated_verdict();
  change(v);
  return decide(v);
}

TEST(SimulatedRules, WithoutAFaultItIsConsistentAndNothingIsAskedThatDoesNotApply) {
  // No error of a best fit, no starts, no residuals, no gradient, no R-hat: none of these is missing here.
  const Decision d = decide(test::simulated_verdict());
  EXPECT_EQ(d.status, Status::consistent);
  EXPECT_THAT(codes(d), ElementsAre("no-held-out-test", "no-objection"));
  EXPECT_EQ(text(d, "no-objection"),
            "None of 17 statistical tests objects (smallest adjusted p = 1, level 0.01).");  // 7 + 7 + 1 + 2
}

TEST(SimulatedRules, AWidePosteriorOfStoppedLearningMayNotBeTheDatasFault) {
  const Decision stopped = with([](Verdict&v) { v.parameters[0].contraction = 0.1, v.partial = true; }),
                 whole = with([](Verdict&v) { v.parameters[0].contraction = 0.1; });
  EXPECT_EQ(stopped.status, Status::unidentifiable);
  const std::string wide = text(whole, "prior-dominated-parameter");
  EXPECT_THAT(wide, testing::StartsWith("The prior rules over the data in "));
  EXPECT_EQ(text(stopped, "prior-dominated-parameter"),
            wide + " But learning was stopped before it ended: more may be known then.");
}

TEST(SimulatedRules, DataOfAnotherProtocolCanSupportIt) {
  Verdict v = test::simulated_verdict();
  v.generalisation = test::supported_verdict().generalisation;
  EXPECT_EQ(decide(v).status, Status::supported);
  // A statistic that is rejected is no fault of the held-out test (both have the index 0).
  v.simulated.statistics[0].predicted_p = 1e-6;
  const Decision d = decide(v);
  EXPECT_EQ(d.status, Status::misspecified);
  EXPECT_TRUE(d.passed[0]);
}

TEST(SimulatedRules, OtherVerdictsAreUntouched) {
  // The box says nothing where no method is named.
  Verdict v = test::supported_verdict();
  const Decision before = decide(v);
  v.simulated = test::simulated_box();
  v.simulated.method.clear();
  v.simulated.failed = v.simulated.simulations;
  v.simulated.observation_p = v.simulated.calibration.rank_p = v.simulated.statistics[0].predicted_p = 1e-9;
  v.simulated.statistics[1].inside = false;
  v.simulated.certified = "approximate";
  v.simulated.rounds[0].capped = true;
  EXPECT_EQ(gates(v).size(), 7U);
  const Decision after = decide(v);
  EXPECT_EQ(codes(after), codes(before));
  EXPECT_EQ(after.status, before.status);
}

TEST(SimulatedRules, AllSimulationsFailed) {
  const Decision d = with([](Verdict& v) {
    v.simulated.simulations = v.simulated.failed = 1000;
    v.simulated.failures = {{"not-finite", 990}, {"step-limit", 10}};
    v.numerics.draws = 0;
  });
  EXPECT_EQ(d.status, Status::invalid);
  EXPECT_EQ(text(d, "all-simulations-failed"), "All 1000 simulations failed: not-finite (990), step-limit (10).");
  EXPECT_EQ(text(d, "no-posterior-draws"), "1000 simulations gave no posterior draws.");
  EXPECT_EQ(text(d, "simulations-failed"), "(silent)");
  EXPECT_EQ(text(with([](Verdict& v) { v.simulated.simulations = v.simulated.failed = 0; }), "all-simulations-failed"),
            "No simulation was made.");
}

TEST(SimulatedRules, NothingComparedIsInvalid) {
  const Decision d = with([](Verdict& v) { v.simulated.statistics.clear(); });
  EXPECT_EQ(d.status, Status::invalid);
  EXPECT_EQ(text(d, "checks-not-run"), "No statistic of the data was compared with its prediction.");
}

TEST(SimulatedRules, AnObservationOutsideThePriorPredictiveIsNamedWithItsNumbers) {
  const Decision d = with([](Verdict& v) {
    StatisticSummary& s = v.simulated.statistics[1];
    s.observed = 112.0, s.unit = "Hz", s.prior_p = 2e-5;
    v.simulated.observation_p = 1e-5;
  });
  EXPECT_EQ(d.status, Status::misspecified);
  // Holm over 17: the least times 17, the next times 16.
  EXPECT_EQ(text(d, "observation-outside-prior-predictive"),
            "The prior or the model cannot produce these data: rate: 112 Hz in the data, 95 % of simulations 0 to 40 "
            "Hz (p = 0.00032); all statistics together (p = 0.00017).");
}

TEST(SimulatedRules, AStatisticThatIsNotPredictedIsNamedWithItsNumbers) {
  const Decision d = with([](Verdict& v) {
    StatisticSummary& s = v.simulated.statistics[0];
    s.observed = 14.0, s.unit = "1", s.predicted_p = 4e-4, s.inside = false;
  });
  EXPECT_EQ(d.status, Status::misspecified);
  EXPECT_EQ(text(d, "statistics-not-predicted"),
            "The posterior does not predict the data it was fitted to: spike_count: 14 in the data, 95 % of "
            "simulations 9 to 11 (p = 0.0068).");
  EXPECT_EQ(text(d, "statistics-outside-interval"), "(silent)");  // named once
}

TEST(SimulatedRules, WhatTheModelCannotDoTogetherIsNamed) {
  const Decision d = with([](Verdict& v) {
    v.simulated.statistics[0].given = 9.5;
    v.simulated.statistics[2].given = 30.25;
  });
  EXPECT_EQ(d.status, Status::consistent);
  EXPECT_EQ(
      text(d, "data-off-the-model"),
      "The model cannot do all statistics of the data at once; the posterior was given the nearest that it can do: "
      "spike_count 9.5 mV instead of 10.5 mV; latency 30.25 mV instead of 10.5 mV.");
}

TEST(SimulatedRules, MerelyOutsideTheIntervalIsARemark) {
  const Decision d = with([](Verdict& v) {
    StatisticSummary& s = v.simulated.statistics[0];
    s.observed = 11.2, s.predicted_p = 0.04, s.inside = false;
    v.simulated.statistics[2].observed = not_computed;  // no spike in the data, always one in the predictions
    v.simulated.statistics[2].predicted_p = not_computed;
    v.simulated.statistics[3].predicted_undefined = 0.99;
    v.simulated.statistics[4].observed = not_computed;  // no value in the data, as in 30 % of the predictions
    v.simulated.statistics[4].predicted_undefined = 0.3;
    v.simulated.statistics[4].inside = false;
  });
  EXPECT_EQ(d.status, Status::consistent);
  EXPECT_EQ(text(d, "statistics-outside-interval"),
            "Outside its predictions, of 7 statistics: spike_count: 11.2 mV in the data, 95 % of simulations 9 to 11 "
            "mV (p = 0.04); latency: no value in the data, a value in 100.0 % of predictions; rest: 10.5 mV in the "
            "data, no value in 99.0 % of predictions.");
}

TEST(SimulatedRules, CalibrationThatFailsIsAnInvalidInference) {
  const Decision ranks = with([](Verdict& v) { v.simulated.calibration.rank_p = 1e-5; });
  EXPECT_EQ(ranks.status, Status::invalid);
  EXPECT_EQ(text(ranks, "calibration-rejected"),
            "The inference is not calibrated: among 1000 fresh simulations the ranks of the parameters that made them "
            "are not uniform (p = 0.00017).");
  const Decision narrow = with([](Verdict& v) { v.simulated.calibration.coverage_90 = 0.81; });
  EXPECT_EQ(narrow.status, Status::invalid);
  EXPECT_EQ(text(narrow, "calibration-coverage-off"),
            "The inference is not calibrated: on 1000 fresh simulations its 90 % intervals hold 81.0 +- 0.4 % of the "
            "parameters that made them.");
  // Twenty draws of one parameter accuse nobody: se is at least sqrt(0.09 / 20) = 0.067.
  EXPECT_EQ(with([](Verdict& v) {
              v.parameters.resize(1);
              v.simulated.calibration = {20, 0.5, 0.5, 0.75, 0.0, ""};
            }).status,
            Status::consistent);
}

TEST(SimulatedRules, WhatNothingCheckedIsSaidToBeSo) {
  const auto unchecked = [](Verdict& v) {
    v.simulated.calibration = {};
    v.simulated.calibration.not_done = "the estimator holds for one observation only";
  };
  const Decision d = with(unchecked);
  EXPECT_EQ(text(d, "approximate-posterior"),
            "The posterior is an approximation (npe) that nothing has checked; no calibration: the estimator holds for "
            "one observation only.");
  EXPECT_EQ(text(with([&](Verdict& v) { unchecked(v), v.simulated.certified = "exact"; }), "approximate-posterior"),
            "(silent)");
  EXPECT_EQ(text(with([](Verdict&) {}), "approximate-posterior"), "(silent)");
}

TEST(SimulatedRules, CertificationIsReportedWithItsNumbers) {
  EXPECT_EQ(text(with([](Verdict& v) {
                   v.simulated.certified = "approximate";
                   v.simulated.effective_draws = 312.4, v.simulated.pareto_k = 0.83;
                 }),
                 "certified-approximate"),
            "The posterior is approximate, by the exact likelihood: 4000 draws are worth 312 (Pareto k = 0.83; above "
            "0.7 weights mend nothing).");
  EXPECT_EQ(text(with([](Verdict& v) { v.simulated.certified = "approximate"; }), "certified-approximate"),
            "The posterior is approximate, by the exact likelihood.");
}

TEST(SimulatedRules, WeightsThatMakeItExactMustBeWorthEnoughDraws) {
  const auto exact = [](double draws) {
    return [draws](Verdict& v) { v.simulated.certified = "exact", v.simulated.effective_draws = draws; };
  };
  const Decision few = with(exact(399));
  EXPECT_EQ(few.status, Status::invalid);
  EXPECT_EQ(text(few, "too-few-effective-draws"), "Too few effective draws: importance weights (399).");
  EXPECT_EQ(with(exact(400)).status, Status::consistent);
  // Chains that followed the weights count for themselves.
  EXPECT_EQ(with([&](Verdict& v) {
              exact(12)(v);
              for (auto& p : v.parameters) p.rhat = 1.001, p.ess_bulk = p.ess_tail = 3000;
            }).status,
            Status::consistent);
}

TEST(SimulatedRules, SimulationsThatAreKeptMustBeWorthEnoughDraws) {
  const auto kept = [](double effective) {
    return [effective](Verdict& v) {
      v.simulated.method = "abc_smc";
      v.simulated.kept = 1000, v.simulated.kept_effective = effective;
    };
  };
  const Decision few = with(kept(399));
  EXPECT_EQ(few.status, Status::invalid);
  EXPECT_EQ(text(few, "too-few-effective-draws"), "Too few effective draws: kept simulations (399).");
  EXPECT_EQ(with(kept(400)).status, Status::consistent);
}

TEST(SimulatedRules, FailuresAndCapsAreCounted) {
  const Decision d = with([](Verdict& v) {
    v.simulated.failed = 30000;
    v.simulated.failures = {{"not-finite", 29000}, {"step-limit", 1000}};
    v.simulated.rounds.push_back({"truncated prior", 50000, 0, 3.3, 0.0004, true});
    v.simulated.rounds.push_back({"truncated prior", 20000, 0, 3.3, not_computed, true});
  });
  EXPECT_EQ(d.status, Status::consistent);
  EXPECT_EQ(text(d, "simulations-failed"),
            "30000 of 100000 simulations failed: not-finite (29000), step-limit (1000).");
  EXPECT_EQ(text(d, "proposal-capped"),
            "Drawing from the proposal ended at its cap in round 2 (acceptance 0.04 %), 3.");
}

TEST(SimulatedRules, TooFewPredictiveDrawsCannotReject) {
  // 17 gates at 0.01: 1/(draws + 1) below 1/1700.
  EXPECT_EQ(text(with([](Verdict& v) { v.numerics.predictive_draws = 500; }), "too-few-predictive-draws"),
            "With 500 predictive draws no statistic could be rejected: 17 tests at level 0.01 need more than 1699.");
  EXPECT_EQ(text(with([](Verdict& v) { v.numerics.predictive_draws = 1700; }), "too-few-predictive-draws"), "(silent)");
  // And indeed: the least p that so many draws can give is rejected, that of one fewer is not.
  EXPECT_EQ(with([](Verdict& v) { v.simulated.statistics[0].predicted_p = 1.0 / 1701.0; }).status,
            Status::misspecified);
  EXPECT_EQ(with([](Verdict& v) { v.simulated.statistics[0].predicted_p = 1.0 / 1699.0; }).status, Status::consistent);
}

TEST(SimulatedRules, AProgramHasNoStepsToCheck) {
  const Decision d =
      with([](Verdict& v) { v.numerics = Numerics{}, v.numerics.draws = 4000, v.numerics.predictive_draws = 2000; });
  EXPECT_EQ(text(d, "numerics-not-checked"), "(silent)");
  EXPECT_EQ(text(with([](Verdict& v) { v.numerics.half_step_change = not_computed; }), "numerics-not-checked"),
            "Numerical checks not run: half step.");
}

TEST(SimulatedRules, FalseAlarmsStayBelowTheLevel) {
  // As the model itself would give them: uniform p; coverages with their own standard errors.
  Rng rng(61, stream_id("simulated rules test"));
  int alarms = 0;
  constexpr int worlds = 20000;
  Verdict v = test::simulated_verdict();
  for (int w = 0; w < worlds; ++w) {
    for (StatisticSummary& s : v.simulated.statistics) s.prior_p = rng.uniform(), s.predicted_p = rng.uniform();
    v.simulated.observation_p = rng.uniform();
    v.simulated.calibration.rank_p = rng.uniform();
    v.simulated.calibration.coverage_90 = 0.9 + v.simulated.calibration.coverage_se * rng.normal();
    alarms += decide(v).status < Status::consistent ? 1 : 0;
  }
  // Holm at 1 %: 16 of 17 gates can speak by chance, 200 * 16/17 = 188 are expected, sd 14.
  EXPECT_LT(alarms, 188 + 4 * 14);
  EXPECT_GT(alarms, 188 - 4 * 14);
}

TEST(SimulatedRules, SurvivesItsJson) {
  const std::string text = to_json(test::simulated_verdict());
  const auto back = from_json(text);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(*back), text);
  EXPECT_EQ(codes(decide(*back)), codes(decide(test::simulated_verdict())));
}

}  // namespace
}  // namespace hillock::verify
