#pragma once
/// Many runs of a model as a table: sweeps, draws from the prior, trials; one row a run, one column a feature.

#include "study/simulate.hpp"

namespace hillock::study {

/// Whether the options are for more than one trace.
[[nodiscard]] bool asks_for_many(const SimulateOptions& options);

/// The grid of all sweeps, times the draws, times the trials. Without features to compute: the count and rate of
/// spikes, where the model has any, else the mean and sd of its first state. Errors: those of simulate_setup.hpp and
/// feature_text.hpp, "no-prior", "too-many-runs", "format-unknown", "interrupted".
[[nodiscard]] Result<Answer> simulate_many(const SimulateOptions& options, Progress& progress);

}  // namespace hillock::study
