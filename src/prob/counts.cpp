#include "prob/counts.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace hillock::prob {
namespace {

constexpr double largest = 0x1p53;
constexpr double least_rejected = 10.0;
/// A mean below 10 gives more with a probability below 1e-70: such a search has run into rounding, and starts again.
constexpr double farthest = 110.0;
constexpr double half_log_two_pi = 0.91893853320467274178;

/// log k! = (k + 1/2) log(k + 1) - (k + 1) + log(2 pi)/2 + correction(k), k whole. From 10 on the asymptotic series,
/// whose next term is below 1e-12.
double correction(double k) {
  constexpr std::array<double, 10> first{
      0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509,  0.01664469118982119,
      0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871};
  if (k < static_cast<double>(first.size())) return first[static_cast<std::size_t>(k)];
  const double x = k + 1.0, square = x * x;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / x;
}

/// Searches upwards from 0 with probability `term` there; `next(k)` is the ratio of k's to the one before.
template <class Next>
double inverted(Rng& rng, double at_zero, double most, Next&& next) {
  while (true) {
    double u = rng.uniform();
    double term = at_zero;
    for (double k = 0.0; k <= most && k <= farthest; ++k) {
      if (u <= term) return k;
      u -= term;
      term *= next(k + 1.0);
    }
  }
}

/// p at most 1/2.
double binomial_below_half(Rng& rng, double n, double p) {
  if (n * p < least_rejected) {
    const double odds = p / (1.0 - p);
    return inverted(rng, std::exp(n * std::log1p(-p)), n, [&](double k) { return odds * (n - k + 1.0) / k; });
  }
  const double sd = std::sqrt(n * p * (1.0 - p));
  const double b = 1.15 + 2.53 * sd;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double c = n * p + 0.5;
  const double alpha = (2.83 + 5.1 / b) * sd;
  const double accepted_at_once = 0.92 - 4.2 / b;
  const double odds = p / (1.0 - p);
  const double mode = std::floor((n + 1.0) * p);
  while (true) {
    const double u = rng.uniform() - 0.5;
    const double v = rng.uniform();
    const double us = 0.5 - std::fabs(u);
    const double k = std::floor((2.0 * a / us + b) * u + c);
    if (us >= 0.07 && v <= accepted_at_once) return k;
    if (k < 0.0 || k > n) continue;
    const double bound = (mode + 0.5) * std::log((mode + 1.0) / (odds * (n - mode + 1.0))) +
                         (n + 1.0) * std::log((n - mode + 1.0) / (n - k + 1.0)) +
                         (k + 0.5) * std::log(odds * (n - k + 1.0) / (k + 1.0)) + correction(mode) +
                         correction(n - mode) - correction(k) - correction(n - k);
    if (std::log(v * alpha / (a / (us * us) + b)) <= bound) return k;
  }
}

}  // namespace

double draw_binomial(Rng& rng, double n, double p) {
  if (!(n >= 0.0 && n <= largest && n == std::floor(n) && p >= 0.0 && p <= 1.0))
    return std::numeric_limits<double>::quiet_NaN();
  if (n == 0.0 || p == 0.0) return 0.0;
  if (p == 1.0) return n;
  return p <= 0.5 ? binomial_below_half(rng, n, p) : n - binomial_below_half(rng, n, 1.0 - p);
}

double draw_poisson(Rng& rng, double mean) {
  if (!(mean >= 0.0 && mean <= largest)) return std::numeric_limits<double>::quiet_NaN();
  if (mean < least_rejected)
    return inverted(rng, std::exp(-mean), std::numeric_limits<double>::infinity(), [&](double k) { return mean / k; });
  const double log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double log_inverse_alpha = std::log(1.1239 + 1.1328 / (b - 3.4));
  const double accepted_at_once = 0.9277 - 3.6224 / (b - 2.0);
  while (true) {
    const double u = rng.uniform() - 0.5;
    const double v = rng.uniform();
    const double us = 0.5 - std::fabs(u);
    const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= accepted_at_once) return k;
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    const double log_factorial = (k + 0.5) * std::log(k + 1.0) - (k + 1.0) + half_log_two_pi + correction(k);
    if (std::log(v) + log_inverse_alpha - std::log(a / (us * us) + b) <= k * log_mean - mean - log_factorial) return k;
  }
}

}  // namespace hillock::prob
