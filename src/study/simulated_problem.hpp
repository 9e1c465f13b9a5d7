#pragma once
/// A study as likelihood-free inference sees it: a simulator, a prior, and what was observed.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "infer/simulation_source.hpp"
#include "ir/model.hpp"
#include "prob/parameter_space.hpp"
#include "study/experiments.hpp"
#include "study/fit_target.hpp"
#include "study/resolved.hpp"
#include "study/run_options.hpp"
#include "units/unit.hpp"

namespace hillock::study {

/// Is this value of search.method one that needs simulations only?
[[nodiscard]] bool is_simulation_method(std::string_view method);

/// One statistic, as it is shown.
struct ShownStatistic {
  std::string name;
  units::Unit unit;
};

/// A problem that no study file describes.
struct SimulatedParts {
  prob::ParameterSpace space;
  std::vector<units::Unit> units;  ///< of the parameters
  std::vector<double> observed;    ///< a value for each statistic; NaN: not measured
  std::unique_ptr<infer::Simulator> simulator;
  std::uint64_t seed = 1;
  int threads = 0;
};

class SimulatedProblem {
 public:
  /// Model or program, priors, data: everything that can be wrong with them is an error, all at once.
  [[nodiscard]] static Result<std::unique_ptr<SimulatedProblem>> open(const ResolvedStudy& study,
                                                                      const RunOptions& options, Progress& progress);

  /// Its statistics are numbers without units. Error code "statistics-count".
  [[nodiscard]] static Result<std::unique_ptr<SimulatedProblem>> make(SimulatedParts parts);

  /// As inference takes it. Valid as long as this is.
  [[nodiscard]] infer::SimulationProblem problem() const;
  [[nodiscard]] const prob::ParameterSpace& space() const { return *space_; }
  [[nodiscard]] const std::vector<units::Unit>& units() const { return units_; }
  [[nodiscard]] const std::vector<ShownStatistic>& statistics() const { return statistics_; }
  [[nodiscard]] const std::vector<std::string>& why_undefined() const { return why_undefined_; }
  [[nodiscard]] const ir::Model* model() const { return model_ ? &*model_ : nullptr; }
  [[nodiscard]] const std::vector<LoadedSplit>& splits() const { return splits_; }
  [[nodiscard]] const std::string& data_sha256() const { return data_sha256_; }
  [[nodiscard]] infer::Simulator& simulator() const { return *simulator_; }

 private:
  SimulatedProblem() = default;
  Result<void> open_model(const ResolvedStudy& study, const RunOptions& options, Progress& progress);
  Result<void> open_program(const ResolvedStudy& study, const RunOptions& options, Progress& progress);

  std::uint64_t seed_ = 1;
  int threads_ = 0;
  std::optional<ir::Model> model_;
  std::optional<prob::ParameterSpace> space_;
  std::vector<units::Unit> units_;
  std::vector<ShownStatistic> statistics_;
  std::vector<LoadedSplit> splits_;
  std::string data_sha256_;
  std::vector<double> observed_;
  std::vector<std::string> why_undefined_;
  std::unique_ptr<infer::Simulator> simulator_;
  mutable std::unique_ptr<Requirements> requirements_;
};

}  // namespace hillock::study
