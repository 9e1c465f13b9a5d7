#include "report/decimate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"

namespace hillock::report {
namespace {

TEST(MinMaxBins, KeepEveryExtremeInOrder) {
  EXPECT_EQ(min_max_bins(std::vector<double>{3, 1, 2, 9, 8, 7, 5}, 3), (std::vector<double>{3, 1, 9, 7, 5, 5}));
}

/// The claim: whichever bin one looks at, its extremes are there.
TEST(MinMaxBins, AgreeWithEveryBinOfARandomSeries) {
  Rng rng(1, stream_id("bins"));
  std::vector<double> v(1003);
  for (double& x : v) x = rng.normal();
  for (const std::size_t k : {2U, 7U, 100U, 2000U}) {
    const std::vector<double> d = min_max_bins(v, k);
    ASSERT_EQ(d.size(), 2 * ((v.size() + k - 1) / k));
    for (std::size_t b = 0; 2 * b < d.size(); ++b) {
      const auto [lo, hi] = std::minmax_element(v.begin() + static_cast<long>(b * k),
                                                v.begin() + static_cast<long>(std::min(v.size(), (b + 1) * k)));
      EXPECT_EQ(std::min(d[2 * b], d[2 * b + 1]), *lo);
      EXPECT_EQ(std::max(d[2 * b], d[2 * b + 1]), *hi);
    }
  }
}
TEST(MinMaxBins, PassOverNaN) {
  const double nan = std::nan("");
  const auto d = min_max_bins(std::vector<double>{nan, 4, nan, nan}, 2);
  EXPECT_EQ(d[0], 4);
  EXPECT_EQ(d[1], 4);
  EXPECT_TRUE(std::isnan(d[2]) && std::isnan(d[3]));
  EXPECT_TRUE(min_max_bins({}, 5).empty());
}
TEST(BinTimes, GoWithTheBinsAndIncrease) {
  for (const std::size_t n : {1U, 2U, 10U, 11U, 12U}) {
    std::vector<double> t(n);
    for (std::size_t i = 0; i < n; ++i) t[i] = 0.1 * static_cast<double>(i);
    for (const std::size_t k : {1U, 2U, 3U, 5U}) {
      const auto b = bin_times(t, k);
      EXPECT_EQ(b.size(), min_max_bins(t, k).size());
      EXPECT_EQ(std::adjacent_find(b.begin(), b.end(), std::greater_equal<>()),
                n > 1 ? b.end() : b.end() - (b.size() > 1 ? 2 : 0))
          << n << " " << k;
    }
  }
}
TEST(BinSize, LeavesAtMostThatMany) {
  for (const std::size_t n : {1U, 100U, 101U, 199U, 12345U}) {
    const std::size_t k = bin_size(n, 100);
    EXPECT_LE(k == 1 ? n : 2 * ((n + k - 1) / k), 100U) << n;
  }
  EXPECT_EQ(bin_size(100, 100), 1U);
}

}  // namespace
}  // namespace hillock::report
