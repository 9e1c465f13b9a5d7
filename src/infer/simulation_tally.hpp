#pragma once
/// What became of simulations: how many there were, how many failed, and why.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "infer/simulator.hpp"

namespace hillock::infer {

struct ReasonCount {
  std::string reason;
  std::uint64_t count = 0;
};

/// Why one statistic had no value in simulations that ended well.
struct UndefinedCount {
  std::string statistic;
  std::string reason;
  std::uint64_t count = 0;
};

class SimulationTally {
 public:
  explicit SimulationTally(std::size_t statistics) : undefined_(statistics) {}

  /// Row k of an answer. Failed, where the answer says so; a statistic is undefined where x is not finite.
  void add(const Simulations& answer, std::size_t k);

  [[nodiscard]] std::uint64_t simulations() const { return simulations_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// Simulations that ended well in which statistic j had no value.
  [[nodiscard]] std::uint64_t undefined(std::size_t j) const;
  /// Only what occurred, in the order of the simulator's reasons. A value that is not finite though the simulator gives
  /// no reason is "not-finite".
  [[nodiscard]] std::vector<ReasonCount> failures(const Simulator& simulator) const;
  [[nodiscard]] std::vector<UndefinedCount> undefined_statistics(const Simulator& simulator) const;

  /// The error where no simulation can be compared with `observed` (NaN: undefined). Code "simulations-failed": all
  /// failed, with the reasons counted; "abc-nothing-matches": none has values for just the statistics that the
  /// observation has, with the statistics that stood in the way.
  [[nodiscard]] Error nothing_left(const Simulator& simulator, std::span<const double> observed) const;

 private:
  using Counts = std::vector<std::uint64_t>;  ///< [0]: no reason given; [1 + index of the reason]
  std::uint64_t simulations_ = 0, failed_ = 0;
  Counts failures_;
  std::vector<Counts> undefined_;  ///< [statistic]
};

}  // namespace hillock::infer
