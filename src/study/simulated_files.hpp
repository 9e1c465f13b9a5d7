#pragma once
/// posterior.nc of a posterior that was learnt from simulations: posterior, sample_stats, prior, posterior_predictive
/// and observed_data (the statistics), as ArviZ names them, in the units that the study uses.

#include <string>

#include "base/error.hpp"
#include "infer/simulation_posterior.hpp"
#include "study/fit_certify.hpp"
#include "study/simulated_checks.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

/// sample_stats has `lp`, the draws' log density, and, where they have weights by the exact likelihood, `log_weight`,
/// normalised.
[[nodiscard]] Result<void> write_simulated_posterior(const std::string& path, const SimulatedProblem& problem,
                                                     const infer::SimulationPosterior& posterior,
                                                     const Certified& certified, const SimulatedChecks& checks,
                                                     std::uint64_t seed, const std::string& version);

}  // namespace hillock::study
