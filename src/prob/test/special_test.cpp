#include "prob/special.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::prob {
namespace {

// Closed forms, and values from scipy.stats 1.10 (sf, ppf) to 12 digits; Boost's own accuracy is a few ulp.
constexpr double relative = 1e-11;
void expect_close(double found, double expected) { EXPECT_NEAR(found, expected, relative * std::fabs(expected)); }

TEST(Special, ClosedForms) {
  for (const double x : {0.1, 1.0, 7.0, 300.0, 1400.0}) expect_close(chi2_survival(x, 2.0), std::exp(-x / 2.0));
  for (const double t : {-2.0, 0.3, 10.0}) expect_close(t_survival(t, 1.0), 0.5 - std::atan(t) / std::numbers::pi);
  // F(2, m): P(X > x) = (1 + 2x/m)^(-m/2).
  for (const double x : {0.5, 3.0, 40.0}) expect_close(f_survival(x, 2.0, 9.0), std::pow(1.0 + 2.0 * x / 9.0, -4.5));
  expect_close(chi2_survival(9.0, 1.0), 2.0 * normal_survival(3.0));
  expect_close(beta_quantile(0.3, 4.0, 1.0), std::pow(0.3, 0.25));
}

TEST(Special, TailsKeepTheirDigits) {
  expect_close(normal_survival(10.0), 7.61985302416052606e-24);
  expect_close(normal_survival(30.0), 4.90671392714820e-198);
  EXPECT_NEAR(normal_quantile(1e-100), -21.2734535609653, 1e-10);
  expect_close(normal_cdf(-10.0), normal_survival(10.0));
}

TEST(Special, QuantileInvertsSurvival) {
  for (const double p : {1e-9, 0.01, 0.5, 0.975, 0.9999}) {
    EXPECT_NEAR(1.0 - normal_survival(normal_quantile(p)), p, 1e-13);
    EXPECT_NEAR(1.0 - chi2_survival(chi2_quantile(p, 7.3), 7.3), p, 1e-12);
    EXPECT_NEAR(1.0 - t_survival(t_quantile(p, 2.7), 2.7), p, 1e-12);
    EXPECT_NEAR(1.0 - f_survival(f_quantile(p, 3.0, 11.0), 3.0, 11.0), p, 1e-12);
    EXPECT_NEAR(std::erf(erf_inverse(p)), p, 1e-13);
  }
}

TEST(Special, EndsOfTheSupport) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(chi2_survival(-1.0, 3.0), 1.0);
  EXPECT_EQ(chi2_survival(infinity, 3.0), 0.0);
  EXPECT_EQ(f_survival(0.0, 3.0, 2.0), 1.0);
  EXPECT_EQ(t_survival(infinity, 3.0), 0.0);
  EXPECT_EQ(t_survival(-infinity, 3.0), 1.0);
  EXPECT_EQ(normal_quantile(0.0), -infinity);
  EXPECT_EQ(normal_quantile(1.0), infinity);
  EXPECT_EQ(chi2_quantile(0.0, 2.0), 0.0);
  EXPECT_EQ(erf_inverse(-1.0), -infinity);
  EXPECT_TRUE(std::isnan(chi2_survival(std::nan(""), 3.0)));
}

TEST(Special, KolmogorovBothSeries) {
  // Smirnov's table: P(sqrt(n) D > 1.3581) = 0.05, > 1.6276) = 0.01.
  EXPECT_NEAR(kolmogorov_survival(1.3581), 0.05, 1e-5);
  EXPECT_NEAR(kolmogorov_survival(1.6276), 0.01, 1e-5);
  // The two series are the same function: they meet at 1 to rounding of the sum.
  EXPECT_NEAR(kolmogorov_survival(std::nextafter(1.0, 0.0)), kolmogorov_survival(1.0), 1e-14);
  EXPECT_EQ(kolmogorov_survival(0.0), 1.0);
  EXPECT_NEAR(kolmogorov_survival(0.1), 1.0, 1e-15);
}

}  // namespace
}  // namespace hillock::prob
