#pragma once
/// The model of a study, with its priors: what is searched.

#include "base/error.hpp"
#include "ir/model.hpp"
#include "prob/parameter_space.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

struct StudyModel {
  ir::Model model;  ///< parameters that have a value and no prior are constants here
  prob::ParameterSpace space;
};

/// Reads the model file and joins its priors with the study's. All mistakes at once; besides those of the language:
/// "parameter-without-prior" (and without a value), "name-unknown" (a prior for what is no parameter),
/// "nothing-to-fit", "no-observation".
[[nodiscard]] Result<StudyModel> load_study_model(const ResolvedStudy& study);

}  // namespace hillock::study
