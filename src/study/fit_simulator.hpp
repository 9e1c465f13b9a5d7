#pragma once
/// Fits any simulator: no study file, no model, no results folder. What `hillock.fit` in Python calls.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/simulator.hpp"
#include "study/simulator_posterior.hpp"

namespace hillock::study {

struct SimulatorStudy {
  std::vector<std::pair<std::string, std::string>> priors;  ///< name, prior as [prior] of a study has it
  std::vector<double> observed;          ///< a value for each statistic, trial by trial; NaN: not measured
  std::vector<std::string> traces = {};  ///< by statistic: the trace that it is a sample of; empty: none is
  std::int64_t trials = 1;               ///< of the simulator, which the posterior holds for at most; 0: those observed
  std::string embedding = "auto";        ///< as search.embedding
  std::string method = "auto";           ///< as search.method, of those that only simulate
  std::string density = "auto";          ///< as search.density
  std::int64_t simulations = 0;          ///< as search.simulations
  std::int64_t rounds = 0;               ///< as search.rounds
  std::int64_t members = 0;              ///< as search.members
  std::int64_t draws = 10'000;
  std::int64_t seed = 1;
  std::optional<double> budget;  ///< seconds
  int threads = 0;               ///< 0: one per core

  /// Error codes, all at once: "value-choice" (with the nearest), "option-range".
  [[nodiscard]] Result<void> validate() const;
};

/// Errors: everything that is wrong with `study`; those of `fit_simulated`.
[[nodiscard]] Result<SimulatorPosterior> fit_simulator(std::unique_ptr<infer::Simulator> simulator,
                                                       const SimulatorStudy& study, Progress& progress);

}  // namespace hillock::study
