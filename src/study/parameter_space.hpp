#pragma once
/// The priors of a model's parameters as inference takes them.

#include "base/error.hpp"
#include "ir/model.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::study {

/// The prior of the parameter at this place of `Model::parameters`, which has one. Of a conditional prior, `given` are
/// places too. Error codes: those of prob::Prior::make.
[[nodiscard]] Result<prob::Entry> prior_of(const ir::Model& model, std::size_t parameter);

/// All of them, in the model's order; every parameter has one.
[[nodiscard]] Result<prob::ParameterSpace> parameter_space(const ir::Model& model);

/// What to say of a conditional prior whose arguments are none where other parameters have been set by hand:
/// "prior-not-positive".
[[nodiscard]] Error no_prior_here(const ir::Model& model, std::size_t parameter, const std::string& where);

}  // namespace hillock::study
