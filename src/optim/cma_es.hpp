#pragma once
/// CMA-ES (Hansen 2006, "The CMA evolution strategy: a comparing review") by pagmo2, several runs as one batch.
///
/// Needs no derivatives and no bounds: x is unconstrained, and a point whose cost is NaN or infinite ranks last. The
/// runs are independent; each asks for one point at a time, and one batch gathers the points of all that are still
/// running. Which batch a point falls into never changes a run.

#include <cstdint>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "optim/minimum.hpp"
#include "optim/problem.hpp"

namespace hillock::optim {

struct CmaEsOptions {
  std::uint64_t seed = 1;
  std::int64_t evaluations = 10'000;  ///< budget of one run; a run ends with the generation that fits into it
  int population = 0;                 ///< points of a generation; 0: 4 + 3 log(d), but at least 5
  double step = 1.0;                  ///< initial standard deviation in every coordinate
  double cost_tolerance = 1e-12;      ///< done when a generation's costs differ by less than this x the best
  double step_tolerance = 1e-10;      ///< done when the generation is this close to its mean

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

/// @param starts  runs x d: run k begins with a normal cloud around row k
/// Outcomes: `converged`, `max_iterations` (the budget is spent), `failed` (no finite cost was ever found), `stopped`.
/// `Minimum::iterations` counts generations. Same seed, same bits.
[[nodiscard]] Result<Minima> cma_es(LeastSquares& problem, const Array2& starts, const CmaEsOptions& options,
                                    Progress& progress);

}  // namespace hillock::optim
