#pragma once
/// Approximate Bayesian computation (abc_rejection.hpp, abc_smc.hpp) with the budget and the answer that all
/// likelihood-free methods share. Draws are the kept simulations, each as often as its weight says.

#include "infer/abc_rejection.hpp"
#include "infer/abc_smc.hpp"
#include "infer/simulation_posterior.hpp"

namespace hillock::infer {

/// Seed and simulations are the problem's and the budget's. Errors: those of the method.
[[nodiscard]] Result<SimulationPosterior> abc_posterior(const SimulationProblem& problem, AbcRejectionOptions options,
                                                        std::size_t draws, const InferenceBudget& budget,
                                                        Progress& progress);
[[nodiscard]] Result<SimulationPosterior> abc_posterior(const SimulationProblem& problem, AbcSmcOptions options,
                                                        std::size_t draws, const InferenceBudget& budget,
                                                        Progress& progress);

}  // namespace hillock::infer
