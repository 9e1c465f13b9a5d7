#pragma once
/// Data that the model cannot quite do: which simulated statistics are the nearest to them, and in which of the
/// statistics the model fails.
///
/// Statistics of simulations lie on a thin sheet, since many depend on the same few parameters. Recorded ones lie off
/// it where the model is not quite right, by little as each statistic goes and by far as the sheet is thick. What a
/// network says there is extrapolated: it has never seen the combination. So a recording y is taken as x + e, x
/// attainable and e the model's error: robust neural posterior estimation (Ward, Cannon, Beaumont, Fasiolo & Schmon
/// 2022, NeurIPS, eq. 4-6), with their spike and slab: in each statistic the model errs or does not. Here x is normal
/// with the moments of the simulations near the data, or somewhat farther out along the sheet, and e is 0 or normal;
/// the most probable set of statistics that the model errs in is found by comparing all sets (of more than ten, by
/// adding one after the other). The posterior is then given the most probable x. An error has odds of 1 to 20; of a
/// whole number (spikes counted), of 1 to a million: it is counted surely, where moments of a trace depend on the shape
/// of a spike, which few models have quite right; and those with the data's count are near before others are.
///
/// Whether to do so is asked first: the squared Mahalanobis distance of the data to the simulations near them is
/// compared with that of simulations to their own neighbours.

#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

struct AttainableOptions {
  double near_share = 0.05;      ///< of the simulations
  std::size_t least_near = 100;  ///< and for each column 10; with fewer simulations nothing is asked
  std::size_t compared = 199;    ///< simulations, whose distances the data's is compared with
  double level = 0.01;           ///< of the test; at least 1/(compared + 1)
  std::uint64_t seed = 1;
};

struct NearestAttainable {
  bool asked = false;          ///< there were simulations enough
  double distance = 0.0;       ///< Mahalanobis, of the data to the simulations near them
  double p = 1.0;              ///< share of simulations that are as far from their own neighbours
  bool misfit = false;         ///< p <= level
  std::vector<double> inputs;  ///< the nearest attainable ones; where there is no misfit, the data's
};

/// @param simulated  [simulation][column], on scales on which each column has spread 1 or so
/// @param observed   [column]
/// @param whole      [column]: it counts something; empty: none does
[[nodiscard]] NearestAttainable nearest_attainable(const Array2& simulated, std::span<const double> observed,
                                                   std::span<const std::uint8_t> whole = {},
                                                   const AttainableOptions& options = {});

}  // namespace hillock::infer
