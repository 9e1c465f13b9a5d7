#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

namespace hillock {
namespace {

// Random123's kat_vectors: "philox4x32 10", counter 0, key 0 -> 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
TEST(Rng, IsPhilox4x32WithTenRounds) {
  Rng rng(0, 0, 0);
  EXPECT_EQ(rng.bits(), 0xe169c58d'6627e8d5ULL);
  EXPECT_EQ(rng.bits(), 0x9b00dbd8'bc57ac4cULL);
}

TEST(Rng, ADrawIsReplayableByItsAddress) {
  Rng first(42, stream_id("nuts"), 17);
  Rng again(42, stream_id("nuts"), 17);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(first.bits(), again.bits());
    ASSERT_EQ(first.normal(), again.normal());
    ASSERT_EQ(first.uniform(), again.uniform());
  }
}

TEST(Rng, EveryPartOfTheAddressCounts) {
  const std::vector<Rng> rngs{Rng(1, 2, 3),
                              Rng(2, 2, 3),
                              Rng(1, 3, 3),
                              Rng(1, 2, 4),
                              Rng(1 + (1ULL << 32U), 2, 3),
                              Rng(1, 2, 3 + (1ULL << 32U))};
  std::set<std::uint64_t> seen;
  for (Rng rng : rngs)
    for (int i = 0; i < 100; ++i) seen.insert(rng.bits());
  EXPECT_EQ(seen.size(), rngs.size() * 100);
}

TEST(Rng, ACopyCarriesThePosition) {
  Rng rng(7, 1);
  rng.bits();
  (void)rng.normal();
  Rng copy = rng;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(copy.normal(), rng.normal());
    ASSERT_EQ(copy.bits(), rng.bits());
  }
}

// The largest distance between the empirical and the true distribution function, times sqrt(n), exceeds 2.23 with
// probability 2 exp(-2 * 2.23^2) = 1e-4 (Kolmogorov). The seed is fixed: this either holds or never does.
template <class Cdf>
double kolmogorov(std::vector<double> x, Cdf cdf) {
  std::sort(x.begin(), x.end());
  const auto n = static_cast<double>(x.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = cdf(x[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

TEST(Rng, UniformIsUniformAndNeverAnEnd) {
  Rng rng(3, stream_id("uniform"));
  std::vector<double> x(100'000);
  for (double& value : x) {
    value = rng.uniform();
    ASSERT_GT(value, 0.0);
    ASSERT_LT(value, 1.0);
  }
  EXPECT_LT(kolmogorov(x, [](double v) { return v; }), 2.23);
}

TEST(Rng, NormalIsNormalAndItsNeighboursAreUncorrelated) {
  Rng rng(3, stream_id("normal"));
  std::vector<double> x(100'000);
  for (double& value : x) value = rng.normal();
  double lag_one = 0.0;
  for (std::size_t i = 1; i < x.size(); ++i) lag_one += x[i] * x[i - 1];
  // Products of independent standard normals have variance 1: the mean of n has sd 1/sqrt(n); 4 sd.
  EXPECT_LT(std::abs(lag_one) / static_cast<double>(x.size()), 4.0 / std::sqrt(static_cast<double>(x.size())));
  EXPECT_LT(kolmogorov(x, [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); }), 2.23);
}

TEST(Rng, BelowIsUnbiased) {
  Rng rng(3, stream_id("below"));
  constexpr std::uint64_t n = 7;
  constexpr int draws = 70'000;
  std::vector<int> counts(n);
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t value = rng.below(n);
    ASSERT_LT(value, n);
    ++counts[value];
  }
  double chi2 = 0.0;
  for (const int c : counts) chi2 += (c - 10'000.0) * (c - 10'000.0) / 10'000.0;
  EXPECT_LT(chi2, 27.86);  // the 1e-4 point of chi-square with 6 degrees of freedom
  EXPECT_EQ(Rng(1, 1).below(1), 0U);
}

TEST(Rng, AStreamsNumberIsFnv1a) {
  // Published FNV-1a 32-bit values of "" and "a".
  EXPECT_EQ(stream_id(""), 0x811c9dc5U);
  EXPECT_EQ(stream_id("a"), 0xe40c292cU);
}

}  // namespace
}  // namespace hillock
