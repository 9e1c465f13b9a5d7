#pragma once
/// From the best fit to draws from the posterior.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/progress.hpp"
#include "study/fit_target.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// Draws are on the unconstrained scale; rows are chain-major: row c*draws + k is draw k of chain c.
struct PosteriorResult {
  std::string method;        ///< "nuts", "laplace"
  std::vector<double> mode;  ///< of the log posterior, unconstrained
  Array2 covariance;  ///< there: the inverse of information (nuts: expected; laplace: observed) plus prior curvature
  std::size_t chains = 0;
  std::size_t draws = 0;  ///< a chain
  Array2 points;
  std::vector<double> log_density;                        ///< by row
  std::vector<double> acceptance, step_size, energy;      ///< by row; empty for Laplace
  std::vector<std::int64_t> diverging, depth, leapfrogs;  ///< by row; empty for Laplace
  std::vector<double> rhat, ess_bulk, ess_tail;           ///< by parameter; NaN where not computed
  std::int64_t divergences = 0;
  bool complete = true;  ///< false: stopped before the draws asked for
  std::vector<std::string> notes;
};

/// What a run keeps to go on from: text under a name; an empty text where there is none.
struct Checkpoints {
  std::function<std::string(const std::string& name)> load;
  std::function<void(const std::string& name, const std::string& bytes)> save;
};

/// Starts from `best` (SI, all parameters). `method` is
/// "nuts" or "laplace".
[[nodiscard]] Result<PosteriorResult> sample_posterior(Target& target, Posterior& density, std::span<const double> best,
                                                       const SearchOptions& options, const std::string& method,
                                                       std::uint64_t seed, const Checkpoints& checkpoints,
                                                       Progress& progress);

/// `best` with the parameters of the noise set from the residuals there: standard deviations to the rms, correlation
/// times to that of the first lag.
[[nodiscard]] Result<std::vector<double>> with_noise_from_residuals(const Target& target, std::span<const double> best);

}  // namespace hillock::study
