#pragma once
/// ABC-SMC: approximate Bayesian computation by a sequence of populations that come nearer to the observation.
///
/// Population Monte Carlo with importance weights (Beaumont, Cornuet, Marin & Robert 2009, Biometrika 96:983; Toni,
/// Welch, Strelkowa, Ipsen & Stumpf 2009, J. R. Soc. Interface 6:187) in the form of Prangle 2017 (Bayesian Analysis
/// 12:289), algorithm 5, which has the schedule of tolerances and the adaptive distance in one:
///
/// - A generation proposes from the last population, moved by a kernel, until population/quantile simulations lie
///   within the tolerances of *all* earlier generations, each under its own distance; strictly, since
///   distances of whole-number statistics tie and would stay where they are.
/// - The spreads of the statistics over all simulations of the generation, rejected ones too, make its distance
///   (abc_distance.hpp). The `population` nearest are kept; the farthest of them is the tolerance: the `quantile` of
///   what was accepted.
/// - Their weights are prior density / proposal density (Beaumont 2009, eq. 2 ff.; generation 0 is of the prior).
///
/// Kernels: normal, with the covariances of Filippi, Barnes, Cornebise & Stumpf 2013 (Stat. Appl. Genet. Mol. Biol.
/// 12:87): one for all (section 3.1; for a whole population it is Beaumont's twice the covariance), or one for each
/// member (the optimal local covariance matrix, section 3.3). As next tolerance, which they take as known, stands the
/// `quantile` of the population's distances.
///
/// All of this happens on the unconstrained scale: no proposal leaves the prior's support. Every loop of rejections is
/// capped, by `simulations` and by `least_acceptance`, and `stop` says which cap was hit.
///
/// Simulation number n has its own random numbers; batches decide nothing. The rest of a batch after a generation's
/// last acceptance is thrown away and its numbers are given again (`surplus`).

#include <cstdint>
#include <span>
#include <string_view>
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

enum class AbcKernel : std::uint8_t { global, local };

struct AbcSmcOptions {
  std::uint64_t seed = 1;
  std::uint64_t simulations = 100'000;  ///< at most
  std::size_t population = 1000;
  double quantile = 0.5;  ///< of the accepted, that make the next population
  AbcKernel kernel = AbcKernel::local;
  bool adaptive_distance = true;             ///< false: the spreads of generation 0 throughout
  double least_acceptance = 0.01;            ///< a generation in which fewer are accepted ends, and the run with it
  int generations = 100;                     ///< at most
  bool regression = true;                    ///< of the last population (regression_adjustment.hpp)
  std::uint64_t scale_simulations = 10'000;  ///< of a generation, that its spreads are taken from
  std::size_t batch = 1000;                  ///< simulations in one call of the simulator, at most

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

struct AbcGeneration {
  double tolerance = 0.0;  ///< the population's largest distance; infinite where there is no population
  std::uint64_t simulations = 0;
  std::uint64_t failed = 0;    ///< of them
  std::uint64_t accepted = 0;  ///< within all earlier tolerances
  double effective = 0.0;      ///< draws' worth of the population's weights
  bool kept = false;           ///< false: it was cut short with fewer than a population; the last one stands
};

enum class AbcStop : std::uint8_t {
  budget,       ///< the next simulation would have been one too many
  acceptance,   ///< fewer than `least_acceptance` were accepted
  conditions,   ///< hardly a proposal fulfilled the prior's joint conditions
  generations,  ///< all were done
  exact,        ///< the population equals the observation, or its statistics do not vary any more
  interrupted,
};
[[nodiscard]] std::string_view to_string(AbcStop stop);

struct AbcSmcResult {
  Array2 points;                 ///< n x d, unconstrained, adjusted where asked for
  Array2 parameters;             ///< the same in SI, inside the prior's support
  std::vector<double> weight;    ///< [n], sum 1: importance weights, times the regression's kernel
  std::vector<double> distance;  ///< [n], ascending, under the last population's distance
  double effective = 0.0;        ///< draws' worth of the weights
  double tolerance = 0.0;
  std::vector<double> scale;  ///< [statistic] what the last distance divides by; 0: left out
  bool adjusted = false;      ///< by regression
  std::size_t dropped = 0;    ///< adjusted to where the conditions do not hold: of weight 0
  std::vector<AbcGeneration> generations;
  AbcStop stop = AbcStop::budget;
  std::uint64_t simulations = 0;  ///< of all generations, also of one that was cut short
  std::uint64_t surplus = 0;      ///< run and thrown away, beyond `simulations`; depends on `batch`
  std::uint64_t failed = 0;
  std::vector<ReasonCount> failures;
  std::vector<UndefinedCount> undefined;
  DistanceNotes notes;  ///< of the first distance, whose simulations are the prior's
};

/// @param observed  [statistic]; NaN: no value
/// @param allowed   the prior's joint conditions; null: there are none. Proposals that break one are drawn again.
/// A generation 0 that is cut short makes a smaller population: the `quantile` of what there is.
/// Error codes: those of abc_rejection().
[[nodiscard]] Result<AbcSmcResult> abc_smc(Simulator& simulator, const prob::ParameterSpace& space,
                                           std::span<const double> observed, const AbcSmcOptions& options,
                                           Progress& progress, const AllowedParameters& allowed = {});

}  // namespace hillock::infer
