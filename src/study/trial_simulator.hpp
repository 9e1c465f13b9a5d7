#pragma once
/// A simulator of one trial as one of several: the same parameters, other random numbers, and the statistics of each.

#include <memory>
#include <string>
#include <vector>

#include "infer/simulator.hpp"

namespace hillock::study {

class TrialSimulator final : public infer::Simulator {
 public:
  /// @param trials  at least 1
  TrialSimulator(std::unique_ptr<infer::Simulator> one, std::size_t trials);

  [[nodiscard]] infer::Simulator& one() { return *one_; }
  /// "rate (trial 1)", ..., trial by trial.
  [[nodiscard]] const std::vector<std::string>& statistics() const override { return names_; }
  [[nodiscard]] std::vector<std::string> reasons() const override { return one_->reasons(); }
  /// Simulation n has the trials number n*trials, ... of `one`. It has failed where any of them has, for the first
  /// one's reason. Beside the simulator's errors "option-range": numbers that are used up.
  [[nodiscard]] Result<void> run(const Array2& parameters, std::uint64_t first, infer::Simulations& answer,
                                 const std::function<bool()>& stop) override;

 private:
  std::unique_ptr<infer::Simulator> one_;
  std::size_t trials_;
  std::vector<std::string> names_;
};

/// The name of a statistic in a trial, counted from 0.
[[nodiscard]] std::string name_in_trial(const std::string& statistic, std::size_t trial);

}  // namespace hillock::study
