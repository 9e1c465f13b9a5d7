#pragma once
/// posterior.nc of a posterior that was learnt from simulations: posterior, sample_stats, prior, posterior_predictive and
/// observed_data (the statistics), as ArviZ names them, in the units that the study uses.

#include <string>

#include "base/error.hpp"
#include "infer/simulation_posterior.hpp"
#include "study/simulated_checks.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

[[nodiscard]] Result<void> write_simulated_posterior(const std::string& path, const SimulatedProblem& problem,
                                                     const infer::SimulationPosterior& posterior,
                                                     const SimulatedChecks& checks, std::uint64_t seed,
                                                     const std::string& version);

}  // namespace hillock::study
