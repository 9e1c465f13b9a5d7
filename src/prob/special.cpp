#include "prob/special.hpp"

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/erf.hpp>

#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"

namespace hillock::prob {

namespace {

namespace bm = boost::math;
// Doubles stay doubles: the same bits whatever `long double` is. Overflow gives infinity, not an exception.
using Policy =
    bm::policies::policy<bm::policies::promote_double<false>, bm::policies::overflow_error<bm::policies::ignore_error>,
                         bm::policies::underflow_error<bm::policies::ignore_error>>;
using Normal = bm::normal_distribution<double, Policy>;
using ChiSquared = bm::chi_squared_distribution<double, Policy>;
using StudentsT = bm::students_t_distribution<double, Policy>;
using FisherF = bm::fisher_f_distribution<double, Policy>;
using Beta = bm::beta_distribution<double, Policy>;

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_probability(double p) { HILLOCK_CHECK(p >= 0.0 && p <= 1.0, "a probability must be in [0, 1]"); }
void check_dof(double dof) { HILLOCK_CHECK(dof > 0.0 && std::isfinite(dof), "degrees of freedom must be positive"); }

/// P(X > x) on the half line, for statistics that cannot be negative.
template <class Distribution>
double positive_survival(const Distribution& distribution, double x) {
  if (std::isnan(x)) return x;
  if (x <= 0.0) return 1.0;
  if (x == infinity) return 0.0;
  return bm::cdf(bm::complement(distribution, x));
}

template <class Distribution>
double positive_quantile(const Distribution& distribution, double p) {
  check_probability(p);
  if (p == 0.0) return 0.0;
  if (p == 1.0) return infinity;
  return bm::quantile(distribution, p);
}

}  // namespace

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double normal_survival(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

double normal_quantile(double p) {
  check_probability(p);
  if (p == 0.0) return -infinity;
  if (p == 1.0) return infinity;
  return bm::quantile(Normal(0.0, 1.0), p);
}

double erf_inverse(double p) {
  HILLOCK_CHECK(p >= -1.0 && p <= 1.0, "erf_inverse needs p in [-1, 1]");
  if (std::fabs(p) == 1.0) return p * infinity;
  return bm::erf_inv(p, Policy());
}

double chi2_survival(double x, double dof) {
  check_dof(dof);
  return positive_survival(ChiSquared(dof), x);
}
double chi2_quantile(double p, double dof) {
  check_dof(dof);
  return positive_quantile(ChiSquared(dof), p);
}

double t_survival(double x, double dof) {
  check_dof(dof);
  if (std::isnan(x)) return x;
  if (std::isinf(x)) return x > 0.0 ? 0.0 : 1.0;
  return bm::cdf(bm::complement(StudentsT(dof), x));
}
double t_quantile(double p, double dof) {
  check_dof(dof);
  check_probability(p);
  if (p == 0.0) return -infinity;
  if (p == 1.0) return infinity;
  return bm::quantile(StudentsT(dof), p);
}

double f_survival(double x, double dof_numerator, double dof_denominator) {
  check_dof(dof_numerator);
  check_dof(dof_denominator);
  return positive_survival(FisherF(dof_numerator, dof_denominator), x);
}
double f_quantile(double p, double dof_numerator, double dof_denominator) {
  check_dof(dof_numerator);
  check_dof(dof_denominator);
  return positive_quantile(FisherF(dof_numerator, dof_denominator), p);
}

double beta_quantile(double p, double a, double b) {
  HILLOCK_CHECK(a > 0.0 && b > 0.0, "beta_quantile needs positive shapes");
  check_probability(p);
  if (p == 0.0 || p == 1.0) return p;
  return bm::quantile(Beta(a, b), p);
}

double kolmogorov_survival(double x) {
  if (!(x > 0.0)) return std::isnan(x) ? x : 1.0;
  if (x < 1.0) {
    // Jacobi's other theta series converges fast here: P(X <= x) = sqrt(2 pi)/x sum exp(-(2k-1)^2 pi^2 / (8 x^2)).
    double sum = 0.0;
    for (int k = 1; k <= 10; ++k) {
      const double m = (2.0 * k - 1.0) * std::numbers::pi / x;
      sum += std::exp(-m * m / 8.0);
    }
    return 1.0 - std::sqrt(2.0 * std::numbers::pi) / x * sum;
  }
  double sum = 0.0;
  for (int k = 1; k <= 10; ++k) sum += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * x * x);
  return sum;
}

}  // namespace hillock::prob
