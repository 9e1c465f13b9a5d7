#pragma once
/// One parameter's axis in the plots of a posterior: its prior's shape, bounds and scale.

#include "prob/marginal.hpp"
#include "prob/parameter_space.hpp"
#include "report/document.hpp"
#include "units/unit.hpp"

namespace hillock::study {

/// @param best  in `unit`
[[nodiscard]] report::PosteriorAxis posterior_axis(const prob::ParameterSpace& space, const prob::Marginals& marginals,
                                                   std::size_t parameter, const units::Unit& unit, double best);

}  // namespace hillock::study
