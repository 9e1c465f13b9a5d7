#pragma once
/// How much a series repeats itself, and how many independent samples it is worth.
///
/// Series have gaps: `mask` has one flag per sample (1 keeps it), or is empty where all are kept. The series is on one
/// uniform time grid and a gap keeps its place on it, so a pair of samples k apart counts whenever both are kept, even
/// across a gap. Several sweeps: lay them end to end with a gap longer than `max_lag` between.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hillock::verify {

struct Autocorrelation {
  /// rho[k] = (S_k / N_k) / (S_0 / N_0), with S_k the sum of (x_i - m)(x_{i+k} - m) over the N_k kept pairs. rho[0]
  /// = 1.
  std::vector<double> rho;
  std::vector<double> pairs;  ///< N_k
  double mean = 0.0;
  double sd = 0.0;          ///< sqrt(S_0 / N_0)
  std::size_t samples = 0;  ///< N_0
};

/// rho up to `max_lag` (clipped to the length less one); direct sums, O(n max_lag): the plain version.
/// A series with fewer than two kept samples, or a constant one, has rho = 1, 0, 0, ...
[[nodiscard]] Autocorrelation autocorrelation_direct(std::span<const double> series, std::span<const std::uint8_t> mask,
                                                     std::size_t max_lag);

/// The same numbers by the fast Fourier transform, O(n log n), where that is cheaper.
[[nodiscard]] Autocorrelation autocorrelation(std::span<const double> series, std::span<const std::uint8_t> mask,
                                              std::size_t max_lag);

struct Independence {
  double integrated_time = 1.0;    ///< 1 + 2 sum rho_k, in samples; at least 1 (see `capped`)
  double effective_samples = 0.0;  ///< samples / integrated_time: never above the number of samples
  /// True where the estimated integrated time was below 1 (neighbours that oppose each other would make a series
  /// worth more than its length: not claimed) and was set to 1.
  bool capped = false;
  /// tau of the exponential autocorrelation exp(-t/tau) that has this integrated time, coth(dt / 2 tau) =
  /// integrated_time: exact for AR(1), 0 for a white series. In units of `interval_ms`.
  double correlation_time_ms = 0.0;
  std::size_t lags_used = 0;  ///< where the sum was cut
};

/// The integrated autocorrelation time by Geyer's initial monotone sequence (Geyer 1992, Statist. Sci. 7:473,
/// sec. 3.3): sums rho over neighbouring pairs of lags while these sums are positive, each no larger than the one
/// before.
[[nodiscard]] Independence independence(const Autocorrelation& acf, double interval_ms);

}  // namespace hillock::verify
