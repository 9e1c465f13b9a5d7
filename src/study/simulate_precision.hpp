#pragma once
/// What `hillock simulate --precision float32` costs, measured: some of the same simulations in float64.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "data/recording.hpp"
#include "features/readings.hpp"
#include "sim/simulator.hpp"

namespace hillock::study {

class PrecisionError {
 public:
  /// What was simulated in float32.
  struct Simulated {
    const ir::Model& model;
    const sim::Experiment& experiment;
    const sim::ProgramRequest& request;  ///< with its features, where those were what was simulated
    const sim::RunOptions& how;
    const Array2& points;                         ///< SI, by run
    const sim::FeatureTable* features = nullptr;  ///< of the runs, by request
    std::vector<units::Unit> units = {};          ///< by feature
    sim::Each each = {};                          ///< of the runs
  };
  /// Runs up to 32 of the points again, evenly among them, with the same random numbers, and compares their features;
  /// and the traces of up to 4 of these, as long as those fit into 64 MB. Error codes: the simulator's, "interrupted".
  [[nodiscard]] static Result<PrecisionError> measure(const Simulated& simulated, const std::function<bool()>& stop);

  [[nodiscard]] std::string json() const;  ///< one JSON object
  [[nodiscard]] std::string text() const;  ///< lines
  [[nodiscard]] std::string line() const;  ///< the worst of states and observations, for a title or a comment
  /// "float32_error_V": the largest and the root mean square difference of its trace, as parts of its range;
  /// "float32_error_mean(V)": the largest difference; "float32_error_spikes": runs with another number of spikes, the
  /// largest shift of a spike in ms.
  [[nodiscard]] std::vector<data::Array> arrays() const;

 private:
  /// Infinite where a number is finite in one precision alone.
  struct Trace {
    std::string name;
    bool derived = false;  ///< an input or a sub-expression, where there are states
    double largest =
        0.0;  ///< difference, as a part of the trace's range, or of its size where that is 1e6 times larger
    double mean_square = 0.0;  ///< the same, squared and averaged over samples; the largest of the runs
  };
  struct Feature {
    std::string name;
    units::Unit unit;
    double largest = 0.0;   ///< difference, in `unit`
    double relative = 0.0;  ///< to the largest value in the sample
    std::size_t undefined_in_one = 0;
  };
  struct Spikes {
    std::size_t number = 0;        ///< in float64
    std::size_t other_number = 0;  ///< runs in which float32 has more or fewer
    double largest_shift = 0.0;    ///< seconds; of runs with the same number
  };
  [[nodiscard]] std::string trace_lines() const;
  Result<void> compare_features(const Simulated& simulated, std::span<const std::size_t> rows, const Array2& points,
                                const std::function<bool()>& stop);
  Result<void> compare_traces(const Simulated& simulated, const Array2& points, const std::function<bool()>& stop);

  std::size_t all_runs_ = 0, runs_ = 0, trace_runs_ = 0;
  double trace_duration_ = 0.0;  ///< seconds
  bool whole_traces_ = true;
  std::vector<Feature> features_;
  std::vector<Trace> traces_;
  std::optional<Spikes> spikes_;
};

}  // namespace hillock::study
