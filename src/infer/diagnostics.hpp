#pragma once
/// Has the Markov chain converged, and how many independent draws is it worth?
///
/// Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021 (Bayesian Analysis 16:667), in the form that ArviZ and Stan's
/// posterior package compute. `chains` is m chains x n draws of one quantity; n >= 4, else the answer is NaN. So it is
/// where a draw is not finite. Odd n: the split leaves out the middle draw.

#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

/// Rank-normalised split R-hat, the larger of bulk and folded (section 4; eqs. 3, 4 and 14). 1 for a constant: no
/// evidence against convergence, none for it.
[[nodiscard]] double rhat(const Array2& chains);
/// Effective sample size for the bulk: of the rank-normalised split chains (section 4.1; eqs. 8-13 with Geyer's initial
/// monotone sequence). m n for a constant.
[[nodiscard]] double ess_bulk(const Array2& chains);
/// The smaller effective sample size of the 5 % and 95 % quantiles (section 4.3).
[[nodiscard]] double ess_tail(const Array2& chains);
/// Effective sample size for the mean: of the split chains as they are.
[[nodiscard]] double ess_mean(const Array2& chains);
/// Effective sample size for the quantile at p: of the indicators x <= quantile(p).
[[nodiscard]] double ess_quantile(const Array2& chains, double p);
/// Monte Carlo standard error of the mean: sd / sqrt(ess_mean).
[[nodiscard]] double mcse_mean(const Array2& chains);
/// Monte Carlo standard error of the quantile at p (section 4.4): half the distance of the order statistics at the 16 %
/// and 84 % points of the quantile's Beta distribution.
[[nodiscard]] double mcse_quantile(const Array2& chains, double p);

/// Quantile of a sample by linear interpolation of the order statistics (Hyndman & Fan 1996, type 7, numpy's default).
/// NaN for an empty sample or where a value is NaN.
[[nodiscard]] double quantile(std::span<const double> values, double p);

/// Column `dimension` of every chain's draws, as the m x n that the functions above take. Chains of unequal length (a
/// run that was stopped) are cut to the shortest.
[[nodiscard]] Array2 chains_of(const std::vector<Array2>& draws, std::size_t dimension);

/// Every coordinate of chains, by its number: rank-normalised R-hat, bulk and tail effective sample size.
struct Mixing {
  std::vector<double> rhat, ess_bulk, ess_tail;
};
/// @param draws  [chain]: draws x d
[[nodiscard]] Mixing mixing_of(const std::vector<Array2>& draws);

}  // namespace hillock::infer
