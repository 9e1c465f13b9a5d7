#pragma once
/// The loop for methods that need simulations only (`search.method` "auto", "npe", "tsnpe", "nle", "nre",
/// "abc_rejection", "abc_smc"): simulate and learn, check, verdict, report.

#include "infer/simulation_posterior.hpp"
#include "study/fit.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

/// As `fit`, which calls it. Errors: all that is wrong with model or program, data and options together; those of the
/// results folder; "simulations-failed" where not one simulation gave an answer.
[[nodiscard]] Result<FitOutcome> fit_simulated(const ResolvedStudy& study, const RunOptions& options,
                                               Progress& progress);

struct SimulatedFound {
  infer::SimulationPosterior posterior;
  verify::Verdict verdict;
};

/// The same loop without files. Of `study` it reads name, seed, search (draws above 0) and verify. Errors: the
/// simulator's; "simulations-failed"; "interrupted" once `progress` says stop.
[[nodiscard]] Result<SimulatedFound> fit_simulated(const SimulatedProblem& problem, const ResolvedStudy& study,
                                                   const RunOptions& options, Progress& progress);

}  // namespace hillock::study
