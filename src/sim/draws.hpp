#pragma once
/// Numbers for the calls of random functions in a model.
///
/// Every written call is a stream; the number at (seed, simulation, stream, row) is counter-based, so it depends on
/// nothing else. They lie apart from the numbers of white noise.

#include "sim/integrate/step.hpp"

namespace hillock::sim {

/// The calls stand for their numbers of the row at hand.
void define_draws(StepContext& context);
/// The same for initial values: those of the first row.
void define_first_draws(StepContext& context);

}  // namespace hillock::sim
