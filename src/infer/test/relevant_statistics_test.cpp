#include "infer/relevant_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

/// Columns: linear in z0; its spread depends on z1; even in z0; noise; the noise of column 0; undefined where z1 is
/// large; constant.
struct Case {
  Array2 z, x;
};
Case simulate(std::size_t n, std::uint64_t seed) {
  Case out{Array2(n, 2), Array2(n, 7)};
  for (std::size_t k = 0; k < n; ++k) {
    Rng rng(seed, stream_id("test"), k);
    const double a = rng.normal(), b = rng.normal(), e = rng.normal();
    out.z(k, 0) = a, out.z(k, 1) = b;
    out.x(k, 0) = 1e6 * (a + e);
    out.x(k, 1) = std::exp(b) * rng.normal();
    out.x(k, 2) = std::cos(a) + 0.1 * rng.normal();
    out.x(k, 3) = rng.normal();
    out.x(k, 4) = e + 0.1 * rng.normal();
    out.x(k, 5) = b > 0.5 ? std::numeric_limits<double>::quiet_NaN() : rng.normal();
    out.x(k, 6) = 3.0;
  }
  return out;
}

TEST(RelevantStatistics, FindsEveryFormOfDependenceAndNothingElse) {
  const Case c = simulate(1000, 1);
  EXPECT_EQ(relevant_statistics(c.z, c.x), (std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1, 0}));
}

TEST(RelevantStatistics, KeepsNoiseAsSeldomAsItSays) {
  // 200 sets of 50 columns of noise, at a level of 10 %: 20 sets expected with any kept; 5 standard errors above is 41.
  int any = 0;
  for (std::uint64_t set = 0; set < 200; ++set) {
    Array2 z(200, 2), x(200, 50);
    for (std::size_t k = 0; k < 200; ++k) {
      Rng rng(set, stream_id("noise"), k);
      for (double& v : z.row(k)) v = rng.normal();
      for (double& v : x.row(k)) v = std::exp(rng.normal());
    }
    const auto kept = relevant_statistics(z, x, 0.1);
    any += std::ranges::count(kept, 1) > 0 ? 1 : 0;
  }
  EXPECT_LT(any, 41);
}

TEST(RelevantStatistics, TooFewSimulationsKeepNothing) {
  const Case c = simulate(2, 1);
  EXPECT_EQ(relevant_statistics(c.z, c.x), std::vector<std::uint8_t>(7, 0));
}

}  // namespace
}  // namespace hillock::infer
