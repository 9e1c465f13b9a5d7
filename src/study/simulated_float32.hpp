#pragma once
/// What float32 changes in a fit by simulation: some simulations of the posterior again in float64, with the same
/// random numbers.

#include <limits>
#include <string>

#include "base/array.hpp"
#include "base/progress.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"
#include "study/simulated_problem.hpp"

namespace hillock::study {

struct Float32Change {
  /// Largest over the statistics: difference over the spread (5 to 95 %, or 0.1 % of the value where that is 0) among
  /// these simulations. NaN: nothing was compared.
  double largest = std::numeric_limits<double>::quiet_NaN();
  std::string text;  ///< one sentence, statistic by statistic in their units
};

/// Up to 32 rows of `parameters` (SI), evenly among them. Error codes: the simulator's, "interrupted".
[[nodiscard]] Result<Float32Change> float32_change(const ResolvedStudy& study, const RunOptions& options,
                                                   const SimulatedProblem& problem, const Array2& parameters,
                                                   const Progress& progress);

}  // namespace hillock::study
