#pragma once
/// The computing commands as one value, so that the command line can be tested without them.

#include "study/check.hpp"
#include "study/fit.hpp"
#include "study/simulate.hpp"

namespace hillock::study {

struct Pipeline {
  Result<FitOutcome> (*fit)(const ResolvedStudy&, const RunOptions&, Progress&) = nullptr;
  Result<Answer> (*check)(const CheckOptions&) = nullptr;
  Result<Answer> (*simulate)(const SimulateOptions&, Progress&) = nullptr;
};

/// The real ones.
[[nodiscard]] inline Pipeline pipeline() { return {&fit, &check_model, &simulate_model}; }

}  // namespace hillock::study
