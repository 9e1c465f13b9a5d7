#pragma once
/// The No-U-Turn sampler, all chains as one batch.
///
/// Hoffman & Gelman 2014 (JMLR 15:1593) with multinomial sampling of the trajectory and the generalised no-U-turn
/// criterion (Betancourt 2017, arXiv:1701.02434, appendix A.4), including the checks across the two halves of each
/// subtree. The metric enters by whitening: with covariance S = L L^T, u = L v, the momenta of v are standard normal.
///
/// Each chain is a state machine that wants one gradient at a time; each round gathers the wishes of all running chains
/// into one batch and calls `LogDensity::evaluate` once. A chain that is done leaves the batch.
///
/// Warm-up: the step size by dual averaging (Hoffman & Gelman 2014, section 3.2); the metric, if wanted, from windows
/// of doubling length, from the draws of all chains together, shrunk towards the metric in use. Chains wait for each
/// other at the end of a window and of the warm-up, where all get the median of their step sizes; nowhere else.
///
/// The random numbers of an iteration are addressed by (seed, chain, iteration): a checkpoint at iteration boundaries
/// is enough to go on with the same bits. The numbers do not depend on threads or on which chains share a batch, as
/// long as `LogDensity` gives a point the same bits in any batch.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

struct NutsOptions {
  std::uint64_t seed = 1;
  int warmup = 150;                ///< iterations per chain that are thrown away; 0 only with a given `step`
  int draws = 500;                 ///< kept iterations per chain
  double target_accept = 0.8;      ///< mean acceptance statistic that the step size is tuned to
  int max_depth = 10;              ///< a trajectory has at most 2^max_depth - 1 steps
  double max_energy_error = 1000;  ///< beyond it a trajectory has diverged
  bool adapt_metric = true;        ///< re-estimate the covariance in warm-up (from 40 iterations on)
  bool dense = true;               ///< of the re-estimate: all of the covariance, or its diagonal
  double step = 0.0;               ///< first step size, in standard deviations of the metric; 0: found by trial

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

/// One iteration of one chain, as in ArviZ's `sample_stats`.
struct NutsDraw {
  double lp = 0.0;               ///< log density at the draw
  double energy = 0.0;           ///< -lp + kinetic energy at the start of the trajectory
  double acceptance_rate = 0.0;  ///< mean Metropolis acceptance over the trajectory's steps
  double step_size = 0.0;
  std::int32_t tree_depth = 0;
  std::int32_t n_steps = 0;   ///< gradients
  bool diverging = false;     ///< the energy error passed `max_energy_error` at a finite density
  bool left_support = false;  ///< the trajectory ended at a point of density 0
  bool reached_max_depth = false;
};

struct NutsResult {
  std::vector<Array2> draws;                 ///< [chain]: draws x d, fewer where the run was stopped
  std::vector<std::vector<NutsDraw>> stats;  ///< [chain][draw]
  std::vector<double> step_size;             ///< [chain], after warm-up
  Array2 covariance;                         ///< of the metric in use at the end, d x d
  std::int64_t gradients_warmup = 0;         ///< evaluations in finished iterations, all chains
  std::int64_t gradients = 0;                ///< the same after warm-up
  std::int64_t batches = 0;  ///< calls of LogDensity::evaluate by this object, unfinished iterations included
  bool complete = false;
};

class Nuts {
 public:
  /// @param starts      chains x d, one row per chain
  /// @param covariance  d x d, symmetric positive definite: an estimate of the posterior's, e.g. an inverse Fisher
  /// matrix Error codes: "option-range", "metric-not-positive", "start-outside-support" (one for each such chain;
  /// evaluates).
  [[nodiscard]] static Result<Nuts> start(LogDensity& target, const Array2& starts, const Array2& covariance,
                                          const NutsOptions& options);
  /// From `checkpoint()`. Error code "checkpoint-damaged": not a checkpoint, cut short, altered, or of another
  /// dimension.
  [[nodiscard]] static Result<Nuts> resume(LogDensity& target, std::string_view checkpoint);

  Nuts(Nuts&&) noexcept;
  Nuts& operator=(Nuts&&) noexcept;
  ~Nuts();

  /// Runs to the end, or until `should_stop()`, which is asked before every batch. May be called again to go on:
  /// unfinished iterations start afresh, with the same numbers.
  void run(Progress& progress);
  /// From now on `draws` a chain, at least as many as before; a later run() adds what is missing. The bits are those of
  /// a sampler that was asked for so many from the start.
  void prolong(int draws);
  [[nodiscard]] NutsResult result() const;
  /// Everything needed to go on, the draws included; binary. At any time between runs.
  [[nodiscard]] std::string checkpoint() const;

 private:
  struct State;
  explicit Nuts(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::infer
