#pragma once
/// What the data can and cannot tell, near the best fit: the directions of the Fisher information.
///
/// The information matrix F (parameters on the scale on which they are judged, mostly logarithms) is decomposed; along
/// an eigenvector v the data alone leave a standard deviation 1/sqrt(lambda). A long spectrum is the rule: a few stiff
/// combinations are known, many sloppy ones are not (Gutenkunst et al. 2007, PLoS Comput. Biol. 3:e189). Whether a
/// sloppy one is known *well enough* is a question about the prior: with prior precision L the posterior covariance is
/// (F + L)^-1, and a combination is prior-dominated where its posterior sd is more than half of its prior sd. The worst
/// combination of all comes from the eigenvectors of S F S, S = diag(prior sd): there the ratio is 1/sqrt(1 + mu)
/// (the likelihood-informed subspace; Spantini et al. 2015, SIAM J. Sci. Comput. 37:A2451).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::verify {

/// The scale on which a parameter enters F.
enum class Scale : std::uint8_t { log, linear, logit };

struct IdentifiabilityInput {
  Array2 information;              ///< d x d, symmetric, of the whole data set
  std::vector<std::string> names;  ///< d
  std::vector<Scale> scales;       ///< d
  std::vector<double> prior_sd;    ///< d, on those scales; infinity: flat
};

struct IdentifiabilityOptions {
  double smallest_loading = 0.15;  ///< smaller ones, against a unit vector, are left out of the algebra
  double dominated_ratio = 0.5;    ///< posterior sd / prior sd above which the prior rules
};

struct Direction {
  std::vector<double> loadings;  ///< unit length, largest positive
  std::string algebra;           ///< "p5^0.71 / p6^0.70"
  double sd = 0.0;               ///< from the data alone; infinity where they say nothing
  double posterior_sd = 0.0;     ///< data and prior
  double prior_sd = 0.0;
  bool prior_dominated = false;
};

struct Identifiability {
  std::vector<Direction> directions;  ///< eigenvectors of F, sloppiest first
  std::vector<Direction> dominated;   ///< combinations in which the prior rules, worst first; empty: identifiable
  std::vector<double> expected_sd;    ///< of each parameter, from the data alone: sqrt((F^-1)_ii), may be infinite
  std::vector<double> posterior_sd;   ///< with the prior
  double condition_number = 0.0;      ///< largest / smallest eigenvalue; infinity where singular
  std::size_t rank = 0;
  [[nodiscard]] bool identifiable() const { return dominated.empty(); }
};

/// Errors, all at once: "information-not-finite", "information-not-symmetric", "information-not-positive" (an
/// eigenvalue clearly below zero), "prior-sd-not-positive". A singular matrix is no error.
[[nodiscard]] Result<Identifiability> identifiability(const IdentifiabilityInput& input,
                                                      const IdentifiabilityOptions& options = {});

/// A combination as algebra. All on log scale: a product of powers with unit length, "p5^0.71 / p6^0.70". All linear: a
/// sum scaled so that its largest term has the factor 1, "g_M - 0.75 g_L". Mixed: "0.71 ln(p5) - 0.70 E_L".
[[nodiscard]] std::string algebra(const std::vector<double>& loadings, const std::vector<std::string>& names,
                                  const std::vector<Scale>& scales, double smallest_loading);

}  // namespace hillock::verify
