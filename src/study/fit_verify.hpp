#pragma once
/// From the results of the search and of the posterior to a verdict: every check of the `verify` room, given its data.

#include <optional>
#include <vector>

#include "base/progress.hpp"
#include "study/experiments.hpp"
#include "study/fit_posterior.hpp"
#include "study/fit_predict.hpp"
#include "study/fit_search.hpp"
#include "study/fit_target.hpp"
#include "study/resolved.hpp"
#include "verify/autocorrelation.hpp"
#include "verify/verdict.hpp"

namespace hillock::study {

/// All that has been found so far. What is absent was not done (a budget, an interrupt) and is said to be so.
struct Evidence {
  const ResolvedStudy* study = nullptr;
  Target* target = nullptr;
  SquaresProblem* problem = nullptr;
  const SearchResult* search = nullptr;
  const PosteriorResult* posterior = nullptr;  ///< may be null
  Posterior* density = nullptr;                ///< may be null
  std::vector<LoadedSplit> splits;             ///< train first
  std::vector<double> best;                    ///< SI; mechanism from the search, noise from the residuals
  std::vector<double> mode;                    ///< SI; of the posterior; `best` where there is none
};

/// The first input at the samples, as the model sees it (SI); empty where the model has none.
[[nodiscard]] std::span<const double> command_of(const ir::Model& model, const LoadedSplit& split);

/// What the report shows beside the verdict.
struct Exhibits {
  std::vector<Predictions> predictions;  ///< by split
  std::vector<verify::Autocorrelation>
      autocorrelation;  ///< of the raw residuals at the best fit, by split, first channel
  std::vector<std::string> notes;
};

/// Fills every box but cost and provenance, and judges. Posterior draws for predictions: evenly spaced ones.
[[nodiscard]] Result<Exhibits> verify_fit(Evidence& evidence, verify::Verdict& verdict, Progress& progress);

}  // namespace hillock::study
