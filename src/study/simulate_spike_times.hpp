#pragma once
/// The times of spikes that an adaptive integrator finds inside its steps, however many lie between two samples.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sim/simulator.hpp"

namespace hillock::study {

/// From the outputs of a trace: at `counter` the spikes so far, then the times of the last `kept` ones, spike n at n
/// modulo `kept`. Nothing where more than that lie between two samples.
[[nodiscard]] std::optional<std::vector<double>> spike_times_in(std::span<const double> values, std::size_t stride,
                                                                std::size_t counter, std::size_t kept);

/// By runs with samples closer and closer together, until between two of them there are no more spikes than a trace
/// keeps. Steps end at samples, so the times are others by what the integrator's tolerance leaves open. Error codes:
/// "too-many-spikes" where that would take too many samples, "interrupted", the simulator's.
[[nodiscard]] Result<std::vector<double>> spike_times_by_finer_samples(
    const ir::Model& model, const sim::Experiment& experiment, const std::vector<double>& point,
    const sim::ProgramRequest& request, const sim::RunOptions& options, const std::function<bool()>& stop);

}  // namespace hillock::study
