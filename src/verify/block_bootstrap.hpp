#pragma once
/// The standard error of a mean over time, when neighbouring samples are not independent facts.
///
/// Circular block bootstrap (Politis & Romano 1992): time is cut from random places into blocks long against the
/// correlation, and joined again. Blocks are of time, gaps included, so a replicate is a ratio (sum over the kept
/// samples) / (their number). Prefix sums make a replicate cost one step a block.
///
/// What it does not see: that a second recording of the same protocol would share this one's systematic misfit.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hillock::verify {

struct BlockLength {
  std::size_t samples = 1;
  std::size_t blocks = 0;  ///< in the series
  /// True where the rule asked for blocks longer than a tenth of the series: a standard error from so few blocks is
  /// itself uncertain by more than a quarter (1 / sqrt(2 * 10) = 0.22) and biased low.
  bool few_blocks = false;
};

/// max(5 correlation times, length^(1/3)), at most a tenth of the series. An exponential correlation makes a standard
/// error from blocks of l samples too small by the factor sqrt(1 - tau/l) or less: 10 % at 5 correlation times, and
/// 5 % for squares of a normal series, which decorrelate twice as fast.
[[nodiscard]] BlockLength block_length(double correlation_time_samples, std::size_t length);

struct BootstrapOptions {
  std::size_t block = 1;  ///< samples, from `block_length`
  std::size_t replicates = 1000;
  std::uint64_t seed = 0;
};

/// Means of `values` over the kept samples, one for each replicate. Values at samples left out are not read. Replicate
/// r draws its blocks from the stream ("block bootstrap", r) of the seed. Empty mask: all kept.
[[nodiscard]] std::vector<double> bootstrap_means(std::span<const double> values, std::span<const std::uint8_t> mask,
                                                  const BootstrapOptions& options);

struct ErrorWithSe {
  double error = 0.0;
  double se = 0.0;
  std::size_t samples = 0;
};

/// sqrt(mean(residual^2)) / range and its standard error; `range` (max - min of the data) is taken as fixed.
[[nodiscard]] ErrorWithSe rms_error(std::span<const double> residuals, std::span<const std::uint8_t> mask, double range,
                                    const BootstrapOptions& options);

/// The standard deviation of a set of replicates (divisor n - 1).
[[nodiscard]] double standard_deviation(std::span<const double> values);

}  // namespace hillock::verify
