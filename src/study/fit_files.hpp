#pragma once
/// posterior.nc: the draws as an ArviZ InferenceData tree (posterior, prior, posterior_predictive, observed_data,
/// sample_stats), in the units that the model file uses. Nothing in it depends on when or on how many threads.

#include <string>

#include "base/array.hpp"
#include "base/error.hpp"
#include "study/experiments.hpp"
#include "study/fit_posterior.hpp"
#include "study/fit_predict.hpp"

namespace hillock::study {

struct PosteriorFile {
  const ir::Model* model = nullptr;
  const prob::ParameterSpace* space = nullptr;
  const PosteriorResult* posterior = nullptr;
  std::vector<const LoadedSplit*> splits;
  std::vector<const Predictions*> predictions;  ///< one for each split
  std::uint64_t seed = 0;
  std::string version;
};

[[nodiscard]] Result<void> write_posterior(const std::string& path, const PosteriorFile& file);

}  // namespace hillock::study
