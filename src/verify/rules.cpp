#include "verify/rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/error.hpp"
#include "verify/listing.hpp"
#include "verify/simulated_rules.hpp"

namespace hillock::verify {
namespace {

double fraction(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

bool elsewhere(const Generalisation& test) { return test.gating && test.kind != HeldOut::same_protocol; }

/// Every number that a held-out test is judged by.
bool fully_scored(const Generalisation& test) {
  return std::isfinite(test.error) && std::isfinite(test.error_se) && std::isfinite(test.expected_error) &&
         std::isfinite(test.coverage_50) && std::isfinite(test.coverage_90) && !test.baselines.empty() &&
         std::ranges::all_of(test.baselines, [](const Baseline& b) { return std::isfinite(b.error); });
}

bool better_than(const Generalisation& test, const Baseline& baseline, double se) {
  return test.error < baseline.error - se * test.error_se;
}

bool of_held_out(const Gate& gate) {
  return gate.kind == Gate::Kind::held_out_error || gate.kind == Gate::Kind::coverage;
}

bool rejected(const Gate& gate, const Thresholds& thresholds) { return gate.p_holm < thresholds.level; }

std::vector<bool> passes(const Verdict& verdict, const Thresholds& thresholds, const std::vector<Gate>& all) {
  std::vector<bool> out;
  for (std::size_t g = 0; g < verdict.generalisation.size(); ++g) {
    const Generalisation& test = verdict.generalisation[g];
    bool ok = fully_scored(test);
    for (const Baseline& baseline : test.baselines) ok = ok && better_than(test, baseline, thresholds.baseline_se);
    if (test.gating) {
      for (const Gate& gate : all)
        if (of_held_out(gate) && gate.held_out == g) ok = ok && !rejected(gate, thresholds);
    } else {  // shown only: judged as if it stood alone
      Verdict alone;
      alone.generalisation = {test};
      alone.generalisation[0].gating = true;
      for (const Gate& gate : gates(alone, thresholds)) ok = ok && !rejected(gate, thresholds);
    }
    out.push_back(ok);
  }
  return out;
}

std::string rejected_gates(const Facts& f, Gate::Kind kind) {
  Listing list;
  for (const Gate& gate : f.gates)
    if (gate.kind == kind && rejected(gate, f.thresholds)) {
      if (kind == Gate::Kind::residuals) {
        list.add(fmt::format("{} (p = {:.2g})", gate.name, gate.p_holm));
      } else {
        const Generalisation& test = f.verdict.generalisation[gate.held_out];
        if (kind == Gate::Kind::held_out_error)
          list.add(fmt::format("{}: error {:.4g} +- {:.2g}, the noise predicts {:.4g}", test.name, test.error,
                               test.error_se, test.expected_error));
        else
          list.add(fmt::format("{} = {:.3f}", gate.name,
                               gate.name.ends_with("coverage_50") ? test.coverage_50 : test.coverage_90));
      }
    }
  return list.empty() ? "" : list.text();
}

// ---- the rules' sentences: empty where a rule is silent
// ---------------------------------------------------------------

std::string fit_not_computed(const Facts& f) {
  if (std::isfinite(f.verdict.fit.error) || from_simulations(f)) return "";
  return fmt::format("No start ended with an error value ({} of {} failed).", f.verdict.fit.starts_failed,
                     f.verdict.fit.starts);
}

std::string checks_not_run(const Facts& f) {
  const bool simulated = from_simulations(f);
  const auto is_check = [&](const Gate& gate) {
    return gate.kind == Gate::Kind::residuals || (simulated && gate.kind == Gate::Kind::predictive);
  };
  if (std::ranges::any_of(f.gates, is_check)) return "";
  return simulated ? "No statistic of the data was compared with its prediction." : "No test of the residuals was run.";
}

std::string step_too_large(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  if (!(std::fabs(n.half_step_change) > f.thresholds.step_change)) return "";
  return fmt::format("Half the step ({:g} ms) changes the error by {:.2g} %.", 0.5 * n.dt_ms,
                     100.0 * n.half_step_change);
}

std::string integrators_disagree(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  if (!(std::fabs(n.other_integrator_change) > f.thresholds.step_change)) return "";
  return fmt::format("The error with {} differs from that with {} by {:.2g} %.", n.other_integrator, n.integrator,
                     100.0 * n.other_integrator_change);
}

std::string gradient_wrong(const Facts& f) {
  if (!(f.verdict.numerics.gradient_check > f.thresholds.gradient_check)) return "";
  return fmt::format("Tangents and finite differences differ by {:.2g}.", f.verdict.numerics.gradient_check);
}

std::string chains_not_mixed(const Facts& f) {
  Listing list;
  for (const ParameterSummary& p : f.verdict.parameters) {
    const bool missing = std::isnan(p.rhat) && f.verdict.inference == "nuts";
    if (p.rhat > f.thresholds.rhat) list.add(fmt::format("{} ({:.3f})", p.name, p.rhat));
    else if (missing) list.add(p.name + " (not computed)");
  }
  return list.empty() ? "" : "The chains disagree, by R-hat: " + list.text() + ".";
}

std::string too_few_effective_draws(const Facts& f) {
  Listing list;
  for (const ParameterSummary& p : f.verdict.parameters) {
    const double least = std::fmin(p.ess_bulk, p.ess_tail);  // fmin passes over a NaN
    if (least < f.thresholds.effective_draws) list.add(fmt::format("{} ({:.0f})", p.name, least));
  }
  const std::string weighted = too_few_weighted_draws(f);
  if (!weighted.empty()) list.add(weighted);
  return list.empty() ? "" : "Too few effective draws: " + list.text() + ".";
}

std::string divergences(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  if (!(fraction(n.divergences, n.draws) > f.thresholds.divergences)) return "";
  return fmt::format("{} of {} posterior draws diverged.", n.divergences, n.draws);
}

std::string starts_disagree(const Facts& f) {
  const Fit& fit = f.verdict.fit;
  if (fit.starts < 1 || fraction(fit.starts_within_0_1_percent, fit.starts) >= f.thresholds.starts_agree) return "";
  return fmt::format("Only {} of {} starts ended within 0.1 % of the least error.", fit.starts_within_0_1_percent,
                     fit.starts);
}

std::string predictions_fail(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  if (!(fraction(n.failed_predictive, n.predictive_draws) > f.thresholds.predictive_failed)) return "";
  return fmt::format("{} of {} posterior draws could not be simulated.", n.failed_predictive, n.predictive_draws);
}

/// Of a posterior as wide as the prior that is learnt from simulations: the data may not be the reason.
std::string learning_stopped(const Facts& f) {
  return f.verdict.partial && from_simulations(f) ? " But learning was stopped before it ended: more may be known then."
                                                  : "";
}

std::string prior_dominated_parameter(const Facts& f) {
  Listing list;
  for (const ParameterSummary& p : f.verdict.parameters)
    if (!p.is_noise && p.contraction < f.thresholds.contraction)
      list.add(fmt::format("{} (contraction {:.2f})", p.name, p.contraction));
  return list.empty() ? "" : "The prior rules over the data in " + list.text() + "." + learning_stopped(f);
}

std::string prior_dominated_combination(const Facts& f) {
  Listing list;
  for (const Combination& c : f.verdict.knowledge.sloppiest)
    if (c.prior_dominated)
      list.add(
          fmt::format("{} (sd of its logarithm {:.2g}, before the data {:.2g})", c.algebra, c.relative_sd, c.prior_sd));
  return list.empty() ? "" : "The data leave open " + list.text() + "." + learning_stopped(f);
}

std::string several_optima(const Facts& f) {
  if (f.verdict.fit.distinct_optima <= 1) return "";
  return fmt::format("{} different places share the least error.", f.verdict.fit.distinct_optima);
}

std::string residuals_structured(const Facts& f) {
  const std::string list = rejected_gates(f, Gate::Kind::residuals);
  return list.empty() ? "" : "The residuals are not the declared noise: " + list + ".";
}

std::string coverage_off(const Facts& f) {
  const std::string list = rejected_gates(f, Gate::Kind::coverage);
  return list.empty() ? "" : "Predictive intervals do not cover as promised: " + list + ".";
}

std::string held_out_error_too_large(const Facts& f) {
  const std::string list = rejected_gates(f, Gate::Kind::held_out_error);
  return list.empty() ? "" : "Held-out data are predicted worse than the noise explains: " + list + ".";
}

std::string worse_than_baseline(const Facts& f) {
  Listing list;
  for (const Generalisation& test : f.verdict.generalisation)
    for (const Baseline& baseline : test.baselines)
      if (test.gating && test.error > baseline.error + f.thresholds.baseline_se * test.error_se)
        list.add(fmt::format("{}: error {:.4g} +- {:.2g}, {} {:.4g}", test.name, test.error, test.error_se,
                             baseline.name, baseline.error));
  return list.empty() ? "" : "Held-out data are predicted worse than without the model: " + list.text() + ".";
}

std::string no_held_out_test(const Facts& f) {
  return std::ranges::any_of(f.verdict.generalisation, elsewhere)
             ? ""
             : "No data of another protocol or cell were predicted.";
}

std::string held_out_not_scored(const Facts& f) {
  Listing list;
  for (const Generalisation& test : f.verdict.generalisation)
    if (test.gating && !fully_scored(test)) list.add(test.name);
  return list.empty()
             ? ""
             : "Without all its numbers (error, standard error, expected error, coverage, baseline): " + list.text() +
                   ".";
}

std::string no_better_than_baseline(const Facts& f) {
  Listing list;
  for (const Generalisation& test : f.verdict.generalisation)
    for (const Baseline& baseline : test.baselines)
      if (test.gating && std::isfinite(test.error) && !better_than(test, baseline, f.thresholds.baseline_se))
        list.add(fmt::format("{}: {}", test.name, baseline.name));
  return list.empty() ? "" : "Held-out data are not predicted better than without the model: " + list.text() + ".";
}

std::string numerics_not_checked(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  const bool simulated = from_simulations(f);
  if (simulated && n.integrator.empty()) return "";  // a program: its steps are its own
  Listing list;
  if (!std::isfinite(n.half_step_change)) list.add("half step");
  if (!std::isfinite(n.other_integrator_change)) list.add("other integrator");
  if (!simulated && !std::isfinite(n.gradient_check)) list.add("gradient");
  return list.empty() ? "" : "Numerical checks not run: " + list.text() + ".";
}

std::string approximate_posterior(const Facts& f) {
  if (f.verdict.inference == "nuts" || certified_or_calibrated(f)) return "";
  const std::string& why = f.verdict.simulated.calibration.not_done;
  return fmt::format("The posterior is an approximation ({}) that nothing has checked{}.",
                     f.verdict.inference.empty() ? "none given" : f.verdict.inference,
                     from_simulations(f) && !why.empty() ? "; no calibration: " + why : "");
}

std::string partial(const Facts& f) {
  if (!f.verdict.partial) return "";
  Listing list;
  for (const std::string& what : f.verdict.not_done) list.add(what);
  return "The run ended before all was done" + (list.empty() ? std::string(".") : ": " + list.text() + ".");
}

std::string samples_not_independent(const Facts& f) {
  const Fit& fit = f.verdict.fit;
  if (fit.samples < 1 || !(fit.effective_samples < f.thresholds.effective_fraction * static_cast<double>(fit.samples)))
    return "";
  return fmt::format(
      "{} samples are worth about {:.0f} independent ones: intervals that take each for a fact are too narrow by a "
      "factor "
      "of about {:.2g}.",
      fit.samples, fit.effective_samples, std::sqrt(static_cast<double>(fit.samples) / fit.effective_samples));
}

std::string predictive_draws_failed(const Facts& f) {
  const Numerics& n = f.verdict.numerics;
  if (n.failed_predictive == 0) return "";
  return fmt::format("{} of {} posterior draws failed in the predictions and are not part of them.",
                     n.failed_predictive, n.predictive_draws);
}

std::string screening_mostly_failed(const Facts& f) {
  const Fit& fit = f.verdict.fit;
  if (!(fraction(fit.screened_failed, fit.screened) > f.thresholds.screened_failed)) return "";
  return fmt::format("{} of {} draws from the prior failed or broke a joint condition.", fit.screened_failed,
                     fit.screened);
}

std::string held_out_passed(const Facts& f) {
  Listing list;
  for (std::size_t g = 0; g < f.passed.size(); ++g) {
    const Generalisation& test = f.verdict.generalisation[g];
    if (f.passed[g] && elsewhere(test))
      list.add(fmt::format("{} (error {:.4g} +- {:.2g}, 90 % interval covers {:.1f} %)", test.name, test.error,
                           test.error_se, 100.0 * test.coverage_90));
  }
  return list.empty() ? "" : "Predicted as well as the noise allows: " + list.text() + ".";
}

std::string no_objection(const Facts& f) {
  double least = 1.0;
  for (const Gate& gate : f.gates) least = std::min(least, gate.p_holm);
  if (f.gates.empty() || least < f.thresholds.level) return "";
  return fmt::format("None of {} statistical tests objects (smallest adjusted p = {:.2g}, level {:g}).", f.gates.size(),
                     least, f.thresholds.level);
}

using T = Thresholds;
constexpr std::array table = {
    Rule{"fit-not-computed", Status::invalid,
         "no start ended with an error value (not asked of a posterior that is learnt from simulations)", nullptr,
         false, "There is no fit to judge.",
         "Run `hillock simulate` at the defaults; widen the prior or give starts that simulate.", fit_not_computed},
    Rule{"checks-not-run", Status::invalid,
         "no test of the residuals (or, learnt from simulations: no statistic) has a p-value", nullptr, false,
         "What was not checked is not called consistent.",
         "Give at least 200 kept samples, and time enough for the checks.", checks_not_run},
    Rule{"step-too-large", Status::invalid, "half the step changes the error by more than {}", &T::step_change, true,
         "The numbers are the integrator's, not the model's.", "A smaller `dt`, or an adaptive integrator.",
         step_too_large},
    Rule{"integrators-disagree", Status::invalid, "another integrator changes the error by more than {}",
         &T::step_change, true, "As above, or the problem is stiff for one of the two.",
         "A smaller `dt`; the integrator that suits the model.", integrators_disagree},
    Rule{"gradient-wrong", Status::invalid, "tangents differ from finite differences by more than {}, relative",
         &T::gradient_check, false, "The search and the posterior followed wrong slopes.",
         "Look for a jump (`int`, a comparison) in the model that depends on a parameter; otherwise report a bug.",
         gradient_wrong},
    Rule{"chains-not-mixed", Status::invalid, "R-hat of a parameter is above {}, or NUTS could not compute it",
         &T::rhat, false, "The chains have not found the same posterior.",
         "More warm-up; look at the pair plot for two modes.", chains_not_mixed},
    Rule{"too-few-effective-draws", Status::invalid,
         "bulk or tail ESS of a parameter, or of importance weights that make a posterior exact, or of the simulations "
         "that approximate Bayesian computation keeps, is below {}",
         &T::effective_draws, false, "Quantiles carry too much Monte Carlo error.",
         "More draws; of kept simulations: more simulations.", too_few_effective_draws},
    Rule{"divergences", Status::invalid, "more than {} of the posterior draws diverged", &T::divergences, true,
         "Part of the posterior was not explored.", "A larger target acceptance; a prior that keeps off the cliff.",
         divergences},
    Rule{"starts-disagree", Status::invalid, "fewer than {} of the starts ended within 0.1 % of the least error",
         &T::starts_agree, true, "A better fit may exist that was not found.", "More starts; `cma_es`.",
         starts_disagree},
    Rule{"predictions-fail", Status::invalid, "more than {} of the predictive draws failed", &T::predictive_failed,
         true, "The predictions stand on a selected few.", "Look at the failures' reasons; restrict the prior.",
         predictions_fail},
    Rule{"all-simulations-failed", Status::invalid, "every simulation failed, or none was made", nullptr, false,
         "There is nothing to learn from.", "See `simulated.failures`; try one parameter set with `hillock simulate`.",
         all_simulations_failed},
    Rule{"no-posterior-draws", Status::invalid, "simulations gave no posterior draws", nullptr, false,
         "There is no posterior to judge.", "More simulations or time.", no_posterior_draws},
    Rule{"calibration-rejected", Status::invalid,
         "the ranks of known parameters among their own posteriors' draws are not uniform, rejected at {}, "
         "Holm-adjusted",
         &T::level, false, "The inference is wrong for this model, whatever the data: shifted, too wide or too narrow.",
         "More simulations; another method.", calibration_rejected},
    Rule{"calibration-coverage-off", Status::invalid,
         "the share of known parameters within their 90 % intervals departs from 90 % by more than 2 percentage "
         "points, rejected at {}, Holm-adjusted",
         &T::level, false, "The posterior's error bars are wrong for this model, whatever the data.",
         "More simulations; another method.", calibration_coverage_off},

    Rule{"prior-dominated-parameter", Status::unidentifiable,
         "contraction of a parameter of the mechanism is below {} (noise parameters are not asked)", &T::contraction,
         false, "These data do not determine it; its interval is the prior's.",
         "Fix it, give a prior from elsewhere, or another protocol.", prior_dominated_parameter},
    Rule{"prior-dominated-combination", Status::unidentifiable,
         "the posterior sd of a combination of parameters is more than half of its prior sd", nullptr, false,
         "Single parameters may look known while this combination is open.",
         "Reparametrise along the combination; another protocol.", prior_dominated_combination},
    Rule{"several-optima", Status::unidentifiable, "the starts found two or more places that share the least error",
         nullptr, false, "Different mechanisms explain the data equally well.",
         "A prior or a protocol that tells them apart.", several_optima},

    Rule{"residuals-structured", Status::misspecified,
         "a residual test is rejected at {}, Holm-adjusted over all gates", &T::level, false,
         "The model lacks something that these data show, or the noise is not as declared.",
         "See which test spoke (below); another mechanism, or `ar1` noise.", residuals_structured},
    Rule{
        "coverage-off", Status::misspecified,
        "a held-out coverage departs from 50 % or 90 % by more than 2 percentage points, rejected at {}, Holm-adjusted",
        &T::level, false, "The predictive error bars are wrong.", "As for residuals-structured.", coverage_off},
    Rule{"held-out-error-too-large", Status::misspecified,
         "a held-out error exceeds what the noise predicts by more than 2 %, rejected at {}, Holm-adjusted", &T::level,
         false, "What was fitted does not carry over to those data.", "Look where the held-out residuals are large.",
         held_out_error_too_large},
    Rule{"worse-than-baseline", Status::misspecified,
         "a held-out error is above a baseline's by more than {} standard errors", &T::baseline_se, false,
         "The model predicts worse than no model.", "Check units and command of the held-out data first.",
         worse_than_baseline},
    Rule{"observation-outside-prior-predictive", Status::misspecified,
         "a statistic of the data, or all together, lies outside the prior predictive, rejected at {}, Holm-adjusted",
         &T::level, false,
         "The prior or the model cannot produce these data; what was learnt from simulations is extrapolated to them.",
         "Check units and protocol; widen the prior; another mechanism.", observation_outside_prior_predictive},
    Rule{"statistics-not-predicted", Status::misspecified,
         "a statistic of the data lies outside the posterior predictive, rejected at {}, Holm-adjusted", &T::level,
         false, "The model lacks what that statistic shows.",
         "Another mechanism; or fit without that statistic, and say so.", statistics_not_predicted},

    Rule{"no-held-out-test", Status::consistent, "no data of another protocol or cell were predicted", nullptr, false,
         "The model agrees with the data it was fitted to; nothing more was asked.", "Give `[data.test]`.",
         no_held_out_test},
    Rule{"held-out-not-scored", Status::consistent, "a held-out test lacks one of its numbers", nullptr, false,
         "It could not be judged whole.", "See which number is null in `generalisation`.", held_out_not_scored},
    Rule{"no-better-than-baseline", Status::consistent,
         "a held-out error is not below every baseline's by {} standard errors or more", &T::baseline_se, false,
         "These data cannot tell the model from no model.", "Held-out data with more signal.", no_better_than_baseline},
    Rule{"numerics-not-checked", Status::consistent,
         "half step, other integrator or gradient check were not run (learnt from simulations: no gradient; a program: "
         "none)",
         nullptr, false, "The numerics are unchecked.", "More budget.", numerics_not_checked},
    Rule{"approximate-posterior", Status::consistent,
         "the posterior is not from NUTS, and neither an exact likelihood nor a calibration has checked it", nullptr,
         false, "Error bars hold as far as the approximation does.", "Run again without `--budget`.",
         approximate_posterior},
    Rule{"too-few-predictive-draws", Status::consistent, "with so few predictive draws no statistic could be rejected",
         nullptr, false, "The comparison of statistics can name a misfit but not reject the model.",
         "More predictive draws.", too_few_predictive_draws},
    Rule{"partial", Status::consistent, "the budget ended, or the run was interrupted", nullptr, false,
         "Some checks are missing.", "`--resume`.", partial},

    Rule{"samples-not-independent", Status::supported, "effective samples are below {} of the samples",
         &T::effective_fraction, true, "Error bars under white noise are too narrow.",
         "Read the corrected intervals; declare `ar1` noise.", samples_not_independent},
    Rule{"predictive-draws-failed", Status::supported, "a predictive draw failed", nullptr, false,
         "A small part of the posterior cannot be simulated.", "Look at the failures' reasons.",
         predictive_draws_failed},
    Rule{"screening-mostly-failed", Status::supported, "more than {} of the prior draws failed the screening",
         &T::screened_failed, true, "The prior is mostly where the model cannot be simulated.", "A tighter prior.",
         screening_mostly_failed},
    Rule{"statistics-outside-interval", Status::supported,
         "a statistic lies outside its 95 % predictive interval, or has a value in the data alone or the predictions "
         "alone, and is not rejected",
         nullptr, false, "A misfit in that statistic, or chance: one in twenty lies outside.",
         "Look at it in the report.", statistics_outside_interval},
    Rule{"data-off-the-model", Status::supported,
         "together the statistics of the data lie farther from the simulations near them than 99 % of such simulations "
         "from their own neighbours",
         nullptr, false,
         "The model cannot do them all at once. The posterior was given the nearest statistics that it can do; its "
         "error "
         "bars know nothing of the rest.",
         "Look at the statistics that differ: another mechanism, or leave them out.", data_off_the_model},
    Rule{"certified-approximate", Status::supported, "the exact likelihood says that the posterior is approximate",
         nullptr, false, "Its error bars are near the exact ones, not equal to them.",
         "More simulations; `verify.certify = \"exact\"`.", certified_approximate},
    Rule{"simulations-failed", Status::supported, "more than {} of the simulations failed", &T::simulations_failed,
         true, "Part of the prior cannot be simulated; the posterior is given that a simulation ends well.",
         "Look at the failures' reasons; a tighter prior.", simulations_failed},
    Rule{"proposal-capped", Status::supported, "drawing from a round's proposal ended at its cap", nullptr, false,
         "Later rounds had other parameters, or fewer, than they were meant to.", "Fewer rounds; another method.",
         proposal_capped},
    Rule{"held-out-passed", Status::supported, "data of another protocol or cell passed every rule above", nullptr,
         false, "What `supported` rests on.", "Ask something harder.", held_out_passed},
    Rule{"no-objection", Status::supported, "no statistical test is rejected", nullptr, false,
         "Not a proof: see `knowledge.untested` for what could not have been seen.", "Ask something harder.",
         no_objection},
};

std::string level_text(const Rule& rule, const Thresholds& thresholds) {
  if (rule.level == nullptr) return "";
  const double value = thresholds.*rule.level;
  return rule.percent ? fmt::format("{:g} %", 100.0 * value) : fmt::format("{:g}", value);
}

}  // namespace

std::span<const Rule> rules() { return table; }

Decision decide(const Verdict& verdict, const Thresholds& thresholds) {
  const std::vector<Gate> all = gates(verdict, thresholds);
  Decision out;
  out.passed = passes(verdict, thresholds, all);
  const Facts facts{verdict, thresholds, all, out.passed};
  out.status = Status::supported;
  for (const Rule& rule : table) {
    std::string text = rule.speak(facts);
    if (text.empty()) continue;
    out.status = std::min(out.status, rule.cap);
    out.reasons.push_back({std::string(rule.code), std::move(text)});
  }
  HILLOCK_CHECK(out.status != Status::supported || !held_out_passed(facts).empty(),
                "supported, but no held-out test of another protocol or cell passed");
  HILLOCK_CHECK(!out.reasons.empty(), "a verdict without a reason");
  return out;
}

void judge(Verdict& verdict, const Thresholds& thresholds) {
  Decision decision = decide(verdict, thresholds);
  verdict.status = decision.status;
  verdict.reasons = std::move(decision.reasons);
  for (std::size_t g = 0; g < verdict.generalisation.size(); ++g) verdict.generalisation[g].passed = decision.passed[g];
}

std::string rules_markdown() {
  const Thresholds thresholds;
  std::string out = "| code | best status left | speaks when | what it means | what to do |\n|---|---|---|---|---|\n";
  for (const Rule& rule : table) {
    std::string condition(rule.condition);
    if (const auto at = condition.find("{}"); at != std::string::npos)
      condition.replace(at, 2, level_text(rule, thresholds));
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", rule.code,
                       rule.cap == Status::supported ? "(remark)" : "`" + std::string(to_string(rule.cap)) + "`",
                       condition, rule.meaning, rule.action);
  }
  return out;
}

}  // namespace hillock::verify
