#pragma once
/// The parameters of an external program: those of [prior], in the order in which they are written there.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "prob/parameter_space.hpp"
#include "study/resolved.hpp"
#include "units/unit.hpp"

namespace hillock::study {

struct ExternalParameters {
  prob::ParameterSpace space;      ///< names and priors, in SI
  std::vector<units::Unit> units;  ///< of each, as its prior is written: for display
};

/// `g = "uniform(0 nS, 10 nS)"` has the unit of its arguments; `theta1 = "normal(0, 1)"` is a number.
/// Error codes: "prior-missing" (none at all), "parameter-name" (no name as in a model), those of lang/prior.hpp. All
/// at once.
[[nodiscard]] Result<ExternalParameters> external_parameters(const ResolvedStudy& study);

}  // namespace hillock::study
