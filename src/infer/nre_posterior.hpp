#pragma once
/// Neural ratio estimation (nre.hpp) with the budget and the answer that all likelihood-free methods share.

#include "infer/nre.hpp"
#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

/// Without a number of simulations in the budget, or with seconds that end first, `options.simulations` is the limit.
/// The time is for learning: draws are made when it is over, too. Errors: nre's.
[[nodiscard]] Result<SimulationPosterior> nre_posterior(const SimulationProblem& problem, NreOptions options,
                                                        const InferenceBudget& budget, Progress& progress);

}  // namespace hillock::infer
