#pragma once
/// From numbers to a status, by a written table.
///
/// Each rule says when it speaks, at which level, and the best status that is still possible once it has spoken; the
/// status is the worst that any rule allows. docs/verdict.md prints the same table (a test compares them). No rule
/// looks at a name or asks for an opinion.
///
/// Statistical rules share one false-alarm probability: every p-value of the verdict (each residual test; for each
/// gating held-out test its error and both coverages; where the posterior was learnt from simulations, each statistic
/// against the prior and the posterior predictive, and the calibration) goes into one Holm adjustment at `level`. So
/// data simulated from the model itself are called misspecified with a probability of at most `level`, however many
/// checks there are.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/verdict.hpp"

namespace hillock::verify {

/// The levels of the rules. docs/verdict.md says why each is what it is.
struct Thresholds {
  double level = 0.01;               ///< probability of one or more false alarms over all statistical rules
  double step_change = 0.01;         ///< relative change of the error: half step, other integrator
  double gradient_check = 1e-3;      ///< relative difference, tangents v finite differences
  double rhat = 1.01;                ///< Vehtari et al. 2021
  double effective_draws = 400.0;    ///< Vehtari et al. 2021: bulk and tail
  double divergences = 0.01;         ///< fraction of the posterior draws
  double starts_agree = 0.1;         ///< fraction of the starts within 0.1 % of the least error
  double predictive_failed = 0.5;    ///< fraction of the predictive draws
  double contraction = 0.5;          ///< below: the prior rules
  double coverage_tolerance = 0.02;  ///< departure of a coverage that is of no practical weight
  double error_tolerance = 0.02;     ///< excess of a held-out error over the noise, relative, of no practical weight
  double baseline_se = 2.0;          ///< standard errors that "better" and "worse than a baseline" take
  double effective_fraction = 0.5;   ///< independent samples / samples, below: remarked
  double screened_failed = 0.95;     ///< fraction of the prior draws, above: remarked
  double simulations_failed = 0.1;   ///< fraction of the simulations that a posterior is learnt from, above: remarked
};

/// One statistical question that the verdict answered.
struct Gate {
  enum class Kind : std::uint8_t {
    residuals,
    held_out_error,
    coverage,
    prior_predictive,
    predictive,
    ranks,
    calibration_coverage
  } kind;
  std::string name;          ///< "ljung_box"; "action potential: coverage_90"; "rate: prior predictive"
  std::size_t held_out = 0;  ///< held_out_error, coverage: index into Verdict::generalisation
  std::size_t statistic =
      0;  ///< prior_predictive, predictive: index into Simulated::statistics; its size: all together
  double p = 1.0;
  double p_holm = 1.0;
};

/// Every gate of a verdict. p of a held-out error: one-sided normal, for error > expected_error (1 + error_tolerance),
/// standard error from both. p of a coverage: two-sided normal, for a departure beyond coverage_tolerance; its standard
/// error is at least that of independent samples. p of statistics and ranks: as they stand in `Simulated`. Numbers that
/// were not computed make no gate.
[[nodiscard]] std::vector<Gate> gates(const Verdict& verdict, const Thresholds& thresholds = {});

/// What a rule sees.
struct Facts {
  const Verdict& verdict;
  const Thresholds& thresholds;
  const std::vector<Gate>& gates;
  const std::vector<bool>& passed;  ///< for each held-out test
};

struct Rule {
  std::string_view code;
  Status cap;                          ///< the best status once it has spoken; `supported`: a remark
  std::string_view condition;          ///< when it speaks; "{}" stands for the level
  double Thresholds::*level;           ///< may be null
  bool percent;                        ///< show the level in per cent
  std::string_view meaning;            ///< what it means
  std::string_view action;             ///< what to do
  std::string (*speak)(const Facts&);  ///< the sentence; empty: silent
};

/// The table, gravest first.
[[nodiscard]] std::span<const Rule> rules();

struct Decision {
  Status status = Status::invalid;
  std::vector<Reason> reasons;  ///< gravest first; never empty
  std::vector<bool> passed;     ///< for each of Verdict::generalisation
};

/// Reads everything but status, reasons and passed.
[[nodiscard]] Decision decide(const Verdict& verdict, const Thresholds& thresholds = {});

/// Decides and writes the decision into the verdict.
void judge(Verdict& verdict, const Thresholds& thresholds = {});

/// The table of rules in docs/verdict.md, levels at their defaults.
[[nodiscard]] std::string rules_markdown();

}  // namespace hillock::verify
