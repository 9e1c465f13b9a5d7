#include "infer/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "prob/special.hpp"

namespace hillock::infer {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool usable(const Array2& chains) {
  return chains.rows >= 1 && chains.cols >= 4 &&
         std::all_of(chains.values.begin(), chains.values.end(), [](double x) { return std::isfinite(x); });
}

bool constant(const Array2& chains) {
  const auto [low, high] = std::minmax_element(chains.values.begin(), chains.values.end());
  return *low == *high;
}

/// Each chain cut into its first and second half.
Array2 split(const Array2& chains) {
  const std::size_t half = chains.cols / 2;
  Array2 out(2 * chains.rows, half);
  for (std::size_t k = 0; k < chains.rows; ++k) {
    std::copy_n(chains.row(k).begin(), half, out.row(2 * k).begin());
    std::copy_n(chains.row(k).begin() + static_cast<std::ptrdiff_t>(chains.cols - half), half,
                out.row(2 * k + 1).begin());
  }
  return out;
}

/// Normal scores of the ranks over all chains, ties sharing their mean rank (eq. 14).
Array2 normal_scores(const Array2& chains) {
  const std::size_t n = chains.values.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chains.values[a] < chains.values[b]; });
  Array2 out(chains.rows, chains.cols);
  for (std::size_t from = 0; from < n;) {
    std::size_t to = from + 1;
    while (to < n && chains.values[order[to]] == chains.values[order[from]]) ++to;
    const double rank = 0.5 * static_cast<double>(from + to + 1);
    const double score = prob::normal_quantile((rank - 0.375) / (static_cast<double>(n) + 0.25));
    for (std::size_t i = from; i < to; ++i) out.values[order[i]] = score;
    from = to;
  }
  return out;
}

struct Variances {
  std::vector<double> mean;  ///< of each chain
  double within;             ///< W: mean of the chains' sample variances
  double plus;               ///< var^+ of eq. 3
};

Variances variances(const Array2& chains) {
  const auto m = static_cast<double>(chains.rows), n = static_cast<double>(chains.cols);
  Variances out{{}, 0.0, 0.0};
  double grand = 0.0;
  for (std::size_t k = 0; k < chains.rows; ++k) {
    const auto row = chains.row(k);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / n;
    double squares = 0.0;
    for (const double x : row) squares += (x - mean) * (x - mean);
    out.mean.push_back(mean);
    out.within += squares / (n - 1.0) / m;
    grand += mean / m;
  }
  double between = 0.0;  // B / n
  for (const double mean : out.mean) between += (mean - grand) * (mean - grand);
  out.plus = out.within * (n - 1.0) / n + (chains.rows > 1 ? between / (m - 1.0) : 0.0);
  return out;
}

/// sqrt(var^+ / W), eq. 4.
double plain_rhat(const Array2& chains) {
  if (constant(chains)) return 1.0;
  const Variances v = variances(chains);
  return std::sqrt(v.plus / v.within);
}

/// Eqs. 8-13 and Geyer's initial monotone sequence. Autocovariances are computed lag by lag, as far as they are needed.
double plain_ess(const Array2& chains) {
  const auto m = static_cast<double>(chains.rows), n = static_cast<double>(chains.cols);
  if (constant(chains)) return m * n;
  const Variances v = variances(chains);
  const auto correlation = [&](std::size_t lag) {
    double covariance = 0.0;
    for (std::size_t k = 0; k < chains.rows; ++k) {
      const auto row = chains.row(k);
      double sum = 0.0;
      for (std::size_t i = 0; i + lag < chains.cols; ++i) sum += (row[i] - v.mean[k]) * (row[i + lag] - v.mean[k]);
      covariance += sum / n / m;
    }
    return 1.0 - (v.within - covariance) / v.plus;
  };
  // rho[2i], rho[2i+1] are a pair; pairs are kept as long as their sums are positive (initial positive sequence).
  std::vector<double> rho = {1.0, correlation(1)};
  double even = rho[0], odd = rho[1];
  std::size_t lag = 1;
  while (lag + 3 < chains.cols && even + odd > 0.0) {
    even = correlation(lag + 1);
    odd = correlation(lag + 2);
    rho.push_back(even + odd >= 0.0 ? even : 0.0);
    rho.push_back(even + odd >= 0.0 ? odd : 0.0);
    lag += 2;
  }
  const auto last = static_cast<std::ptrdiff_t>(lag) - 2;
  const auto at = [&](std::ptrdiff_t i) -> double& { return rho[static_cast<std::size_t>(i)]; };
  // One more even lag lowers the variance of the estimate for antithetic chains.
  if (even > 0.0) at(last + 1) = even;
  for (std::ptrdiff_t t = 1; t <= last - 2; t += 2) {
    if (at(t + 1) + at(t + 2) > at(t - 1) + at(t)) at(t + 1) = at(t + 2) = 0.5 * (at(t - 1) + at(t));
  }
  double tau = -1.0;
  for (std::ptrdiff_t t = 0; t <= last; ++t) tau += 2.0 * at(t);
  tau += at(last + 1);
  // Antithetic chains may be worth more than their length, but not without bound.
  tau = std::max(tau, 1.0 / std::log10(m * n));
  return m * n / tau;
}

}  // namespace

double quantile(std::span<const double> values, double p) {
  HILLOCK_CHECK(p >= 0.0 && p <= 1.0, "a quantile needs p in [0, 1]");
  if (values.empty() || std::any_of(values.begin(), values.end(), [](double x) { return std::isnan(x); }))
    return not_a_number;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  if (part == 0.0) return sorted[below];
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double rhat(const Array2& chains) {
  if (!usable(chains)) return not_a_number;
  const Array2 halves = split(chains);
  Array2 folded = halves;
  const double median = quantile(halves.values, 0.5);
  for (double& x : folded.values) x = std::fabs(x - median);
  return std::max(plain_rhat(normal_scores(halves)), plain_rhat(normal_scores(folded)));
}

double ess_bulk(const Array2& chains) {
  return usable(chains) ? plain_ess(normal_scores(split(chains))) : not_a_number;
}

double ess_mean(const Array2& chains) { return usable(chains) ? plain_ess(split(chains)) : not_a_number; }

double ess_quantile(const Array2& chains, double p) {
  if (!usable(chains)) return not_a_number;
  const double edge = quantile(chains.values, p);
  Array2 below = chains;
  for (double& x : below.values) x = x <= edge ? 1.0 : 0.0;
  return plain_ess(split(below));
}

double ess_tail(const Array2& chains) { return std::min(ess_quantile(chains, 0.05), ess_quantile(chains, 0.95)); }

double mcse_mean(const Array2& chains) {
  if (!usable(chains)) return not_a_number;
  const auto n = static_cast<double>(chains.values.size());
  const double mean = std::accumulate(chains.values.begin(), chains.values.end(), 0.0) / n;
  double squares = 0.0;
  for (const double x : chains.values) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / (n - 1.0) / ess_mean(chains));
}

double mcse_quantile(const Array2& chains, double p) {
  if (!usable(chains)) return not_a_number;
  const double ess = ess_quantile(chains, p);
  std::vector<double> sorted = chains.values;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  const auto place = [&](double probability) {
    return prob::beta_quantile(probability, ess * p + 1.0, ess * (1.0 - p) + 1.0) * n - 1.0;
  };
  // One standard deviation of the normal distribution to either side.
  const double low = std::floor(std::max(place(0.1586553), 0.0));
  const double high = std::ceil(std::min(place(0.8413447), n - 1.0));
  return 0.5 * (sorted[static_cast<std::size_t>(high)] - sorted[static_cast<std::size_t>(low)]);
}

Array2 chains_of(const std::vector<Array2>& draws, std::size_t dimension) {
  std::size_t length = std::numeric_limits<std::size_t>::max();
  for (const Array2& chain : draws) length = std::min(length, chain.rows);
  Array2 out(draws.size(), draws.empty() ? 0 : length);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    for (std::size_t i = 0; i < length; ++i) out(k, i) = draws[k](i, dimension);
  }
  return out;
}

Mixing mixing_of(const std::vector<Array2>& draws) {
  Mixing out;
  for (std::size_t j = 0; j < draws.front().cols; ++j) {
    const Array2 chains = chains_of(draws, j);
    out.rhat.push_back(rhat(chains));
    out.ess_bulk.push_back(ess_bulk(chains));
    out.ess_tail.push_back(ess_tail(chains));
  }
  return out;
}

}  // namespace hillock::infer
