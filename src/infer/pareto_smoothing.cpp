#include "infer/pareto_smoothing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"

namespace hillock::infer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double log_sum_exp(std::span<const double> values) {
  const double largest = *std::max_element(values.begin(), values.end());
  if (!std::isfinite(largest)) return largest;
  double sum = 0.0;
  for (const double v : values) sum += std::exp(v - largest);
  return largest + std::log(sum);
}

double mean_log1p(double b, std::span<const double> x) {
  double sum = 0.0;
  for (const double v : x) sum += std::log1p(-b * v);
  return sum / static_cast<double>(x.size());
}

/// The quantile at p of the fitted distribution.
double pareto_quantile(double p, const ParetoFit& fit) {
  const double tail = std::log1p(-p);
  if (fit.k == 0.0) return -fit.sigma * tail;
  return fit.sigma * std::expm1(-fit.k * tail) / fit.k;
}

}  // namespace

ParetoFit fit_generalised_pareto(std::span<const double> x) {
  const std::size_t n = x.size();
  HILLOCK_CHECK(n >= 5 && std::is_sorted(x.begin(), x.end()), "the fit takes five or more exceedances, ascending");
  const auto count = static_cast<double>(n);
  const double quarter = x[static_cast<std::size_t>(std::floor(count / 4.0 + 0.5)) - 1], largest = x.back();
  if (!(quarter > 0.0) || !std::isfinite(largest) || x.front() == largest) return {infinity, 0.0};
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / count;
  // The posterior mean of b = -k/sigma over a grid (their eq. 2.3 ff.), from the profile likelihood.
  const auto grid = static_cast<std::size_t>(30.0 + std::floor(std::sqrt(count)));
  std::vector<double> b(grid), likelihood(grid);
  for (std::size_t i = 0; i < grid; ++i) {
    const double part = std::sqrt(static_cast<double>(grid) / (static_cast<double>(i) + 0.5));
    b[i] = 1.0 / largest + (1.0 - part) / (3.0 * quarter);
    const double k = mean_log1p(b[i], x);
    // -b/k tends to 1/mean as b tends to 0.
    const double ratio = std::fabs(b[i] * mean) < 1e-10 ? 1.0 / mean : -b[i] / k;
    likelihood[i] = count * (std::log(ratio) - k - 1.0);
  }
  const double norm = log_sum_exp(likelihood);
  double estimate = 0.0;
  for (std::size_t i = 0; i < grid; ++i) estimate += b[i] * std::exp(likelihood[i] - norm);
  const double k = mean_log1p(estimate, x);
  const double sigma = std::fabs(estimate * mean) < 1e-10 ? mean : -k / estimate;
  if (!std::isfinite(k) || !std::isfinite(sigma)) return {infinity, 0.0};
  return {(count * k + 10.0 * 0.5) / (count + 10.0), sigma};
}

ParetoSmoothed pareto_smooth(std::span<const double> log_weights) {
  const std::size_t n = log_weights.size();
  ParetoSmoothed out{{log_weights.begin(), log_weights.end()}, infinity, 0};
  std::vector<double>& w = out.log_weights;
  const auto bad = [](double x) { return std::isnan(x) || x == infinity; };
  if (std::any_of(w.begin(), w.end(), bad)) return out;
  if (w.empty()) return out;
  const auto [least, most] = std::minmax_element(w.begin(), w.end());
  const double lowest = *least, largest = *most;
  if (largest == -infinity) return out;
  for (double& x : w) x -= largest;
  if (lowest == largest) out.khat = -infinity;

  const auto count = static_cast<double>(n);
  const auto wanted = static_cast<std::size_t>(std::ceil(std::min(0.2 * count, 3.0 * std::sqrt(count))));
  if (lowest < largest && wanted < n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return w[i] < w[j]; });
    // The threshold is the largest weight that is not in the tail; weights that equal it are not in it either.
    const double threshold = std::max(w[order[n - wanted - 1]], std::log(std::numeric_limits<double>::min()));
    std::size_t first = n - wanted;
    while (first < n && w[order[first]] <= threshold) ++first;
    const std::size_t tail = n - first;
    if (tail >= 5) {
      std::vector<double> exceedances;
      for (std::size_t i = first; i < n; ++i)
        exceedances.push_back(std::exp(threshold) * std::expm1(w[order[i]] - threshold));
      const ParetoFit fit = fit_generalised_pareto(exceedances);
      out.khat = fit.k;
      if (std::isfinite(fit.k)) {
        out.tail = tail;
        for (std::size_t i = first; i < n; ++i) {
          const double p = (static_cast<double>(i - first) + 0.5) / static_cast<double>(tail);
          // No weight above the largest raw one.
          w[order[i]] = std::min(0.0, std::log(pareto_quantile(p, fit) + std::exp(threshold)));
        }
      }
    }
  }
  const double norm = log_sum_exp(w);
  for (double& x : w) x -= norm;
  return out;
}

double khat_threshold(std::size_t draws) {
  if (draws < 2) return -infinity;
  return std::min(1.0 - 1.0 / std::log10(static_cast<double>(draws)), 0.7);
}

}  // namespace hillock::infer
