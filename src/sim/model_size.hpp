#pragma once
/// How large a model may be and still run.

#include <cstddef>

#include "base/error.hpp"
#include "ir/model.hpp"

namespace hillock::sim {

/// Beyond this a step takes minutes to build and compile: no cell of one compartment is near it (500 coupled states
/// with a sine each have 4000).
inline constexpr std::size_t most_operations = 20000;

/// Operations in the equations, sub-expressions, initial values, observations and what spikes do, as written, each
/// once.
[[nodiscard]] std::size_t model_operations(const ir::Model& model);

/// Error code "model-too-large", with the size.
[[nodiscard]] Result<void> small_enough_to_run(const ir::Model& model);

}  // namespace hillock::sim
