#pragma once
/// NUTS from draws that are near the posterior: what makes a learnt posterior exact where importance weights do not.
///
/// Chains start at some of the draws, chosen by weights that are cut off at sqrt(n) times their mean (Ionides 2008, J.
/// Comp. Graph. Stat. 17:295): a mode that draws and density agree on has its chains, and no single heavy draw takes
/// them all. The metric begins as the draws' covariance and is learnt again in the warm-up. Modes between which chains
/// do not move make R-hat large, and the answer says so.

#include <cstdint>
#include <span>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/diagnostics.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

struct NutsFromDrawsOptions {
  std::uint64_t seed = 1;
  std::size_t chains = 16;
  int warmup = 150;
  std::size_t draws = 10000;       ///< of all chains together, at least; 100 a chain at least
  std::size_t most_draws = 40000;  ///< that they may be prolonged to while they do not agree
  double target_accept = 0.8;
  int max_depth = 10;
  double rhat = 1.01;              ///< chains agree up to this (Vehtari et al. 2021) ...
  double least_effective = 400.0;  ///< ... with so many effective draws, of bulk and tail
  /// Error code "option-range".
  [[nodiscard]] Result<void> validate() const;
};

struct NutsFromDraws {
  std::size_t chains = 0, draws = 0;  ///< of a chain
  Array2 points;                      ///< chain-major
  std::vector<double> log_density;    ///< by row
  Mixing mixing;
  std::int64_t divergences = 0, gradients = 0;
  bool complete = false;  ///< false: stopped
  bool agree = false;     ///< R-hat and effective draws of every coordinate are within the limits
};

/// @param draws       n x d, on the target's scale
/// @param log_weight  of each; -inf: no density there. One is finite
/// Error codes: the options'; "start-outside-support": the target has no density where the weights say it has.
[[nodiscard]] Result<NutsFromDraws> nuts_from_draws(LogDensity& target, const Array2& draws,
                                                    std::span<const double> log_weight,
                                                    const NutsFromDrawsOptions& options, Progress& progress);

}  // namespace hillock::infer
