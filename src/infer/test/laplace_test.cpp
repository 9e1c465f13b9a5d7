#include "infer/laplace.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

/// The inverse of A A^T by solving with the triangle.
Array2 precision_of(const RandomGaussian& g) {
  Array2 inverse(g.d, g.d), out(g.d, g.d);
  for (std::size_t c = 0; c < g.d; ++c) {
    for (std::size_t i = 0; i < g.d; ++i) {
      double r = i == c ? 1.0 : 0.0;
      for (std::size_t j = 0; j < i; ++j) r -= g.factor(i, j) * inverse(j, c);
      inverse(i, c) = r / g.factor(i, i);
    }
  }
  for (std::size_t i = 0; i < g.d; ++i) {
    for (std::size_t j = 0; j < g.d; ++j) {
      for (std::size_t k = 0; k < g.d; ++k) out(i, j) += inverse(k, i) * inverse(k, j);
    }
  }
  return out;
}

TEST(Laplace, IsTheGaussianItApproximates) {
  const RandomGaussian g(8);
  const Laplace laplace = *Laplace::make(g.mean, precision_of(g));
  EXPECT_TRUE(laplace.weak().empty());
  // Scales span 3 decades and the correlations have condition numbers of some 1e3: 1e3 * 1e-16 with room.
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 8; ++j)
      EXPECT_NEAR(laplace.covariance()(i, j), g.covariance(i, j), 1e-10 * g.sd[i] * g.sd[j]);
  }
  const Array2 points = cloud(5, g.mean, g.sd);
  const std::vector<double> found = laplace.log_density(points);
  for (std::size_t k = 0; k < 5; ++k) {
    std::vector<double> unused(8);
    double log_norm = -4.0 * std::log(2.0 * std::numbers::pi);
    for (std::size_t i = 0; i < 8; ++i) log_norm -= std::log(g.factor(i, i));
    const double exact = log_norm + g(points.row(k), unused);
    EXPECT_NEAR(found[k], exact, 1e-9 * std::fabs(exact));
  }
}

TEST(Laplace, DrawsHaveItsMomentsAndTheirAddresses) {
  const RandomGaussian g(4);
  const Laplace laplace = *Laplace::make(g.mean, precision_of(g));
  constexpr std::size_t n = 20'000;
  const Array2 draws = laplace.sample(5, 0, n);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double mean = 0.0, product = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        mean += (draws(k, i) - g.mean[i]) / n;
        product += (draws(k, i) - g.mean[i]) * (draws(k, j) - g.mean[j]) / n;
      }
      EXPECT_NEAR(mean, 0.0, 5.0 * g.sd[i] / std::sqrt(n));
      // Var(xy) = S_ii S_jj + S_ij^2 for a Gaussian pair.
      const double variance = std::pow(g.sd[i] * g.sd[j], 2) + std::pow(g.covariance(i, j), 2);
      EXPECT_NEAR(product, g.covariance(i, j), 5.0 * std::sqrt(variance / n));
    }
  }
  const Array2 some = laplace.sample(5, 700, 3);
  for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(some(2, c), draws(702, c));
}

TEST(Laplace, ReportsTheDirectionAboutWhichNothingIsKnown) {
  // Only the sum 2a + b of (a, b) is measured, c on its own; scales differ by 1e6.
  const double scale[] = {1e3, 1e-3, 1.0};
  const double rows[2][3] = {{2.0, 1.0, 0.0}, {0.0, 0.0, 1.0}};
  Array2 precision(3, 3);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) precision(i, j) += row[i] * row[j] / (scale[i] * scale[j]);
    }
  }
  const double mode[] = {0.0, 0.0, 0.0};
  const Laplace laplace = *Laplace::make(mode, precision);
  ASSERT_EQ(laplace.weak().size(), 1U);
  // 2 a/1e3 + 1e3 b = 0: the direction is (1, -2e-6, 0).
  const std::vector<double>& v = laplace.weak()[0].direction;
  EXPECT_NEAR(std::fabs(v[0]), 1.0, 1e-9);
  EXPECT_NEAR(v[1] / v[0], -2e-6, 1e-12);
  EXPECT_NEAR(v[2], 0.0, 1e-9);
  EXPECT_NEAR(laplace.weak()[0].relative_eigenvalue, 0.0, 1e-15);
  for (const double x : laplace.sample(1, 0, 100).values) EXPECT_TRUE(std::isfinite(x));
  // What is known stays exact: var(c) = 1, var(2a/1e3 + 1e3 b) = 1.
  EXPECT_NEAR(laplace.covariance()(2, 2), 1.0, 1e-9);
  const Array2& s = laplace.covariance();
  // The weak direction's variance is 1e12 of the others', which leaves 4 digits.
  EXPECT_NEAR(4e-6 * s(0, 0) + 4.0 * s(0, 1) + 1e6 * s(1, 1), 1.0, 1e-2);
}

TEST(Laplace, RefusesWhatIsNoInformation) {
  const double mode[] = {0.0, 0.0};
  Array2 precision(2, 2);
  const auto empty = Laplace::make(mode, precision);
  ASSERT_FALSE(empty.has_value());
  ASSERT_EQ(empty.error().size(), 2U);
  EXPECT_EQ(empty.error()[1].message, "the information matrix says nothing about coordinate 2 of 2");
  precision(0, 0) = std::numeric_limits<double>::quiet_NaN();
  const auto broken = Laplace::make(mode, precision);
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error()[0].code, "precision-not-finite");
}

}  // namespace
}  // namespace hillock::infer
