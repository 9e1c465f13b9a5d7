#pragma once
/// What to know of parameters that move an edge in time.

#include <span>
#include <string>
#include <string_view>

#include "ir/model.hpp"

namespace hillock::study {

/// A sentence on those of `of` (indices; empty: all) that move a jump of the equations, as `t > onset` does, under an
/// integrator with fixed steps; empty where there is nothing to say.
[[nodiscard]] std::string about_moving_edges(const ir::Model& model, std::string_view integrator,
                                             std::span<const std::uint32_t> of);

}  // namespace hillock::study
