#pragma once
/// Sampling-importance-resampling: from candidates of a known density to nearly independent draws of the posterior.
///
/// Rubin 1988 (Bayesian Statistics 3:395), with Pareto-smoothed weights (pareto_smoothing.hpp) and systematic
/// resampling. As starts of chains: a mode has as many chains as it has mass among the candidates, so candidates must
/// come from a distribution wide enough to have met all modes.

#include <cstdint>
#include <span>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

struct ImportanceDraws {
  Array2 points;           ///< count x d
  Array2 covariance;       ///< d x d, of the weighted candidates; positive on its diagonal
  double effective = 0.0;  ///< draws' worth of the smoothed weights
  double khat = 0.0;       ///< above khat_threshold(candidates): the candidates do not cover the posterior
};

/// @param candidates    n x d
/// @param log_proposal  [n] log density that they were drawn from, up to a constant
/// Evaluates `target` once, at all candidates. Error code "candidates-outside-support": the posterior's density is 0 at
/// all of them.
[[nodiscard]] Result<ImportanceDraws> sampling_importance_resampling(LogDensity& target, const Array2& candidates,
                                                                     std::span<const double> log_proposal,
                                                                     std::size_t count, std::uint64_t seed);

}  // namespace hillock::infer
