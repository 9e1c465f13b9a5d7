#include "prob/normal_tail.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hillock::prob {
namespace {

constexpr double log_sqrt_two_pi = 0.91893853320467274178;
constexpr double edge = 0.075;          // tails above it are central
constexpr double last_rational = 27.0;  // of sqrt(-log q); there q = 2.5e-317
constexpr double far = 37.0;            // beyond, erfc comes near the least double

/// Horner's rule from the highest coefficient down.
template <std::size_t N>
double polynomial(const double (&c)[N], double x) {
  double sum = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

/// log P(Z > z) without its leading -z^2/2 - log(z sqrt(2 pi)), for z >= 37 (Abramowitz & Stegun 26.2.12). The first
/// term left out is 945/z^10 < 2e-13, of a sum of at least 688.
double log_series(double z_squared) {
  const double r = 1.0 / z_squared;
  return std::log1p(r * (-1.0 + r * (3.0 + r * (-15.0 + r * 105.0))));
}

/// AS 241 with r = sqrt(-log q).
double rational_tail(double r) {
  constexpr double c[] = {1.42343711074968357734,    4.63033784615654529590,   5.76949722146069140550,
                          3.64784832476320460504,    1.27045825245236838258,   2.41780725177450611770e-1,
                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr double d[] = {1.0,
                          2.05319162663775882187,
                          1.67638483018380384940,
                          6.89767334985100004550e-1,
                          1.48103976427480074590e-1,
                          1.51986665636164571966e-2,
                          5.47593808499534494600e-4,
                          1.05075007164441684324e-9};
  constexpr double e[] = {6.65790464350110377720,    5.46378491116411436990,    1.78482653991729133580,
                          2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                          2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr double f[] = {1.0,
                          5.99832206555887937690e-1,
                          1.36929880922735805310e-1,
                          1.48753612908506148525e-2,
                          7.86869131145613259100e-4,
                          1.84631831751005468180e-5,
                          1.42151175831644588870e-7,
                          2.04426310338993978564e-15};
  if (r <= 5.0) return polynomial(c, r - 1.6) / polynomial(d, r - 1.6);
  return polynomial(e, r - 5.0) / polynomial(f, r - 5.0);
}

}  // namespace

double log_upper_tail(double z) {
  if (z < far) return std::log(0.5 * std::erfc(z / std::numbers::sqrt2));
  return -0.5 * z * z - std::log(z) - log_sqrt_two_pi + log_series(z * z);
}

double central_quantile(double q) {
  constexpr double a[] = {3.3871328727963666080,    1.3314166789178437745e+2, 1.9715909503065514427e+3,
                          1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                          3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr double b[] = {1.0,
                          4.2313330701600911252e+1,
                          6.8718700749205790830e+2,
                          5.3941960214247511077e+3,
                          2.1213794301586595867e+4,
                          3.9307895800092710610e+4,
                          2.8729085735721942674e+4,
                          5.2264952788528545610e+3};
  const double r = 0.180625 - q * q;
  return q * polynomial(a, r) / polynomial(b, r);
}

double upper_quantile(double q) {
  return q >= edge ? central_quantile(0.5 - q) : rational_tail(std::sqrt(-std::log(q)));
}

double upper_quantile_log(double log_q) {
  constexpr double log_edge = -2.5902671654458266;  // log(0.075)
  if (log_q >= log_edge) return central_quantile(0.5 - std::exp(log_q));
  const double r = std::sqrt(-log_q);
  if (r <= last_rational) return rational_tail(r);
  // The root of log P(Z > z) = log q in w = z^2, w = -2 log q - log(2 pi w) + 2 log(series): a change of w comes back
  // divided by w > 1400, so five rounds reach the last digit.
  double w = r * r * 2.0;
  for (int round = 0; round < 5; ++round) w = 2.0 * r * r - 2.0 * log_sqrt_two_pi - std::log(w) + 2.0 * log_series(w);
  return std::sqrt(w);
}

}  // namespace hillock::prob
