#pragma once
/// Error bars that do not believe the residuals independent.
///
/// Under a likelihood that takes neighbouring samples as independent facts, the covariance of the best fit is H^-1, H
/// the information. If they are not, it is H^-1 J H^-1 with J the covariance of the whole score (Huber 1967; White
/// 1982; Godambe 1960), and J is estimated from the scores summed over blocks of time longer than the correlation, with
/// neighbouring blocks' products added at falling weights (Newey & West 1987). It corrects the width, not the place: a
/// wrong model's parameters remain those of a wrong model.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::verify {

struct SandwichOptions {
  std::size_t neighbour_blocks = 1;     ///< lags of the Newey-West sum; 0: blocks are independent
  std::vector<double> prior_precision;  ///< diagonal, d or empty; regularises what the data leave open
};

struct Sandwich {
  Array2 covariance;              ///< d x d, corrected
  Array2 naive;                   ///< d x d, H^-1 (with the prior's precision, where given)
  std::vector<double> inflation;  ///< corrected sd / naive sd, for each parameter
};

/// @param information   d x d, of the whole data set, from the same noise variance as the scores
/// @param block_scores  n_blocks x d: the gradient of the log-likelihood at the best fit, summed over each block, in
/// order J carries the factor B / (B - d) for the d directions in which the fit has made the scores sum to zero.
/// Errors: "too-few-blocks" (under d + 2), "information-singular" (hint: give the prior), "score-not-finite".
[[nodiscard]] Result<Sandwich> sandwich(const Array2& information, const Array2& block_scores,
                                        const SandwichOptions& options = {});

/// Scores of normal noise, sum over the block of jacobian * residual / sd^2 (residual = data - model), samples left out
/// skipped; the last block may be shorter. jacobian: n x d.
[[nodiscard]] Array2 block_scores(const Array2& jacobian, std::span<const double> residuals,
                                  std::span<const std::uint8_t> mask, double noise_sd, std::size_t block);

/// The information of normal noise, sum of jacobian^T jacobian / sd^2 over the kept samples. d x d.
[[nodiscard]] Array2 information(const Array2& jacobian, std::span<const std::uint8_t> mask, double noise_sd);

/// The short correction: every variance times samples / effective samples, as if all scores were as correlated as the
/// residuals are. Returns the factor for standard deviations, at least 1.
[[nodiscard]] double independence_inflation(double samples, double effective_samples);

}  // namespace hillock::verify
