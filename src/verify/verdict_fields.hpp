#pragma once
/// The one list of the verdict's keys: name, place, meaning. Writing, reading, the JSON Schema and the table in
/// docs/verdict.md are all walks over it. A new key is one line here, in the order in which it shall appear.

#include <concepts>
#include <string_view>

#include "verify/verdict.hpp"

namespace hillock::verify::detail {

/// Calls visit(key, member, meaning) for each key of a struct.
template <class Visit>
void fields(Visit&& visit, Reason& x) {
  visit("code", x.code, "stable name of the rule");
  visit("text", x.text, "one sentence with the numbers in it");
}

template <class Visit>
void fields(Visit&& visit, Fit& x) {
  visit("error", x.error, "least error on the training data");
  visit("error_measure", x.error_measure, "what the error is, in words");
  visit("starts", x.starts, "local searches begun");
  visit("starts_within_0_1_percent", x.starts_within_0_1_percent, "of them, ended within 0.1 % of the least error");
  visit("starts_failed", x.starts_failed, "of them, ended without an error value");
  visit("distinct_optima", x.distinct_optima, "different places that share the least error; 0: not counted");
  visit("screened", x.screened, "draws from the prior simulated to choose the starts");
  visit("screened_failed", x.screened_failed, "of them, failed or outside a joint condition of the prior");
  visit("samples", x.samples, "data points used");
  visit("effective_samples", x.effective_samples,
        "independent samples that they are worth, from the residuals' autocorrelation");
}

template <class Visit>
void fields(Visit&& visit, ParameterSummary& x) {
  visit("name", x.name, "as in the model");
  visit("unit", x.unit, "unit of all its values here");
  visit("best", x.best, "value at the least error");
  visit("median", x.median, "of the posterior under the declared noise");
  visit("q05", x.q05, "5 % quantile of the posterior");
  visit("q95", x.q95, "95 % quantile of the posterior");
  visit("prior_q05", x.prior_q05, "5 % quantile of the prior");
  visit("prior_q95", x.prior_q95, "95 % quantile of the prior");
  visit("contraction", x.contraction, "1 - posterior variance / prior variance, on the unconstrained scale");
  visit("rhat", x.rhat, "rank-normalised split R-hat");
  visit("ess_bulk", x.ess_bulk, "effective number of draws for the centre");
  visit("ess_tail", x.ess_tail, "effective number of draws for the 5 % and 95 % quantiles");
  visit("q05_independent", x.q05_independent, "5 % quantile if every sample were an independent fact");
  visit("q95_independent", x.q95_independent, "95 % quantile if every sample were an independent fact");
  visit("q05_corrected", x.q05_corrected, "5 % quantile with the residuals' autocorrelation counted");
  visit("q95_corrected", x.q95_corrected, "95 % quantile with the residuals' autocorrelation counted");
  visit("is_noise", x.is_noise, "a parameter of the noise or of a prior, not of the mechanism");
}

template <class Visit>
void fields(Visit&& visit, KnowledgeItem& x) {
  visit("what", x.what, "a parameter, a combination or a regime");
  visit("text", x.text, "one sentence");
}

template <class Visit>
void fields(Visit&& visit, Combination& x) {
  visit("algebra", x.algebra, "the combination, as algebra");
  visit("relative_sd", x.relative_sd, "standard deviation of its logarithm, expected after the data");
  visit("prior_sd", x.prior_sd, "the same before the data");
  visit("prior_dominated", x.prior_dominated, "the data left more than half of the prior's standard deviation");
}

template <class Visit>
void fields(Visit&& visit, Knowledge& x) {
  visit("known", x.known, "what the data fix");
  visit("known_unknown", x.known_unknown, "what the data leave open");
  visit("untested", x.untested, "where nothing was checked, and what could not have been seen");
  visit("sloppiest", x.sloppiest, "the least known combinations, worst first");
  visit("stiffest", x.stiffest, "the best known combinations, best first");
}

template <class Visit>
void fields(Visit&& visit, Baseline& x) {
  visit("name", x.name, "what predicts without the mechanism");
  visit("error", x.error, "its error on the same data");
}

template <class Visit>
void fields(Visit&& visit, Generalisation& x) {
  visit("name", x.name, "which data");
  visit("kind", x.kind, "what differs from the training data");
  visit("error", x.error, "of the best fit, in the measure of fit.error");
  visit("error_se", x.error_se, "its standard error, by block bootstrap over time");
  visit("expected_error", x.expected_error, "error that the fitted noise alone predicts");
  visit("expected_error_se", x.expected_error_se, "uncertainty of that, from the fitted noise");
  visit("block_ms", x.block_ms, "length of the bootstrap's blocks");
  visit("coverage_50", x.coverage_50, "fraction of the data inside the central 50 % predictive interval");
  visit("coverage_90", x.coverage_90, "fraction of the data inside the central 90 % predictive interval");
  visit("coverage_50_se", x.coverage_50_se, "standard error of coverage_50, by the same blocks");
  visit("coverage_90_se", x.coverage_90_se, "standard error of coverage_90, by the same blocks");
  visit("baselines", x.baselines, "predictions without the mechanism");
  visit("samples", x.samples, "data points scored");
  visit("passed", x.passed, "no objection to the prediction, and better than every baseline");
  visit("gating", x.gating, "counts for the status; false: shown for comparison only");
}

template <class Visit>
void fields(Visit&& visit, Residuals& x) {
  visit("sd", x.sd, "of the residuals, in the channel's unit");
  visit("lag1", x.lag1, "autocorrelation of the raw residuals at one sample");
  visit("correlation_time_ms", x.correlation_time_ms,
        "time constant of the exponential autocorrelation with the same integral");
  visit("whiteness_p", x.whiteness_p, "smallest Holm-adjusted p of the tests");
  visit("tests", x.tests, "p-value of each test, not adjusted");
}

template <class Visit>
void fields(Visit&& visit, Numerics& x) {
  visit("half_step_change", x.half_step_change, "relative change of the error at half the step");
  visit("other_integrator_change", x.other_integrator_change, "relative change of the error with another integrator");
  visit("float32_change", x.float32_change,
        "largest change of a predicted statistic by float32, as a part of its spread; null: in float64");
  visit("integrator", x.integrator, "used for everything");
  visit("other_integrator", x.other_integrator, "used for this check");
  visit("dt_ms", x.dt_ms, "step");
  visit("gradient_check", x.gradient_check, "largest relative difference between tangents and finite differences");
  visit("draws", x.draws, "posterior draws kept");
  visit("divergences", x.divergences, "of them, divergent");
  visit("predictive_draws", x.predictive_draws, "posterior draws simulated for the predictions");
  visit("failed_predictive", x.failed_predictive, "of them, failed");
}

template <class Visit>
void fields(Visit&& visit, StatisticSummary& x) {
  visit("name", x.name, "what was measured of the data and of every simulation");
  visit("unit", x.unit, "unit of its values here");
  visit("observed", x.observed, "in the data; null: it has no value there");
  visit("given", x.given,
        "what the posterior was given instead, where the model cannot do the observed value together with the others; "
        "null: the observed one");
  visit("prior_q025", x.prior_q025, "2.5 % quantile under the prior");
  visit("prior_q975", x.prior_q975, "97.5 % quantile under the prior");
  visit("predicted_q025", x.predicted_q025, "2.5 % quantile under the posterior");
  visit("predicted_median", x.predicted_median, "median under the posterior");
  visit("predicted_q975", x.predicted_q975, "97.5 % quantile under the posterior");
  visit("prior_undefined", x.prior_undefined, "share of simulations without a value, under the prior");
  visit("predicted_undefined", x.predicted_undefined, "share of simulations without a value, under the posterior");
  visit("prior_p", x.prior_p, "two-sided p of the observation among simulations of the prior");
  visit("predicted_p", x.predicted_p, "two-sided p of the observation among simulations of the posterior");
  visit("constant", x.constant, "it had one value in all simulations, and says nothing");
  visit("inside", x.inside, "the observation lies in the 95 % interval under the posterior");
}

template <class Visit>
void fields(Visit&& visit, Count& x) {
  visit("what", x.what, "what was counted");
  visit("count", x.count, "how often");
}

template <class Visit>
void fields(Visit&& visit, SimulationRound& x) {
  visit("proposal", x.proposal, "where its parameters came from");
  visit("simulations", x.simulations, "simulations of this round");
  visit("failed", x.failed, "of them, failed");
  visit("objective", x.objective, "mean log density of pairs that were not trained on, at its end");
  visit("acceptance", x.acceptance,
        "of the proposal's draws; of nle: of the moves of the particles that draw the posterior so far");
  visit("capped", x.capped, "a loop of the proposal ended at its cap");
  visit("density", x.density, "the kind of density that was learnt; empty: none was");
}

template <class Visit>
void fields(Visit&& visit, Calibration& x) {
  visit("draws", x.draws, "fresh prior draws whose own posteriors were compared with them");
  visit("rank_p", x.rank_p, "least p for uniform ranks over the parameters, Holm-adjusted");
  visit("coverage_50", x.coverage_50, "how often 50 % intervals held the truth, over all parameters");
  visit("coverage_90", x.coverage_90, "how often 90 % intervals held the truth, over all parameters");
  visit("coverage_se", x.coverage_se, "standard error of coverage_90");
  visit("not_done", x.not_done, "why there is no calibration; empty: there is");
}

template <class Visit>
void fields(Visit&& visit, Simulated& x) {
  visit("method", x.method,
        "npe, tsnpe, nle, nre, abc_rejection or abc_smc; empty: the posterior is not from simulations");
  visit("why_method", x.why_method, "why this method, where it was chosen automatically");
  visit("simulations", x.simulations, "simulations that the posterior is from");
  visit("failed", x.failed, "of them, failed");
  visit("failures", x.failures, "failed simulations by reason");
  visit("undefined", x.undefined, "statistics without a value in simulations that ended well, by reason");
  visit("rounds", x.rounds, "rounds of simulations");
  visit("statistics", x.statistics, "what was compared");
  visit("observation_p", x.observation_p, "p of all statistics together against the prior predictive");
  visit("certified", x.certified, "exact, approximate, or why neither can be said");
  visit("certified_by", x.certified_by,
        "where it is exact: weights (the draws have them) or nuts (these are its draws)");
  visit("not_exact", x.not_exact, "where it is approximate: what says so");
  visit("effective_draws", x.effective_draws, "what the draws are worth by weights of the exact likelihood");
  visit("pareto_k", x.pareto_k, "shape of those weights' tail; above 0.7: not to be trusted");
  visit("distance", x.distance,
        "total variation distance of the learnt posterior from the exact one: no probability is off by more");
  visit("elsewhere", x.elsewhere, "share of the exact posterior where the learnt one has no draws");
  visit("calibration", x.calibration, "is the inference right for this model");
  visit("amortised", x.amortised, "the estimator holds for any observation of the prior predictive");
  visit("dropped_draws", x.dropped_draws, "draws that the prior's joint conditions do not allow");
  visit("kept", x.kept,
        "simulations that the draws repeat (approximate Bayesian computation); 0: a density was learnt");
  visit("kept_effective", x.kept_effective, "independent draws' worth of those");
  visit("tolerance", x.tolerance, "the largest distance of one of those from the data");
  visit("simulation_us", x.simulation_us, "wall time of one simulation, microseconds, on all threads");
}

template <class Visit>
void fields(Visit&& visit, Cost& x) {
  visit("simulations", x.simulations, "traces computed");
  visit("gradients", x.gradients, "traces computed with their derivatives");
  visit("wall_s", x.wall_s, "all of it");
  visit("search_s", x.search_s, "of it, the search");
  visit("posterior_s", x.posterior_s, "of it, the posterior");
  visit("verify_s", x.verify_s, "of it, these checks");
  visit("report_s", x.report_s, "of it, the report");
  visit("compile_s", x.compile_s, "of it, compiling the model");
  visit("threads", x.threads, "used");
}

template <class Visit>
void fields(Visit&& visit, Verdict& x) {
  visit("study", x.study, "name of the study");
  visit("status", x.status, "the verdict in a word");
  visit("inference", x.inference, "how the posterior was found");
  visit("partial", x.partial, "the budget ended, or it was interrupted, before all was done");
  visit("not_done", x.not_done, "what was left out for that reason");
  visit("reasons", x.reasons, "the rules that spoke, gravest first");
  visit("fit", x.fit, "how well the training data are fitted");
  visit("parameters", x.parameters, "one entry a parameter");
  visit("knowledge", x.knowledge, "what is known, what is known to be unknown, what was not tested");
  visit("generalisation", x.generalisation, "predictions of data that the fit never saw");
  visit("residuals", x.residuals, "what the best fit leaves of the training data");
  visit("simulated", x.simulated, "the simulations that the posterior was learnt from, where it was");
  visit("numerics", x.numerics, "is it the model's answer, or the computer's?");
  visit("cost", x.cost, "what it took");
  visit("provenance", x.provenance, "name and value pairs: seeds, versions, digests");
}

/// A struct that `fields` knows.
template <class T>
concept Record = requires(T& x) {
  fields([](std::string_view, auto&, std::string_view) {}, x);
};

}  // namespace hillock::verify::detail
