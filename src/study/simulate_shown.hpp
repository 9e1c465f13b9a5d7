#pragma once
/// What `hillock simulate` shows of a model.

#include "ir/model.hpp"

namespace hillock::study {

/// The inputs, the states, the named sub-expressions and the observed means, all as observations of a model made for
/// showing.
[[nodiscard]] ir::Model shown_model(const ir::Model& model);

}  // namespace hillock::study
