#pragma once
/// The step at which an integrator's spike times are those of the model.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::study {

/// What one step does to the spikes.
struct SpikesAtStep {
  double step = 0.0;       ///< seconds
  std::size_t spikes = 0;  ///< how many; where it is another number than converged, `moved` says nothing
  double moved = 0.0;      ///< seconds: the worst one, from its converged time
  bool good = false;       ///< as many, and within the tolerance
};

struct SpikeStep {
  std::string integrator;
  std::vector<SpikesAtStep> tried;  ///< from long to short, up to the first good one
};

struct SpikeSteps {
  std::size_t spikes = 0;  ///< converged
  std::string converged;   ///< by what: "rodas4"
  std::vector<SpikeStep> integrators;
};

inline constexpr double spike_tolerance = 5e-5;  ///< seconds

/// Runs the experiment's time at steps from 0.1 ms down to 2 us with the fixed-step integrators that one would use, and
/// compares with spikes located inside steps (or where the model has a grid of steps, with a step of 0.5 us). Models
/// without a threshold or with random numbers have no such step: nothing.
[[nodiscard]] Result<std::optional<SpikeSteps>> spike_steps(const ir::Model& model, const sim::Experiment& experiment,
                                                            std::span<const double> parameters);

}  // namespace hillock::study
