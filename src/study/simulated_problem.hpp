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
#include "study/embedded_statistics.hpp"
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
  std::vector<units::Unit> units;               ///< of the parameters
  std::vector<double> observed;                 ///< a value for each statistic, trial by trial; NaN: not measured
  std::unique_ptr<infer::Simulator> simulator;  ///< of one trial
  std::uint64_t seed = 1;
  int threads = 0;
  EmbeddingRequest embedding = {};  ///< trials: at most; 0: as many as there are observed
};

class SimulatedProblem {
 public:
  /// Model or program, priors, data: everything that can be wrong with them is an error, all at once.
  [[nodiscard]] static Result<std::unique_ptr<SimulatedProblem>> open(const ResolvedStudy& study,
                                                                      const RunOptions& options, Progress& progress);

  /// Its statistics are numbers without units. Error codes "statistics-count", "trials-count", those of
  /// study/embedded_statistics.hpp.
  [[nodiscard]] static Result<std::unique_ptr<SimulatedProblem>> make(SimulatedParts parts);

  /// As inference takes it. Valid as long as this is.
  [[nodiscard]] infer::SimulationProblem problem() const;
  /// The same for a method that learns the likelihood of one trial; nothing where there is but one.
  [[nodiscard]] std::optional<infer::SimulationProblem> problem_of_one_trial() const;
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
  /// From one trial to as many as are asked for, observed or not.
  Result<void> arrange(EmbeddingRequest request, const Origin& data);

  std::uint64_t seed_ = 1;
  int threads_ = 0;
  std::optional<ir::Model> model_;
  std::optional<prob::ParameterSpace> space_;
  std::vector<units::Unit> units_;
  std::vector<ShownStatistic> statistics_;
  std::vector<LoadedSplit> splits_;
  std::string data_sha256_;
  std::vector<double> observed_;
  infer::StatisticLayout layout_;
  std::vector<std::string> why_undefined_;
  std::unique_ptr<infer::Simulator> simulator_;
  infer::Simulator* one_trial_ = nullptr;  ///< inside simulator_, where there are trials
  mutable std::unique_ptr<Requirements> requirements_;
};

}  // namespace hillock::study
