#pragma once
/// Draws from an unnormalised density by sequential Monte Carlo along a path of temperatures.
///
/// Particles start as draws of a base distribution and follow base^(1-b) target^b from b = 0 to 1 (Neal 2001, "Annealed
/// importance sampling"; Del Moral, Doucet and Jasra 2006, "Sequential Monte Carlo samplers", section 3.3.2.3). Each
/// temperature is the one at which the effective sample size of the weights falls to a given share; then particles are
/// resampled and moved by differential evolution Metropolis steps (ter Braak 2006, eq. 2): the jump of a particle of
/// one half is the difference of two of the other half, so it has the shape of the target, and every tenth one is of
/// full length and can change modes. All particles are evaluated as one batch. Several modes keep their right shares,
/// which chains that start in one of them do not.

#include <cstdint>
#include <functional>
#include <span>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"

namespace hillock::infer {

/// value[k] = a log density, up to a constant, at points.row(k); -inf where there is none, never NaN.
using BatchDensity = std::function<void(const Array2& points, std::span<double> value)>;

struct AnnealingOptions {
  double effective_share = 0.5;        ///< of the particles, at the next temperature
  double moves = 2.0;                  ///< accepted, a particle and temperature, on average
  double last_moves = 8.0;             ///< the same at the end
  std::int64_t most_moves = 40;        ///< tried at one temperature
  std::int64_t most_last_moves = 200;  ///< and at the end
  std::int64_t most_temperatures = 500;
  std::uint64_t seed = 1;
  [[nodiscard]] Result<void> validate() const;
};

struct Annealed {
  Array2 points;                   ///< as many as at the start, equally weighted
  std::vector<double> log_target;  ///< at them
  double log_evidence = 0.0;       ///< log of the integral of target, where base is normalised
  std::size_t temperatures = 0;
  double acceptance = 0.0;  ///< at the last temperature
  std::int64_t evaluations = 0;
  bool capped = false;    ///< `most_temperatures` came first: the particles are of a flatter density
  bool complete = false;  ///< false: should_stop(), or the target had no mass at any particle
};

/// @param start  draws of the base, at least 4
[[nodiscard]] Result<Annealed> anneal(const Array2& start, const BatchDensity& base, const BatchDensity& target,
                                      const AnnealingOptions& options, const Progress& progress);

}  // namespace hillock::infer
