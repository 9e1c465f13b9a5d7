#pragma once
/// The recording, and what the posterior says would have been recorded instead, beside it: for the page.

#include <vector>

#include "base/progress.hpp"
#include "report/simulated.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

/// @param shown  parameter sets, SI, the model's order; each is one simulation with its noise, at the recording's
///               samples, masked ones too, of numbers that no other simulation of a fit has
/// One entry a channel, in the order of the model's observations, in their units. Empty where there is no recording to
/// show: a program, a file of statistics, a model that observes nothing. A simulation that failed is NaN from there on.
/// Memory: (rows of `shown` + 2) numbers a sample and channel. Error codes: those of sim::Batch.
[[nodiscard]] Result<std::vector<report::PredictedTraces>> predicted_traces(const ResolvedStudy& study,
                                                                            const RunOptions& options,
                                                                            const SimulatedProblem& problem,
                                                                            const Array2& shown,
                                                                            const Progress& progress);

/// More numbers than this are not shown (`shown.rows` times samples times channels).
constexpr std::size_t most_trace_numbers = 20'000'000;

}  // namespace hillock::study
