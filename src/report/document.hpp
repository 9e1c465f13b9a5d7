#pragma once
/// Everything that one report page shows. A value: whoever fills it in (the `study` room) has done all the computing.
///
/// Every part may be absent: an empty vector, an empty text or a NaN means "not there", and the page says so or
/// leaves that part out. Where vectors belong together (the samples of one data set) each is either empty or as
/// long as the others; anything else is a bug of the caller (HILLOCK_CHECK).

#include <cstdint>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "report/simulated.hpp"
#include "verify/verdict.hpp"

namespace hillock::report {

using verify::not_computed;

/// Pointwise posterior quantiles of a trace, in the unit of the observed channel. Each empty or one per sample.
struct Quantiles {
  std::vector<double> q05, q25, q50, q75, q95;
};

/// Autocorrelation of the residuals over the kept samples.
struct Autocorrelation {
  std::vector<double> lag_ms;        ///< increasing
  std::vector<double> value;         ///< same length, in [-1, 1]
  double white_band = not_computed;  ///< 95 % of values lie within +- this if the residuals were white
};

/// One recording, what the model was told (the command) and what it predicts.
struct DataSet {
  std::string name;             ///< "sine wave"
  std::string role;             ///< "train", "test"
  std::string note;             ///< one sentence under the heading, e.g. "command interpolated across left-out samples"
  std::vector<double> time_ms;  ///< one per sample, strictly increasing
  std::string observed_name;    ///< "current"
  std::string observed_unit;    ///< "nA"
  std::vector<double> observed;
  std::vector<std::uint8_t> keep;  ///< 1: counts, 0: left out; empty: all count
  std::string command_name;        ///< "command"
  std::string command_unit;        ///< "mV"
  std::vector<double> command;
  std::vector<double> best;       ///< prediction of the least-error parameters
  Quantiles predictive;           ///< posterior predictive: parameters and noise
  Quantiles parameters_only;      ///< posterior of the noiseless trace
  std::vector<double> residuals;  ///< observed - best, observed unit; empty: computed here where both are given
  Autocorrelation autocorrelation;
};

/// One parameter's axis in the posterior plots.
struct PosteriorAxis {
  std::string name;
  std::string unit;
  bool log_scale = false;           ///< the prior is (nearly) uniform in the logarithm
  double prior_low = not_computed;  ///< where the prior ends, in `unit`; +-inf where it does not
  double prior_high = not_computed;
  double best = not_computed;
  /// The prior's density on the shown scale (per unit, or per unit of ln where `log_scale`), at `prior_at`. Empty:
  /// uniform on the shown scale between prior_low and prior_high.
  std::vector<double> prior_at, prior_density;
};

/// Thinned posterior draws; a few hundred are enough to see the shape, more than 2000 are thinned again.
struct Posterior {
  std::vector<PosteriorAxis> axes;
  Array2 draws;  ///< rows: draws, columns: axes
};

/// Something that was left out, failed, or was replaced on the way. Shown last, in order.
struct LogLine {
  std::string stage;  ///< "data", "search", "posterior", "verify"
  std::string text;
};

struct Document {
  std::string title;    ///< "hERG, cell 1"
  std::string study;    ///< the study's name or file
  std::string command;  ///< how to get this page again: "hillock fit study.lock.toml"
  verify::Verdict verdict;
  std::vector<DataSet> data_sets;
  Posterior posterior;
  std::vector<double> start_errors;  ///< final error of each start; NaN or inf: that start failed
  SimulatedExhibits simulated;       ///< where verdict.simulated.method says that there are some
  std::string model_text;
  std::vector<LogLine> log;
};

}  // namespace hillock::report
