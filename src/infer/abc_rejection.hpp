#pragma once
/// Rejection ABC: approximate Bayesian computation by draws of the prior whose simulations are nearest the observation.
///
/// Pritchard, Seielstad, Perez-Lezaun & Feldman 1999 (Mol. Biol. Evol. 16:1791), with a share of the nearest in place
/// of a fixed tolerance (Beaumont, Zhang & Balding 2002), and the latter's regression adjustment. The distance is that
/// of abc_distance.hpp, its spreads taken from the first `scale_simulations`.
///
/// Simulation number n is of prior draw n, and of nothing else: the answer has the same bits for any `batch` and any
/// number of threads. Memory goes with what is kept and `scale_simulations`, not with `simulations`.

#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/abc_distance.hpp"
#include "infer/prior_conditions.hpp"
#include "infer/simulation_tally.hpp"
#include "infer/simulator.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

struct AbcRejectionOptions {
  std::uint64_t seed = 1;
  std::uint64_t simulations = 100'000;
  std::size_t keep = 0;    ///< so many of the nearest; 0: `quantile` of them
  double quantile = 0.01;  ///< the share of all simulations (failed ones too) that is kept, rounded up
  bool regression = true;  ///< regression_adjustment.hpp
  std::uint64_t scale_simulations = 10'000;
  std::size_t batch = 1000;  ///< simulations in one call of the simulator

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

struct AbcRejectionResult {
  Array2 points;                          ///< n x d, unconstrained, adjusted where asked for; nearest first
  Array2 parameters;                      ///< the same in SI, inside the prior's support
  std::vector<double> weight;             ///< [n], sum 1: the regression's kernel, or all the same
  std::vector<double> distance;           ///< [n], ascending
  std::vector<std::uint64_t> simulation;  ///< [n] number of the simulation
  double effective = 0.0;                 ///< draws' worth of the weights
  double tolerance = 0.0;                 ///< the largest distance that was kept
  std::vector<double> scale;              ///< [statistic] what the distance divides by; 0: left out
  bool adjusted = false;                  ///< by regression
  std::size_t dropped = 0;                ///< adjusted to where the conditions do not hold: of weight 0
  std::uint64_t simulations = 0;          ///< that were run and counted
  std::uint64_t failed = 0;
  std::uint64_t incomparable = 0;  ///< ended well, with values for other statistics than the observation
  std::vector<ReasonCount> failures;
  std::vector<UndefinedCount> undefined;
  DistanceNotes notes;
  bool complete = false;  ///< false: stopped before all simulations were done
};

/// @param observed  [statistic]; NaN: no value
/// @param allowed   the prior's joint conditions; null: there are none
/// Stops where `progress` asks, with what it has by then.
/// Error codes: "option-range", "observation-size", "observation-not-finite", "prior-conditions"; the simulator's;
/// "simulations-failed", "abc-nothing-matches", "statistics-constant" (no statistic moved in any simulation),
/// "interrupted" (before the first batch was done).
[[nodiscard]] Result<AbcRejectionResult> abc_rejection(Simulator& simulator, const prob::ParameterSpace& space,
                                                       std::span<const double> observed,
                                                       const AbcRejectionOptions& options, Progress& progress,
                                                       const AllowedParameters& allowed = {});

}  // namespace hillock::infer
