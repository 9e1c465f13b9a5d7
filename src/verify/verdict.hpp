#pragma once
/// The verdict: what was found, with error bars, by written rules. Schema `hillock.verdict/1`.
///
/// This is the one noun that `study` writes as JSON, `report` shows, and a person or a program acts on. Numbers that
/// could not be computed are NaN here and `null` in JSON, with a reason beside them.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hillock::verify {

inline constexpr std::string_view schema_id = "hillock.verdict/1";
inline constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// From worst to best.
enum class Status : std::uint8_t { invalid, unidentifiable, misspecified, consistent, supported };
[[nodiscard]] std::string_view to_string(Status status);

/// What a held-out test differs in from the training data.
enum class HeldOut : std::uint8_t { same_protocol, other_protocol, other_cell };
[[nodiscard]] std::string_view to_string(HeldOut kind);

/// Why the status is what it is, or a warning. `code` is stable and documented in docs/verdict.md.
struct Reason {
  std::string code;
  std::string text;  ///< one plain sentence with the numbers in it
};

/// How well the training data are fitted.
struct Fit {
  double error = not_computed;
  std::string error_measure;  ///< "rms / range of the data"
  std::int64_t starts = 0;
  std::int64_t starts_within_0_1_percent = 0;
  std::int64_t starts_failed = 0;
  std::int64_t distinct_optima = 0;  ///< different places that share the least error (optima.hpp); 0: not counted
  std::int64_t screened = 0;         ///< prior draws simulated to choose the starts
  std::int64_t screened_failed = 0;  ///< of them: simulation failed, or a joint condition of the prior not met
  std::int64_t samples = 0;          ///< data points used
  double effective_samples = not_computed;  ///< after the residuals' autocorrelation
};

struct ParameterSummary {
  std::string name;
  std::string unit;
  double best = not_computed;                                            ///< least error
  double median = not_computed, q05 = not_computed, q95 = not_computed;  ///< posterior under the declared noise
  double prior_q05 = not_computed, prior_q95 = not_computed;
  double contraction = not_computed;  ///< 1 - var(posterior)/var(prior), on the unconstrained scale
  double rhat = not_computed, ess_bulk = not_computed, ess_tail = not_computed;
  /// The same interval if every sample were an independent fact, and with the residuals' autocorrelation counted.
  double q05_independent = not_computed, q95_independent = not_computed;
  double q05_corrected = not_computed, q95_corrected = not_computed;
  bool is_noise = false;  ///< a parameter of the noise or of a prior, not of the mechanism
};

/// A combination of log parameters: prod p_i^w_i, written as algebra.
struct Combination {
  std::string algebra;                ///< "p5^0.71 / p6^0.70"
  double relative_sd = not_computed;  ///< standard deviation of its logarithm, expected after the data
  double prior_sd = not_computed;     ///< the same before the data
  bool prior_dominated = false;       ///< the data left more than half of the prior's standard deviation
};

struct KnowledgeItem {
  std::string what;  ///< a parameter, a combination, a regime
  std::string text;  ///< one plain sentence
};

struct Knowledge {
  std::vector<KnowledgeItem> known, known_unknown, untested;
  std::vector<Combination> sloppiest, stiffest;  ///< most to least sloppy; most to least stiff
};

struct Baseline {
  std::string name;
  double error = not_computed;
};

/// A prediction of data that the fit never saw.
struct Generalisation {
  std::string name;  ///< "test: action potential clamp, command as recorded"
  HeldOut kind = HeldOut::other_protocol;
  double error = not_computed, error_se = not_computed;  ///< se: block bootstrap over time
  /// The error that the fitted noise alone predicts for these data, and its uncertainty (that of the fitted noise).
  double expected_error = not_computed, expected_error_se = not_computed;
  double block_ms = not_computed;
  double coverage_50 = not_computed, coverage_90 = not_computed;
  double coverage_50_se = not_computed, coverage_90_se = not_computed;
  std::vector<Baseline> baselines;
  std::int64_t samples = 0;
  bool passed = false;  ///< set by `judge` (rules.hpp)
  bool gating = true;   ///< false: shown for comparison with a published figure, no part of the status
};

/// The residuals of the best fit on the training data (whitened by the declared noise where it is correlated).
struct Residuals {
  double sd = not_computed;    ///< in the channel's unit
  double lag1 = not_computed;  ///< autocorrelation of the raw residuals at one sample
  double correlation_time_ms = not_computed;
  /// The smallest Holm-adjusted p over `tests`: is what should be white, if the model is right, white?
  double whiteness_p = not_computed;
  std::vector<std::pair<std::string, double>> tests;  ///< the single tests by name, their own p-values (whiteness.hpp)
};

struct Numerics {
  double half_step_change = not_computed;  ///< relative change of the error at half the step
  double other_integrator_change = not_computed;
  double float32_change = not_computed;  ///< of predicted statistics, as a part of their spread
  std::string integrator, other_integrator;
  double dt_ms = not_computed;
  double gradient_check = not_computed;  ///< largest relative difference, tangents v finite differences
  std::int64_t draws = 0;                ///< posterior draws kept
  std::int64_t divergences = 0;          ///< of them, after the warm-up
  std::int64_t predictive_draws = 0;     ///< posterior draws simulated for the predictions
  std::int64_t failed_predictive = 0;    ///< of them, failed
};

/// One statistic of the data, before and after the fit. Everything in `unit`.
struct StatisticSummary {
  std::string name;
  std::string unit;
  double observed = not_computed;  ///< NaN: it has no value in the data
  /// What the posterior was given instead, where the model cannot do the observed value together with the others; NaN:
  /// the observed one.
  double given = not_computed;
  double prior_q025 = not_computed, prior_q975 = not_computed;  ///< prior predictive
  double predicted_q025 = not_computed, predicted_median = not_computed, predicted_q975 = not_computed;
  double prior_undefined = not_computed, predicted_undefined = not_computed;  ///< share without a value
  /// Two-sided: how far out the observation lies among simulations; at least 1 / (simulations + 1).
  double prior_p = not_computed, predicted_p = not_computed;
  bool constant = false;  ///< it never varied, and says nothing
  bool inside = true;     ///< of the 95 % predictive interval
};

/// Whether predictions are like the data: the observation inside their 95 % interval, and values there where the data
/// have one (in more than 2.5 % of predictions), and none where they have none.
[[nodiscard]] bool fits(const StatisticSummary& statistic);
/// Whether there were predictions to hold it against: simulations of posterior draws that ended well.
[[nodiscard]] bool was_predicted(const StatisticSummary& statistic);

struct Count {
  std::string what;
  std::int64_t count = 0;
};

/// One round of simulations.
struct SimulationRound {
  std::string proposal;
  std::int64_t simulations = 0, failed = 0;
  double objective = not_computed;   ///< mean log density of pairs that were not trained on
  double acceptance = not_computed;  ///< of the proposal; of nle: of the particles' moves after it
  bool capped = false;
  std::string density = {};  ///< the kind that was learnt; empty: none
};

/// Is the posterior right? Fresh draws of the prior, simulated, and their own posteriors (Talts et al. 2018).
struct Calibration {
  std::int64_t draws = 0;
  double rank_p = not_computed;  ///< least of the parameters' p-values for uniform ranks, Holm-adjusted
  double coverage_50 = not_computed, coverage_90 = not_computed, coverage_se = not_computed;
  std::string not_done;  ///< why there is none
};

/// Where the posterior was learnt from simulations (method "npe" and its kin).
struct Simulated {
  std::string method;      ///< empty: it was not
  std::string why_method;  ///< where it was chosen automatically
  std::int64_t simulations = 0, failed = 0;
  std::vector<Count> failures;   ///< by reason
  std::vector<Count> undefined;  ///< "statistic: reason"
  std::vector<SimulationRound> rounds;
  std::vector<StatisticSummary> statistics;
  double observation_p = not_computed;  ///< all statistics together, against the prior predictive
  std::string certified;                ///< "exact" (by a likelihood), "approximate", or "not possible" and why
  std::string certified_by;             ///< where it is exact: "weights" or "nuts"
  std::string not_exact;                ///< where it is approximate: what says so
  double effective_draws = not_computed, pareto_k = not_computed;  ///< of importance weights by the exact likelihood
  double distance = not_computed;   ///< of the draws without weights from the exact posterior: total variation
  double elsewhere = not_computed;  ///< share of the exact posterior where no draw is
  Calibration calibration;
  bool amortised = false;
  std::int64_t dropped_draws = 0;        ///< that the prior's joint conditions do not allow
  std::int64_t kept = 0;                 ///< simulations that the draws repeat (ABC); 0: a density was learnt
  double kept_effective = not_computed;  ///< independent draws' worth of them
  double tolerance = not_computed;       ///< the largest distance of one of them from the data
  double simulation_us = not_computed;   ///< of one simulation
};

struct Cost {
  std::int64_t simulations = 0, gradients = 0;
  double wall_s = 0.0;
  double search_s = 0.0, posterior_s = 0.0, verify_s = 0.0, report_s = 0.0, compile_s = 0.0;
  int threads = 1;
};

/// Name and value pairs; values are text ("sha256:...", "42", "avx512").
using Provenance = std::vector<std::pair<std::string, std::string>>;

struct Verdict {
  std::string study;
  Status status = Status::invalid;
  std::string inference;  ///< "nuts", "laplace"
  bool partial = false;   ///< the budget ended, or it was interrupted, before all was done
  std::vector<std::string> not_done;
  std::vector<Reason> reasons;
  Fit fit;
  std::vector<ParameterSummary> parameters;
  Knowledge knowledge;
  std::vector<Generalisation> generalisation;
  Residuals residuals;
  Numerics numerics;
  Simulated simulated;
  Cost cost;
  Provenance provenance;
};

}  // namespace hillock::verify
