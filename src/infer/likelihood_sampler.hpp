#pragma once
/// Draws of a posterior whose likelihood is a batch function: what neural likelihood and ratio estimation end with.
///
/// Three samplers, by name. "smc": annealed particles from the prior (annealed_smc.hpp), which have every mode in its
/// right share. "slice" and "nuts" (slice.hpp, nuts.hpp; the latter takes gradients): many short chains as one batch,
/// which start from annealed particles: a mode has as many chains as it has particles, and keeps them. So R-hat is
/// above 1 where there are several modes, though the draws as a whole are right.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/annealed_smc.hpp"

namespace hillock::infer {

/// value[k], and the gradient by points.row(k) where not null. -inf where there is no density, never NaN.
using BatchDensityWithGradient = std::function<void(const Array2& points, std::span<double> value, Array2* gradient)>;

struct LikelihoodTarget {
  BatchDensityWithGradient log_prior;
  BatchDensityWithGradient log_likelihood;  ///< up to a constant
  bool gradients = false;                   ///< both give them
};

struct LikelihoodSamplerOptions {
  std::string sampler = "smc";
  std::size_t draws = 1000;
  std::size_t chains = 50;  ///< of "slice" and "nuts"
  int warmup = 50;          ///< iterations of theirs
  AnnealingOptions annealing = {};
  std::uint64_t seed = 1;
  /// Error codes "option-range", "sampler-unknown".
  [[nodiscard]] Result<void> validate() const;
};

struct LikelihoodDraws {
  Array2 points;                      ///< `draws` rows, equally weighted; fewer where `complete` is false
  std::vector<double> log_posterior;  ///< at them, up to a constant
  std::int64_t evaluations = 0;       ///< of the likelihood
  double log_evidence = 0.0;          ///< of the annealing: of prior times likelihood, up to the likelihood's constant
  std::size_t temperatures = 0;
  double acceptance = 0.0;                   ///< of the particles' last moves
  std::vector<double> rhat, ess_bulk;        ///< [coordinate], of chains; empty for "smc"
  std::int64_t divergences = 0, capped = 0;  ///< of "nuts"; intervals of "slice" that were kept from growing
  bool complete = false;                     ///< false: stopped, or capped annealing (`annealing_capped`)
  bool annealing_capped = false;
};

/// @param base  draws of the prior, `draws` at least and a few hundred at least: the particles
/// Error codes: the options'; "sampler-needs-gradient"; "posterior-empty": the posterior has no density at any
/// particle.
[[nodiscard]] Result<LikelihoodDraws> sample_likelihood(const LikelihoodTarget& target, const Array2& base,
                                                        const LikelihoodSamplerOptions& options, Progress& progress);

}  // namespace hillock::infer
