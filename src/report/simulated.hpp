#pragma once
/// What the page shows of a posterior that was learnt from simulations.

#include <cstdint>
#include <string>
#include <vector>

#include "base/array.hpp"

namespace hillock::report {

struct LearningCurve {
  std::vector<double> simulations, training, validation;  ///< one each per point
};

/// Draws of one statistic before and after the fit, thinned to some hundreds; NaN where undefined.
struct StatisticDraws {
  std::vector<double> prior, predicted;
};

/// A recording, and simulations of posterior draws beside it.
struct PredictedTraces {
  std::string name, unit;
  std::vector<double> time_ms, observed;
  Array2 traces;  ///< [draw][sample], as they would be recorded
};

struct SimulatedExhibits {
  LearningCurve curve;
  std::vector<StatisticDraws> statistics;  ///< as verdict.simulated.statistics
  std::vector<PredictedTraces> traces;
  Array2 ranks;  ///< of calibration: [draw][parameter], in [0, 1]; may be empty
};

}  // namespace hillock::report
