#pragma once
/// Is what should be white noise, if the model is right, white noise?
///
/// The residuals of the best fit (whitened by the declared noise where that is correlated) are asked a dozen times,
/// each time for one kind of structure; each question has a p-value, uniform if the residuals are independent normal
/// with one variance. Together they are judged by Holm. The questions and what each sees:
///
/// | test | sees | null distribution |
/// |---|---|---|
/// | mean | an offset | Student t, exact |
/// | ljung_box | correlation over 20 samples (Ljung & Box 1978) | chi2, asymptotic |
/// | ljung_box_20 | the same for means of 20 samples: up to 400 samples | chi2, asymptotic |
/// | drift | means differ between 32 stretches of time (one-way analysis of variance) | F, exact |
/// | drift_fine | means differ between stretches of 400 kept samples | F, exact |
/// | input_level | means differ with the command | F, exact |
/// | input_change_<lag>ms | means differ with the command's change over a lag | F, exact |
/// | variance_time | noise variance differs between stretches of time (Levene 1960) | F, asymptotic |
/// | variance_input | noise variance differs with the command | F, asymptotic |
/// | normality | skew or heavy tails (D'Agostino & Pearson 1973, K2) | chi2(2), asymptotic |
///
/// Fitted parameters: residuals of a least-squares fit with d parameters lack the d directions that the fit removed.
/// The F statistics and the mean can only become smaller by that: their p-values err towards "white". The portmanteaus
/// lose d of thousands of values, which cannot be seen (docs/verdict.md has the measurement). What varies only within a
/// block, or a bin, and leaves no correlation, is not seen.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace hillock::verify {

/// On what the residuals lie: one uniform time grid, with gaps.
struct SeriesLayout {
  std::size_t samples = 0;             ///< length, gaps included
  std::span<const std::uint8_t> mask;  ///< 1 keeps; empty: all kept
  std::span<const double> input;       ///< the command at each sample; empty: no tests on it
  double interval_ms = 0.0;
};

struct WhitenessOptions {
  double level = 0.01;          ///< of the Holm-adjusted decision
  std::size_t time_bins = 32;   ///< of drift and variance_time; fewer where a bin would hold under `least_in_bin`
  std::size_t fine_bin = 400;   ///< kept samples in a bin of drift_fine
  std::size_t input_bins = 16;  ///< by quantiles; a value held for long has a bin of its own
  std::vector<double> change_lags_ms = {2.0, 20.0, 200.0};
  std::size_t least_in_bin = 50;
  [[nodiscard]] Result<void> validate() const;  ///< code "option-out-of-range"
};

/// Samples sorted into groups: `group[j]` of the j-th kept sample.
struct Grouping {
  std::string name;           ///< of the test on means
  std::string variance_name;  ///< of the test on variances; empty: none
  std::vector<std::uint16_t> group;
  std::size_t groups = 0;
};

/// Everything that depends on the layout alone; made once, used for many residual series.
struct WhitenessPlan {
  WhitenessOptions options;
  std::size_t samples = 0;
  std::vector<std::uint8_t> mask;   ///< full length
  std::vector<std::uint32_t> kept;  ///< positions of the kept samples
  std::vector<Grouping> groupings;
  struct Portmanteau {
    std::string name;
    std::size_t block = 1;
    std::size_t lags = 1;
  };
  std::vector<Portmanteau> portmanteaus;
  std::vector<std::string> not_run;  ///< "name: why"
};

/// Errors: "option-out-of-range"; "series-too-short" (under 200 kept samples); "input-not-finite".
[[nodiscard]] Result<WhitenessPlan> plan_whiteness(const SeriesLayout& layout, const WhitenessOptions& options = {});

struct WhitenessTest {
  std::string name;
  double statistic = 0.0;
  double p = 0.0;       ///< of this test alone
  double p_holm = 0.0;  ///< adjusted for all the tests of the series
};

struct Whiteness {
  std::vector<WhitenessTest> tests;
  double p = 1.0;         ///< the smallest adjusted p
  bool rejected = false;  ///< p < level
  [[nodiscard]] const WhitenessTest* find(std::string_view name) const;
};

/// `residuals` has the plan's full length; values at samples left out are not read. Error "residual-not-finite"; a
/// series without variance is an error too, "residual-constant".
[[nodiscard]] Result<Whiteness> whiteness(std::span<const double> residuals, const WhitenessPlan& plan);

/// The amplitude, in noise standard deviations, of a slow sinusoid (periods long against a time bin) that the test
/// `drift` would find with probability `power` at p < `level`: the non-central F with n a^2 / 2. What was never seen
/// below this is no evidence of its absence.
[[nodiscard]] double detectable_sine_amplitude(std::size_t kept_samples, std::size_t time_bins, double level,
                                               double power);

}  // namespace hillock::verify
