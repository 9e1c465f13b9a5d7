#include "verify/block_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/rng.hpp"

namespace hillock::verify {

BlockLength block_length(double correlation_time_samples, std::size_t length) {
  HILLOCK_CHECK(correlation_time_samples >= 0.0, "block_length: the correlation time is negative or not a number");
  BlockLength out;
  if (length == 0) return out;
  const double n = static_cast<double>(length);
  const double wanted = std::max({1.0, std::ceil(5.0 * correlation_time_samples), std::ceil(std::cbrt(n))});
  const double most = std::max(1.0, std::floor(n / 10.0));
  out.few_blocks = wanted > most;
  out.samples = static_cast<std::size_t>(std::min(wanted, most));
  out.blocks = (length + out.samples - 1) / out.samples;
  return out;
}

std::vector<double> bootstrap_means(std::span<const double> values, std::span<const std::uint8_t> mask,
                                    const BootstrapOptions& options) {
  HILLOCK_CHECK(mask.empty() || mask.size() == values.size(), "bootstrap: mask and values differ in length");
  HILLOCK_CHECK(options.block > 0, "bootstrap: blocks of no samples");
  const std::size_t n = values.size();
  if (n == 0) return {};
  // Prefix sums over two rounds of the circle, about the mean so that their differences keep their digits.
  double total = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < n; ++i)
    if (mask.empty() || mask[i] != 0) total += values[i], count += 1.0;
  if (count < 0.5) return {};
  const double centre = total / count;
  const std::size_t block = std::min(options.block, n);
  std::vector<double> sums(n + block + 1, 0.0);
  std::vector<double> counts(n + block + 1, 0.0);
  for (std::size_t i = 0; i < n + block; ++i) {
    const std::size_t at = i < n ? i : i - n;
    const bool keep = mask.empty() || mask[at] != 0;
    sums[i + 1] = sums[i] + (keep ? values[at] - centre : 0.0);
    counts[i + 1] = counts[i] + (keep ? 1.0 : 0.0);
  }
  std::vector<double> means(options.replicates);
  for (std::size_t r = 0; r < options.replicates; ++r) {
    Rng rng(options.seed, stream_id("block bootstrap"), r);
    double sum = 0.0;
    double kept = 0.0;
    for (std::size_t done = 0; done < n; done += block) {
      const std::size_t length = std::min(block, n - done);
      const std::size_t from = rng.below(n);
      sum += sums[from + length] - sums[from];
      kept += counts[from + length] - counts[from];
    }
    means[r] = kept > 0.5 ? centre + sum / kept : centre;  // every block within a gap: one replicate without news
  }
  return means;
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double mean = 0.0;
  for (const double v : values) mean += v;
  mean /= static_cast<double>(values.size());
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

ErrorWithSe rms_error(std::span<const double> residuals, std::span<const std::uint8_t> mask, double range,
                      const BootstrapOptions& options) {
  HILLOCK_CHECK(mask.empty() || mask.size() == residuals.size(), "rms_error: mask and residuals differ in length");
  ErrorWithSe out;
  std::vector<double> squares(residuals.size(), 0.0);
  double sum = 0.0;
  for (std::size_t i = 0; i < residuals.size(); ++i)
    if (mask.empty() || mask[i] != 0) squares[i] = residuals[i] * residuals[i], sum += squares[i], ++out.samples;
  if (out.samples == 0 || !(range > 0.0)) {
    out.error = out.se = std::numeric_limits<double>::quiet_NaN();
    return out;
  }
  out.error = std::sqrt(sum / static_cast<double>(out.samples)) / range;
  std::vector<double> errors = bootstrap_means(squares, mask, options);
  for (double& e : errors) e = std::sqrt(std::max(0.0, e)) / range;
  out.se = standard_deviation(errors);
  return out;
}

}  // namespace hillock::verify
