#pragma once
/// What is recorded of a channel: what the model expects of it, with the noise of its `observe` statement.
///
/// A number at (seed, simulation, channel, sample) depends on nothing else. Samples are counted in the experiment,
/// those that a mask leaves out too. The numbers lie apart from those of noise in equations and of random functions.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// Is the noise of the family made in the loop? Whole numbers by rejection (binomial, poisson) are drawn of what the
/// loop puts out, by who asked for it.
[[nodiscard]] bool noise_in_loop(ir::NoiseFamily family);

/// Observation `o` of the context's model at a sample, with its noise, which must be one of the loop's. Gives the
/// program the address of the lane's numbers and, of ar1, what it carries. NaN where the family's arguments make no
/// sense.
[[nodiscard]] ir::NodeId recorded_value(StepContext& context, std::size_t o);

}  // namespace hillock::sim
