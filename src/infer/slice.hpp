#pragma once
/// Univariate slice sampling, all chains as one batch; for densities without a gradient.
///
/// Neal 2003 (Annals of Statistics 31:705): intervals by stepping out (fig. 3), draws by shrinkage (fig. 5), one
/// direction after the other. An iteration updates along every direction once, in an order drawn for it.
///
/// Each chain is a state machine that wants one log density at a time; each round gathers the wishes of all running
/// chains into one batch, some stepping out, some shrinking, and calls `LogDensity::evaluate` once. A chain that is
/// done leaves the batch.
///
/// Directions: with `rotate`, the principal axes of the covariance, each a standard deviation long, else the
/// coordinates, likewise. Warm-up: the widths of first intervals (3 x the mean move: the mean width of a slice on which
/// draws are uniform) and the covariance, from windows of all chains' draws together. Chains wait for each other at the
/// ends of windows and nowhere else.
///
/// A chain does not go from one mode to another where the density between them is lower than a slice's level: what
/// share of the draws a mode has is decided by the starts (sampling_importance_resampling.hpp).
///
/// The random numbers of an iteration are addressed by (seed, chain, iteration): they depend neither on threads nor on
/// which chains share a batch.

#include <cstdint>
#include <memory>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

struct SliceOptions {
  std::uint64_t seed = 1;
  int warmup = 100;     ///< iterations per chain that are thrown away
  int draws = 500;      ///< kept iterations per chain
  double width = 2.5;   ///< of first intervals, in standard deviations of the given covariance
  int most_steps = 32;  ///< an interval grows to so many widths at most (Neal's m)
  bool rotate = true;   ///< along principal axes; else along the coordinates

  /// Error code "option-range", one for each option that is out of range.
  [[nodiscard]] Result<void> validate() const;
};

struct SliceResult {
  std::vector<Array2> draws;            ///< [chain]: draws x d, fewer where the run was stopped
  std::vector<std::vector<double>> lp;  ///< [chain][draw] log density
  Array2 directions;                    ///< d x d, one per row, in use at the end
  std::vector<double> widths;           ///< [direction], in lengths of the direction, in use at the end
  std::int64_t evaluations_warmup = 0;  ///< log densities, all chains
  std::int64_t evaluations = 0;         ///< the same after warm-up
  std::int64_t batches = 0;             ///< calls of LogDensity::evaluate
  std::int64_t capped = 0;              ///< intervals that `most_steps` kept from growing, after warm-up
  std::int64_t stuck = 0;               ///< updates that found no other point of the slice, after warm-up
  bool complete = false;
};

class Slice {
 public:
  /// @param starts      chains x d, one row per chain
  /// @param covariance  d x d, symmetric positive definite: a guess at the posterior's
  /// Error codes: "option-range", "metric-not-positive", "start-outside-support" (one for each such chain; evaluates).
  [[nodiscard]] static Result<Slice> start(LogDensity& target, const Array2& starts, const Array2& covariance,
                                           const SliceOptions& options);

  Slice(Slice&&) noexcept;
  Slice& operator=(Slice&&) noexcept;
  ~Slice();

  /// Runs to the end, or until `should_stop()`, which is asked before every batch. May be called again to go on, with
  /// the bits of a run that was never stopped.
  void run(Progress& progress);
  [[nodiscard]] SliceResult result() const;

 private:
  struct State;
  explicit Slice(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hillock::infer
