#pragma once
/// Is a posterior that was learnt from simulations to be believed? Fresh simulations of the prior and of the posterior
/// against the data, and the inference against parameters that are known.

#include <cstdint>
#include <vector>

#include "base/array.hpp"
#include "base/progress.hpp"
#include "infer/simulation_posterior.hpp"
#include "study/simulated_problem.hpp"
#include "verify/verdict.hpp"

namespace hillock::study {

struct SimulatedChecks {
  infer::SimulatedPairs prior, predicted;  ///< that ended well
  std::size_t failed_predictions = 0;      ///< simulations of posterior draws that did not
  std::vector<std::size_t> shown;          ///< the statistics below: all, but those of trials that the data do not have
  std::vector<verify::StatisticSummary> statistics;
  double observation_p = verify::not_computed;
  verify::Calibration calibration;
  Array2 ranks;  ///< [draw][parameter], in [0, 1]
};

struct SimulatedCheckOptions {
  std::size_t prior_simulations = 2000;
  std::size_t predictive_simulations = 1000;
  std::size_t calibration_draws = 200;   ///< 0: none; made only where the estimator is amortised
  std::size_t calibration_ranked = 100;  ///< posterior draws for each
};

/// - Statistics: quantiles under prior and posterior, and two-sided p-values of the observation (add-one, so never 0).
/// - observation_p: the observation's distance to its nearest simulations of the prior, against theirs among
/// themselves:
///   a conformal p-value, exact whatever the distribution (Vovk, Gammerman & Shafer 2005; k nearest neighbours on the
///   statistics' scales).
/// - Calibration: simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, algorithm 1), ranks
///   tested by a chi-square over 20 bins, Holm-adjusted over parameters; coverage of central intervals.
[[nodiscard]] Result<SimulatedChecks> check_simulated(const SimulatedProblem& problem,
                                                      const infer::SimulationPosterior& posterior,
                                                      const SimulatedCheckOptions& options, Progress& progress);

}  // namespace hillock::study
