#pragma once
/// Are importance weights to be trusted? Pareto-smoothed importance sampling (PSIS).
///
/// Vehtari, Simpson, Gelman, Yao & Gabry 2024 (JMLR 25:72, arXiv:1507.02646), section 2.3: the largest weights,
/// min(S/5, 3 sqrt(S)) of S, are replaced by the expected order statistics of a generalised Pareto distribution fitted
/// to them. Its shape k says how many moments the weights have: an estimate is dependable below `khat_threshold(S)`.
/// The fit is that of Zhang & Stephens 2009 (Technometrics 51:316) with the weak prior of the PSIS paper's appendix C
/// (10 draws' worth of k = 0.5). Draws must be independent.

#include <cstddef>
#include <span>
#include <vector>

namespace hillock::infer {

struct ParetoFit {
  double k = 0.0;      ///< shape: 1/k moments are finite. In Zhang & Stephens' notation it is -k
  double sigma = 0.0;  ///< scale
};

/// Of exceedances over a threshold, ascending, above 0, at least 5. k is +infinity where there is no fit (all the
/// same).
[[nodiscard]] ParetoFit fit_generalised_pareto(std::span<const double> exceedances);

struct ParetoSmoothed {
  /// Normalised: their exponentials sum to 1. As given where there was no fit; -inf throughout where nothing weighs
  /// anything.
  std::vector<double> log_weights;
  /// +infinity (not dependable) for fewer than five weights in the tail, for weights that are NaN or +inf, and where
  /// nothing weighs anything; -infinity (no tail) where all weigh the same.
  double khat = 0.0;
  std::size_t tail = 0;  ///< weights that were smoothed
};

/// @param log_weights  log target - log proposal, up to a constant; -inf weighs nothing
[[nodiscard]] ParetoSmoothed pareto_smooth(std::span<const double> log_weights);

/// min(1 - 1/log10(S), 0.7): above it, S draws are too few (PSIS paper, section 3.2.4).
[[nodiscard]] double khat_threshold(std::size_t draws);

}  // namespace hillock::infer
