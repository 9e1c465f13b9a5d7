#pragma once
/// The search: from the prior to the least error.
///
/// Draws from the prior that meet its joint conditions are simulated as one batch, and the best of them become starts.
/// From each, Levenberg-Marquardt (with a pull towards the prior's middle that fades away, so that no coordinate runs
/// off to where it has no influence), or CMA-ES where asked. The joint conditions are not walls on the way, only at
/// the end: a start that ends where one does not hold does not count.

#include <cstdint>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/progress.hpp"
#include "study/fit_target.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

struct SearchResult {
  Array2 starts;                     ///< end points, unconstrained mechanism coordinates, best first
  std::vector<double> errors;        ///< rms of each (weighted); NaN: failed
  std::vector<double> best;          ///< full parameter set in SI; noise parameters at their prior's median
  double best_sum = 0.0;             ///< weighted sum of squares there
  std::int64_t screened = 0;         ///< draws simulated
  std::int64_t drawn = 0;            ///< draws from the prior; those that missed a joint condition were not simulated
  std::int64_t screened_failed = 0;  ///< simulated, without a finite error
  std::int64_t unmet = 0;            ///< starts that ended where a joint condition does not hold
  bool stopped = false;
  std::vector<std::string> notes;
};

/// Errors: "no-draw-succeeded" (how many failed, and why), "requirement-unmeetable", those of the optimisers.
[[nodiscard]] Result<SearchResult> search(SquaresProblem& problem, Target& target, const SearchOptions& options,
                                          std::uint64_t seed, Progress& progress);

/// Without a file format: all of it as text, to the bit, for checkpoints.
[[nodiscard]] std::string to_text(const SearchResult& result);
[[nodiscard]] Result<SearchResult> search_from_text(const std::string& text);

}  // namespace hillock::study
