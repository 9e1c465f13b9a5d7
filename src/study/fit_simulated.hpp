#pragma once
/// The loop for methods that need simulations only (`search.method` "auto", "npe", "tsnpe", "nle", "nre",
/// "abc_rejection", "abc_smc"): simulate and learn, check, verdict, report.

#include "study/fit.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

/// As `fit`, which calls it. Errors: all that is wrong with model or program, data and options together; those of the
/// results folder; "simulations-failed" where not one simulation gave an answer.
[[nodiscard]] Result<FitOutcome> fit_simulated(const ResolvedStudy& study, const RunOptions& options,
                                               Progress& progress);

}  // namespace hillock::study
