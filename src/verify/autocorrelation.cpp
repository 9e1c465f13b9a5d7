#include "verify/autocorrelation.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include <unsupported/Eigen/FFT>

#include "base/error.hpp"

namespace hillock::verify {
namespace {

bool kept(std::span<const std::uint8_t> mask, std::size_t i) { return mask.empty() || mask[i] != 0; }

/// The deviations from the mean, 0 where left out; fills mean, sd and samples.
std::vector<double> deviations(std::span<const double> series, std::span<const std::uint8_t> mask,
                               Autocorrelation& out) {
  HILLOCK_CHECK(mask.empty() || mask.size() == series.size(), "autocorrelation: mask and series differ in length");
  double sum = 0.0;
  for (std::size_t i = 0; i < series.size(); ++i)
    if (kept(mask, i)) sum += series[i], ++out.samples;
  out.mean = out.samples > 0 ? sum / static_cast<double>(out.samples) : 0.0;
  std::vector<double> x(series.size(), 0.0);
  double squares = 0.0;
  for (std::size_t i = 0; i < series.size(); ++i)
    if (kept(mask, i)) x[i] = series[i] - out.mean, squares += x[i] * x[i];
  out.sd = out.samples > 0 ? std::sqrt(squares / static_cast<double>(out.samples)) : 0.0;
  return x;
}

/// From sums of products and numbers of pairs to correlations.
void normalise(std::vector<double> sums, Autocorrelation& out) {
  const double variance = out.sd * out.sd;
  // Rounding leaves about eps * |mean| in the deviations of a constant series.
  const bool constant = out.samples < 2 || !(out.sd > 1e-15 * std::fabs(out.mean));
  for (std::size_t k = 0; k < sums.size(); ++k)
    sums[k] = constant || out.pairs[k] < 0.5 ? 0.0 : sums[k] / out.pairs[k] / variance;
  sums[0] = 1.0;
  out.rho = std::move(sums);
}

std::size_t clip(std::size_t max_lag, std::size_t length) { return length == 0 ? 0 : std::min(max_lag, length - 1); }

/// sum_i x_i x_{i+k}, k = 0..max_lag, with zero padding against wrapping around.
std::vector<double> lagged_products(std::vector<double> x, std::size_t max_lag) {
  std::size_t size = 1;
  while (size < x.size() + max_lag + 1) size *= 2;
  x.resize(size, 0.0);
  Eigen::FFT<double> fft;
  fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
  std::vector<std::complex<double>> spectrum;
  fft.fwd(spectrum, x);
  for (auto& value : spectrum) value = std::norm(value);
  fft.inv(x, spectrum, static_cast<Eigen::Index>(size));
  x.resize(max_lag + 1);
  return x;
}

}  // namespace

Autocorrelation autocorrelation_direct(std::span<const double> series, std::span<const std::uint8_t> mask,
                                       std::size_t max_lag) {
  Autocorrelation out;
  const std::vector<double> x = deviations(series, mask, out);
  const std::size_t lags = clip(max_lag, x.size());
  std::vector<double> sums(lags + 1, 0.0);
  out.pairs.assign(lags + 1, 0.0);
  for (std::size_t k = 0; k <= lags && k < x.size(); ++k) {
    std::size_t count = x.size() - k;
    if (!mask.empty()) {
      count = 0;
      for (std::size_t i = 0; i + k < x.size(); ++i) count += (mask[i] != 0 && mask[i + k] != 0) ? 1U : 0U;
    }
    double sum = 0.0;
    for (std::size_t i = 0; i + k < x.size(); ++i) sum += x[i] * x[i + k];
    sums[k] = sum;
    out.pairs[k] = static_cast<double>(count);
  }
  normalise(std::move(sums), out);
  return out;
}

Autocorrelation autocorrelation(std::span<const double> series, std::span<const std::uint8_t> mask,
                                std::size_t max_lag) {
  constexpr std::size_t direct_is_cheaper = 64;  // lags; measured at 80 000 samples
  if (max_lag <= direct_is_cheaper) return autocorrelation_direct(series, mask, max_lag);
  Autocorrelation out;
  std::vector<double> x = deviations(series, mask, out);
  const std::size_t lags = clip(max_lag, x.size());
  std::vector<double> flags(series.size());
  for (std::size_t i = 0; i < flags.size(); ++i) flags[i] = kept(mask, i) ? 1.0 : 0.0;
  out.pairs = lagged_products(std::move(flags), lags);
  for (double& count : out.pairs) count = std::round(count);
  normalise(lagged_products(std::move(x), lags), out);
  return out;
}

Independence independence(const Autocorrelation& acf, double interval_ms) {
  Independence out;
  double sum = 0.0;
  double last = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < acf.rho.size(); k += 2) {
    const double pair = acf.rho[k] + (k + 1 < acf.rho.size() ? acf.rho[k + 1] : 0.0);
    if (!(pair > 0.0)) break;
    last = std::min(last, pair);
    sum += last;
    out.lags_used = k + 1;
  }
  const double time = 2.0 * sum - 1.0;
  out.capped = time < 1.0;
  out.integrated_time = std::max(1.0, time);
  out.effective_samples = static_cast<double>(acf.samples) / out.integrated_time;
  out.correlation_time_ms = out.integrated_time > 1.0
                                ? interval_ms / std::log((out.integrated_time + 1.0) / (out.integrated_time - 1.0))
                                : 0.0;
  return out;
}

}  // namespace hillock::verify
