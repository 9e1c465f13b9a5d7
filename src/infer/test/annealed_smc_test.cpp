// Annealed particles have the target's moments, its modes' shares and its evidence.

#include "infer/annealed_smc.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

Array2 standard_normals(std::size_t n, std::size_t d) {
  Array2 out(n, d);
  for (std::size_t k = 0; k < n; ++k) {
    Rng rng(5, 1, k);
    for (double& x : out.row(k)) x = rng.normal();
  }
  return out;
}

void standard_normal(const Array2& points, std::span<double> value) {
  for (std::size_t k = 0; k < points.rows; ++k) {
    value[k] = -0.91893853320467274 * static_cast<double>(points.cols);
    for (const double x : points.row(k)) value[k] -= 0.5 * x * x;
  }
}

/// Prior N(0, I), data x ~ N(theta, s^2 I): posterior N(x / (1 + s^2), s^2 / (1 + s^2)), evidence N(x; 0, 1 + s^2).
TEST(AnnealedSmc, LinearGaussianInOneToFourDimensions) {
  for (std::size_t d = 1; d <= 4; ++d) {
    const double s = 0.1, x = 0.8;
    const auto target = [&](const Array2& points, std::span<double> value) {
      standard_normal(points, value);
      for (std::size_t k = 0; k < points.rows; ++k)
        for (const double t : points.row(k))
          value[k] -= 0.5 * (x - t) * (x - t) / (s * s) + std::log(s) + 0.91893853320467274;
    };
    const std::size_t n = 4000;
    const auto found = anneal(standard_normals(n, d), standard_normal, target, {}, Silent());
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->complete);
    const double var = s * s / (1.0 + s * s);
    for (std::size_t j = 0; j < d; ++j) {
      double mean = 0.0, square = 0.0;
      for (const double t : found->points.column(j)) mean += t, square += t * t;
      mean /= n, square = square / n - mean * mean;
      // Moves leave a correlation between copies: at most three times fewer independent particles; 4 sigma.
      EXPECT_NEAR(mean, x / (1.0 + s * s), 4.0 * std::sqrt(3.0 * var / n)) << d;
      EXPECT_NEAR(square / var, 1.0, 4.0 * std::sqrt(3.0 * 2.0 / n)) << d;
    }
    const double evidence =
        -0.5 * static_cast<double>(d) * (x * x / (1.0 + s * s) + std::log(2.0 * M_PI * (1.0 + s * s)));
    // Each temperature adds a relative variance of (1/share - 1)/n = 1/n.
    EXPECT_NEAR(found->log_evidence, evidence,
                5.0 * std::sqrt(3.0 * static_cast<double>(found->temperatures) / static_cast<double>(n)));
  }
}

TEST(AnnealedSmc, TwoNarrowModesKeepTheirShares) {
  // 0.3 N((-1.5, 1), 0.02^2) + 0.7 N((1.5, -1), 0.02^2); the base gives both the same mass.
  const auto target = [](const Array2& points, std::span<double> value) {
    for (std::size_t k = 0; k < points.rows; ++k) {
      const auto mode = [&](double a, double b) {
        return -0.5 * (std::pow(points(k, 0) - a, 2) + std::pow(points(k, 1) - b, 2)) / 4e-4;
      };
      const double one = std::log(0.3) + mode(-1.5, 1.0), two = std::log(0.7) + mode(1.5, -1.0);
      value[k] = std::max(one, two) + std::log1p(std::exp(-std::abs(one - two)));
    }
  };
  const std::size_t n = 8000;
  const auto found = anneal(standard_normals(n, 2), standard_normal, target, {}, Silent());
  ASSERT_TRUE(found);
  double share = 0.0;
  for (const double t : found->points.column(0)) share += t < 0.0 ? 1.0 / n : 0.0;
  // The share drifts by each resampling until the modes are apart: about 15 of them.
  EXPECT_NEAR(share, 0.3, 4.0 * std::sqrt(15.0 * 0.21 / n));
}

TEST(AnnealedSmc, TheSameSeedGivesTheSameBitsAndStops) {
  const auto target = [](const Array2& points, std::span<double> value) {
    for (std::size_t k = 0; k < points.rows; ++k) value[k] = -50.0 * std::pow(points(k, 0) - 1.0, 2);
  };
  const auto one = anneal(standard_normals(100, 1), standard_normal, target, {}, Silent());
  const auto two = anneal(standard_normals(100, 1), standard_normal, target, {}, Silent());
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->points.values, two->points.values);
  struct Stopped final : Progress {
    bool should_stop() const override { return true; }
  };
  const auto stopped = anneal(standard_normals(100, 1), standard_normal, target, {}, Stopped());
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(stopped->complete);
}

TEST(AnnealedSmc, NoMassIsSaidNotSampled) {
  const auto target = [](const Array2& points, std::span<double> value) {
    for (std::size_t k = 0; k < points.rows; ++k) value[k] = -std::numeric_limits<double>::infinity();
  };
  const auto found = anneal(standard_normals(100, 1), standard_normal, target, {}, Silent());
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->complete);
}

}  // namespace
}  // namespace hillock::infer
