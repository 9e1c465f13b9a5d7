#pragma once
/// A compiled model as a simulator for inference without a likelihood: parameter sets in, statistics of what would have
/// been recorded out.
///
/// Channels have the noise of their `observe` statements (sim/recorded.hpp). A simulation that blew up, or took too
/// many steps, before all its statistics were decided has failed ("not-finite", "step-limit"); in one that ended well,
/// single statistics may be undefined, for the reasons of features/feature.hpp.

#include <memory>
#include <vector>

#include "infer/simulator.hpp"
#include "sim/simulator.hpp"
#include "study/statistics.hpp"

namespace hillock::study {

class ModelSimulator final : public infer::Simulator {
 public:
  /// @param model  bound; it and the experiment are not needed any more afterwards
  /// @param run    seed below 2^52: simulation k has the numbers of (seed, k)
  /// Error codes: those of `statistics_of` and sim::Batch.
  [[nodiscard]] static Result<ModelSimulator> create(const ResolvedStudy& study, const ir::Model& model,
                                                     const sim::Experiment& experiment, const sim::RunOptions& run);
  ModelSimulator(ModelSimulator&&) noexcept;
  ModelSimulator& operator=(ModelSimulator&&) noexcept;
  ~ModelSimulator() override;

  [[nodiscard]] const std::vector<std::string>& statistics() const override;
  [[nodiscard]] std::vector<std::string> reasons() const override;
  /// Numbers of simulations are below 2^51. Error code "interrupted".
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) override;
  /// In the order of `statistics`, with their units.
  [[nodiscard]] const std::vector<Statistic>& described() const;

 private:
  struct State;
  explicit ModelSimulator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The seed of simulations, below 2^52, that a study's seed stands for: itself where it is.
[[nodiscard]] std::uint64_t simulation_seed(std::int64_t study_seed);

}  // namespace hillock::study
