#pragma once
/// Do the data fall inside the predicted intervals as often as promised?
///
/// The predictive distribution at each time is a mixture over posterior draws d of Normal(trace_d(t), sd_d). A sample's
/// place in it, u = mean over d of Phi((y - trace_d) / sd_d), is uniform on (0, 1) if the model is right (Rosenblatt
/// 1952), so the central interval of level L covers it where (1-L)/2 <= u <= (1+L)/2: exact for any number of draws,
/// one pass, no stored traces. Coverage from stored draws or given bounds is here too. Standard errors by block
/// bootstrap.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"
#include "verify/block_bootstrap.hpp"

namespace hillock::verify {

/// Accumulates u over draws.
class PredictivePlace {
 public:
  /// @param data  measured values; must outlive this
  explicit PredictivePlace(std::span<const double> data);
  /// One posterior draw: its trace (one value per sample) and its noise sd (one value, or one per sample).
  void add(std::span<const double> trace, std::span<const double> noise_sd);
  [[nodiscard]] std::size_t draws() const { return draws_; }
  /// u, one per sample. At least one draw.
  [[nodiscard]] std::vector<double> place() const;

 private:
  std::span<const double> data_;
  std::vector<double> sum_;
  std::size_t draws_ = 0;
};

struct Coverage {
  double level = 0.0;    ///< promised, e.g. 0.9
  double covered = 0.0;  ///< fraction of the kept samples inside
  double se = 0.0;       ///< of `covered`, by block bootstrap
  std::size_t samples = 0;
};

/// From each sample's place in its predictive distribution.
[[nodiscard]] Coverage coverage_from_place(std::span<const double> place, std::span<const std::uint8_t> mask,
                                           double level, const BootstrapOptions& blocks);

/// From bounds, one pair per sample, both included.
[[nodiscard]] Coverage coverage_from_bounds(std::span<const double> data, std::span<const double> lower,
                                            std::span<const double> upper, std::span<const std::uint8_t> mask,
                                            double level, const BootstrapOptions& blocks);

/// Predictive quantiles from draws (noise included), n_draws x n_samples, at each of `levels`; n_levels x n_samples.
/// The estimator is at rank p (D + 1) (Hyndman & Fan 1996, type 6), for which the interval between the quantiles p and
/// 1 - p covers a new draw with probability exactly 1 - 2p, for any D >= 1/p - 1; outside, the extreme draw is used.
[[nodiscard]] Array2 predictive_quantiles(const Array2& draws, std::span<const double> levels);

}  // namespace hillock::verify
