#pragma once
/// Predictions of one recording: by the best fit, and by the posterior.

#include <cstdint>
#include <vector>

#include "base/array.hpp"
#include "base/progress.hpp"
#include "study/fit_target.hpp"

namespace hillock::study {

/// One observed channel of one recording; every sample, left-out ones too. SI.
struct Prediction {
  std::vector<double> best;           ///< mean of the observation at the best fit
  std::vector<double> mean;           ///< posterior mean of that mean
  std::vector<double> sd_parameters;  ///< posterior standard deviation of that mean
  std::vector<double> sd_total;       ///< and of the observation: noise included
  std::vector<double> expected_rms;   ///< by draw: of (best - data), for data that the draw would make (SI)
  std::vector<double> place;          ///< of the data in the predictive distribution, in (0, 1); empty without data
};

struct Predictions {
  std::vector<Prediction> channels;  ///< the model's observations, in order
  std::int64_t draws = 0;            ///< that succeeded
  std::int64_t failed = 0;           ///< whose simulation failed: left out
};

/// @param best   one parameter set (SI), all parameters
/// @param draws  posterior draws (SI), n x parameters; may be empty: only `best` is filled
[[nodiscard]] Result<Predictions> predict(const ir::Model& model, const sim::Experiment& experiment,
                                          std::string_view integrator, std::span<const double> best,
                                          const Array2& draws, const sim::RunOptions& run, Progress& progress);

/// z at every sample, kept ones filled, the rest 0: the residuals that are white if the model is right. By channel.
[[nodiscard]] Result<std::vector<std::vector<double>>> innovations(const ir::Model& model,
                                                                   const sim::Experiment& experiment,
                                                                   std::string_view integrator,
                                                                   std::span<const double> parameters,
                                                                   const sim::RunOptions& run);

/// Sum of weighted squared residuals at one parameter set, by any integrator and step. NaN where it fails.
[[nodiscard]] Result<double> sum_of_squares(const ir::Model& model, const sim::Experiment& experiment,
                                            std::string_view integrator, std::span<const double> parameters,
                                            const sim::RunOptions& run);

}  // namespace hillock::study
