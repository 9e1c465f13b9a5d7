#pragma once
/// The study's model: its file, with the study's priors and constants in place of the file's.

#include "base/error.hpp"
#include "ir/model.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// Error codes: those of lang/load.hpp and lang/prior.hpp; "prior-missing" (a parameter without one),
/// "parameter-unknown", "constant-unknown" (with the nearest), "unit-mismatch". All at once.
[[nodiscard]] Result<ir::Model> bind_model(const ResolvedStudy& study);

/// The same for a model that is already read.
[[nodiscard]] Result<void> apply_study(const ResolvedStudy& study, ir::Model& model);

}  // namespace hillock::study
