#pragma once
/// Where likelihood-free methods get their pairs (parameters, statistics) from, with everything counted.
///
/// Parameters are points z on the scale on which the prior is the standard normal distribution
/// (prob::ParameterSpace::from_standard_normal): every finite z is inside every bound, so no draw of any method can
/// leave the prior. Joint conditions on parameters (`require`) cut regions out of that scale.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/prior_conditions.hpp"
#include "infer/simulation_tally.hpp"
#include "infer/simulator.hpp"
#include "infer/statistic_layout.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

/// What is asked: the posterior of the parameters of `simulator`, given that it answered `observed`.
struct SimulationProblem {
  Simulator* simulator = nullptr;
  const prob::ParameterSpace* space = nullptr;
  std::vector<double> observed;  ///< [statistic]; NaN where it has no value
  StatisticLayout layout;        ///< which of them belong together; npe and tsnpe learn what to make of those
  /// [trial][statistic]: further independent trials, each simulated like the first, for methods that learn the
  /// likelihood of one: theirs is the product (nle).
  std::vector<std::vector<double>> more_trials;
  /// Joint conditions of the prior: which rows (SI) are allowed. Null: all.
  AllowedParameters allowed;
  std::uint64_t seed = 1;
  int threads = 0;
};

/// Simulations that ended well. x may have NaN: statistics without a value.
struct SimulatedPairs {
  Array2 z, x;
  void append(const SimulatedPairs& more);
  /// Those rows with `which` not 0.
  [[nodiscard]] SimulatedPairs chosen(std::span<const std::uint8_t> which) const;
};

class SimulationSource {
 public:
  /// @param first  number of its first simulation
  explicit SimulationSource(const SimulationProblem& problem, std::uint64_t first = 0);

  /// `count` draws of the prior that its joint conditions allow. Error code "prior-conditions": so few are allowed that
  /// `most_prior_tries` draws a row did not find them.
  [[nodiscard]] Result<Array2> prior(std::size_t count);
  /// Which rows of z are allowed.
  void allowed(const Array2& z, std::span<std::uint8_t> out) const;

  /// Simulates every row, in order; what ended well is appended to `out`, what failed to `failed_at`, where not null.
  /// Once `progress` says stop, what was done is kept and the rest is not run. Errors: the simulator's.
  [[nodiscard]] Result<void> run(const Array2& z, SimulatedPairs& out, const Progress& progress,
                                 Array2* failed_at = nullptr);

  [[nodiscard]] const SimulationProblem& problem() const { return *problem_; }
  [[nodiscard]] std::uint64_t simulations() const { return number_ - first_; }
  [[nodiscard]] const SimulationTally& tally() const { return tally_; }
  [[nodiscard]] std::size_t dimension() const { return problem_->space->size(); }

 private:
  const SimulationProblem* problem_;
  SimulationTally tally_;
  std::uint64_t first_, number_;  ///< of the first and of the next simulation
  std::uint64_t drawn_ = 0;       ///< of the next prior draw
};

/// For methods that learn nothing of statistics that belong together. Error code "embedding-method", with those that
/// do.
[[nodiscard]] Result<void> no_embedding(const SimulationProblem& problem, const std::string& method);

/// log N(z; 0, I) of every row.
void standard_normal_density(const Array2& z, std::span<double> value);
/// Rows first ... first + count - 1 of the standard normal numbers of (seed, stream).
[[nodiscard]] Array2 standard_normal_rows(std::uint64_t seed, std::uint32_t stream, std::uint64_t first,
                                          std::size_t count, std::size_t dimension);

}  // namespace hillock::infer
