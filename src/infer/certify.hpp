#pragma once
/// Is a sample of a learnt density a sample of the posterior, and if not, how far is it from one?
///
/// Where the posterior's density p is known up to a constant, draws of a density q have weights w = p/q, and weighted
/// they are draws of p. Whether that holds with so many draws is what Pareto k says (Vehtari, Simpson, Gelman, Yao &
/// Gabry 2024, JMLR 25:72, section 3.2.4; pareto_smoothing.hpp). q may be known up to a constant too: it cancels when
/// the weights are normalised.
///
/// How far q itself is, from the same weights: their total variation distance, half of the mean of |w - 1| under q. No
/// probability under q is off by more, and no classifier tells single draws of q from those of p more often than in
/// 1/2 + distance/2 of the cases.
///
/// No weight of a draw of q tells of a place where q never goes. Where q is normalised, draws of the prior can: those
/// where q is less dense than at each of its own draws estimate the mass that lies elsewhere.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace hillock::infer {

struct CertifyOptions {
  double least_effective = 400.0;  ///< draws' worth, or half of the draws where they are fewer than twice that
                                   ///< (Vehtari et al. 2021: quantiles are rough below)
  double most_elsewhere = 0.02;    ///< posterior mass where q never goes
};

/// Draws of the prior, for the mass elsewhere: all three densities are normalised, or, the posterior's, has the
/// constant of `log_posterior` in `certify`. None: not looked for.
struct PriorLook {
  std::span<const double> log_posterior, log_proposal, log_prior;
};

struct Certificate {
  bool exact = false;
  std::string why;                 ///< where it is not: what failed
  std::vector<double> log_weight;  ///< Pareto-smoothed; their exponentials sum to 1. -inf: the posterior has none there
  double effective = 0.0;          ///< draws' worth of the weights (Kish)
  double khat = std::numeric_limits<double>::infinity();  ///< -infinity: all weights the same, no tail
  double khat_limit = 0.0;                                ///< khat_threshold(draws)
  double distance = 1.0;  ///< total variation; not to be relied on (mostly too small) where khat is above its limit
  double elsewhere = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not looked for
  std::size_t outside = 0;  ///< draws at which the posterior has no density, or none is known
};

/// Exact: 25 draws or more, khat at most its limit, `least_effective` reached, and no more than `most_elsewhere` of the
/// mass elsewhere.
/// @param log_posterior  log p at each draw of q, up to a constant; -inf or NaN: none
/// @param log_proposal   log q there, up to a constant (normalised, where `look` is given)
[[nodiscard]] Certificate certify(std::span<const double> log_posterior, std::span<const double> log_proposal,
                                  const CertifyOptions& options = {}, const PriorLook& look = {});

}  // namespace hillock::infer
