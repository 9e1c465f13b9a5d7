#include "infer/bent_normal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

Array2 draws(const Bent& bent, std::size_t n, std::uint64_t seed) {
  Array2 out(n, bent.d());
  for (std::size_t k = 0; k < n; ++k) {
    Rng rng(seed, stream_id("bent draws"), k);
    const std::vector<double> u = bent.draw(rng);
    std::copy(u.begin(), u.end(), out.row(k).begin());
  }
  return out;
}

/// What a first look would know: the right scales and place, no correlations.
BentNormal rough(const RandomGaussian& g) {
  Array2 covariance(g.d, g.d);
  for (std::size_t i = 0; i < g.d; ++i) covariance(i, i) = 2.0 * g.sd[i] * g.sd[i];
  return *BentNormal::make(g.mean, covariance);
}

BentNormal fitted(const Bent& bent, std::size_t n, std::uint64_t seed = 3) {
  const std::vector<double> weights(n, 1.0);
  return BentNormal::fit(rough(bent.normal), draws(bent, n, seed), weights, static_cast<double>(n));
}

TEST(BentNormal, FindsTheBendAndItsLength) {
  const Bent bent(6, 0.8);
  const BentNormal map = fitted(bent, 20'000);
  ASSERT_GE(map.bends().size(), 1U);
  // Found in coordinates whitened by the whole covariance, 1 + 2 c c^T along c: there c is shorter.
  EXPECT_NEAR(map.bends()[0], 0.8 / std::sqrt(1.0 + 2.0 * 0.8 * 0.8), 0.02);
  // Other draws come out standard normal: E z_i = 0, E z_i z_j = 1 or 0, E z_i z_j z_k = 0.
  const std::size_t n = 20'000;
  const Array2 z = map.straighten(draws(bent, n, 4));
  const double error = 5.0 / std::sqrt(static_cast<double>(n));
  for (std::size_t i = 0; i < 6; ++i) {
    double mean = 0.0;
    for (std::size_t k = 0; k < n; ++k) mean += z(k, i) / n;
    EXPECT_NEAR(mean, 0.0, 1.5 * error);
    for (std::size_t j = 0; j <= i; ++j) {
      double product = 0.0;
      for (std::size_t k = 0; k < n; ++k) product += z(k, i) * z(k, j) / n;
      EXPECT_NEAR(product, i == j ? 1.0 : 0.0, 2.0 * error);
      for (std::size_t l = 0; l <= j; ++l) {
        double triple = 0.0;
        for (std::size_t k = 0; k < n; ++k) triple += z(k, i) * z(k, j) * z(k, l) / n;
        EXPECT_NEAR(triple, 0.0, 6.0 * error) << i << j << l;
      }
    }
  }
}

TEST(BentNormal, AStraightNormalHasNoBends) {
  const Bent straight(6, 0.0);
  int found = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) found += fitted(straight, 1000, seed).bends().empty() ? 0 : 1;
  EXPECT_LE(found, 1);
}

TEST(BentNormal, BendsAndStraightens) {
  const BentNormal map = fitted(Bent(5, 0.7), 2000);
  ASSERT_FALSE(map.bends().empty());
  const Array2 z = cloud(50, std::vector<double>(5, 0.0), std::vector<double>(5, 2.0));
  const Array2 back = map.straighten(map.bend(z));
  for (std::size_t k = 0; k < z.values.size(); ++k) EXPECT_NEAR(back.values[k], z.values[k], 1e-11);
}

/// log |du/dz|: the Jacobian by central differences, its determinant by elimination.
double log_volume(const BentNormal& map, const std::vector<double>& at) {
  constexpr double h = 1e-5;
  double jacobian[4][4];
  for (std::size_t j = 0; j < 4; ++j) {
    Array2 two(2, 4);
    for (std::size_t i = 0; i < 4; ++i) two(0, i) = two(1, i) = at[i];
    two(0, j) += h;
    two(1, j) -= h;
    const Array2 u = map.bend(two);
    for (std::size_t i = 0; i < 4; ++i) jacobian[i][j] = (u(0, i) - u(1, i)) / (2.0 * h);
  }
  double out = 0.0;
  for (int p = 0; p < 4; ++p) {
    out += std::log(std::fabs(jacobian[p][p]));
    for (int i = p + 1; i < 4; ++i)
      for (int j = 3; j >= p; --j) jacobian[i][j] -= jacobian[i][p] / jacobian[p][p] * jacobian[p][j];
  }
  return out;
}

TEST(BentNormal, ItsVolumeIsTheSameEverywhere) {
  // What lets a density be sampled in z without a Jacobian.
  const BentNormal map = fitted(Bent(4, 0.6), 2000);
  ASSERT_FALSE(map.bends().empty());
  const double here = log_volume(map, {0.0, 0.0, 0.0, 0.0});
  EXPECT_NEAR(log_volume(map, {0.3, -1.2, 0.8, 1.7}), here, 1e-7);
  EXPECT_NEAR(log_volume(map, {-2.3, 2.2, -1.8, 0.7}), here, 1e-7);
}

TEST(BentNormal, PullsGradientsBack) {
  const Bent bent(5, 0.7);
  auto target = bent.target();
  const BentNormal map = fitted(bent, 2000);
  Straightened straightened(target, map);
  const std::vector<double> at = {0.3, -1.2, 0.8, 1.7, -0.4};
  Array2 points(1, 5), gradient(1, 5);
  std::copy(at.begin(), at.end(), points.values.begin());
  double value = 0.0;
  straightened.evaluate(points, {&value, 1}, &gradient);
  for (std::size_t j = 0; j < 5; ++j) {
    constexpr double h = 1e-5;
    Array2 two(2, 5);
    for (std::size_t i = 0; i < 5; ++i) two(0, i) = two(1, i) = at[i];
    two(0, j) += h;
    two(1, j) -= h;
    double values[2];
    straightened.evaluate(two, values, nullptr);
    EXPECT_NEAR(gradient(0, j), (values[0] - values[1]) / (2.0 * h), 1e-7);
  }
}

TEST(BentNormal, DrawsHaveAddresses) {
  const BentNormal map = fitted(Bent(3, 0.5), 1000);
  const Array2 many = map.sample(5, 0, 20), one = map.sample(5, 17, 1);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(one(0, j), many(17, j));
}

TEST(BentNormal, ReadsBackTheSameBits) {
  const BentNormal map = fitted(Bent(4, 0.6), 1000);
  const std::string bytes = map.bytes();
  const auto read = BentNormal::from_bytes(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->sample(1, 0, 9).values, map.sample(1, 0, 9).values);
  EXPECT_FALSE(BentNormal::from_bytes(""));
  for (std::size_t cut = 0; cut < bytes.size(); cut += 7) EXPECT_FALSE(BentNormal::from_bytes(bytes.substr(0, cut)));
  for (std::size_t k = 0; k < bytes.size(); k += 5) {
    std::string altered = bytes;
    altered[k] = static_cast<char>(altered[k] ^ 0x10);
    EXPECT_FALSE(BentNormal::from_bytes(altered));
  }
}

TEST(BentNormal, KeepsWhatItKnewWherePointsSayNothing) {
  const RandomGaussian g(3);
  const BentNormal known = rough(g);
  Array2 points(4, 3);
  for (std::size_t j = 0; j < 3; ++j) points(2, j) = std::numeric_limits<double>::infinity();
  const std::vector<double> nothing = {0.0, 0.0, 0.0, 0.0};
  EXPECT_EQ(BentNormal::fit(known, points, nothing, 0.0).sample(1, 0, 3).values, known.sample(1, 0, 3).values);
  // A point without weight may be anywhere.
  const std::vector<double> some = {1.0, 2.0, 0.0, 1.0};
  for (const double u : BentNormal::fit(known, points, some, 3.0).sample(1, 0, 3).values) EXPECT_TRUE(std::isfinite(u));
  Array2 flat(3, 3);
  EXPECT_EQ(BentNormal::make(g.mean, flat).error()[0].code, "covariance-not-positive");
}

}  // namespace
}  // namespace hillock::infer
