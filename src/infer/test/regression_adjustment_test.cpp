#include "infer/regression_adjustment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/rng.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

struct Case {
  Array2 points, statistics;
  std::vector<double> weight, distance;

  /// u_c = 1 + sum_j (j + 1)(c + 1) x_j + noise, x_j standard normal times 10^(3 j).
  Case(std::size_t n, std::size_t d, std::size_t p, double noise, double slope = 1.0)
      : points(n, d), statistics(n, p), weight(n, 1.0 / static_cast<double>(n)), distance(n) {
    Rng rng(5, stream_id("test"));
    for (std::size_t k = 0; k < n; ++k) {
      distance[k] = rng.uniform();
      double sum = 0.0;
      for (std::size_t j = 0; j < p; ++j) {
        const double z = rng.normal();
        statistics(k, j) = z * std::pow(10.0, 3.0 * static_cast<double>(j % 3));
        sum += slope * static_cast<double>(j + 1) * z;
      }
      for (std::size_t c = 0; c < d; ++c) points(k, c) = 1.0 + static_cast<double>(c + 1) * sum + noise * rng.normal();
    }
  }
  [[nodiscard]] RegressionAdjustment adjust(const std::vector<double>& observed) const {
    return adjust_by_regression(points, statistics, observed, weight, distance);
  }
};

TEST(RegressionAdjustment, TakesOffAnExactLine) {
  const Case c(200, 2, 3, 0.0);
  const auto out = c.adjust({0.5, 0.5e3, 0.5e6});
  ASSERT_TRUE(out.adjusted);
  // 1 + (c + 1) 0.5 (1 + 2 + 3); no penalty wins, so only rounding is left: 1e-15 times the condition number (10).
  for (std::size_t k = 0; k < 200; ++k) {
    EXPECT_NEAR(out.points(k, 0), 4.0, 1e-10);
    EXPECT_NEAR(out.points(k, 1), 7.0, 1e-10);
  }
  EXPECT_NEAR(std::accumulate(out.weight.begin(), out.weight.end(), 0.0), 1.0, 1e-12);
  // Epanechnikov's kernel: the farthest weighs nothing, others 1 - (d/reach)^2.
  const auto far = static_cast<std::size_t>(std::ranges::max_element(c.distance) - c.distance.begin());
  EXPECT_EQ(out.weight[far], 0.0);
  const double reach = c.distance[far];
  EXPECT_NEAR(out.weight[0] / out.weight[1],
              (1 - std::pow(c.distance[0] / reach, 2)) / (1 - std::pow(c.distance[1] / reach, 2)), 1e-12);
}

TEST(RegressionAdjustment, DuplicatesAndConstantsChangeNothing) {
  const Case c(200, 1, 2, 0.1);
  Case more = c;
  more.statistics = Array2(200, 5);
  for (std::size_t k = 0; k < 200; ++k) {
    more.statistics(k, 0) = c.statistics(k, 0);
    more.statistics(k, 1) = c.statistics(k, 1);
    more.statistics(k, 2) = c.statistics(k, 1);  // a duplicate
    more.statistics(k, 3) = 4.0;                 // a constant
    more.statistics(k, 4) = std::nan("");        // undefined in the observation, too
  }
  const auto a = c.adjust({0.2, 300.0}), b = more.adjust({0.2, 300.0, 300.0, 4.0, std::nan("")});
  ASSERT_TRUE(a.adjusted && b.adjusted);
  // A penalty may be chosen, at most that which cross-validation does not see: well below the noise of 0.1.
  for (std::size_t k = 0; k < 200; ++k) EXPECT_NEAR(a.points(k, 0), b.points(k, 0), 0.01);
}

TEST(RegressionAdjustment, ManyStatisticsThatSayNothingTakeOffLittle) {
  // 60 draws, 50 statistics without any slope: least squares would leave sqrt(10/60) = 40 % of the spread.
  const Case c(60, 1, 50, 1.0, 0.0);
  const auto out = c.adjust(std::vector<double>(50, 0.0));
  const WeightedMoments before(c.points, out.weight, 0), after(out.points, out.weight, 0);
  EXPECT_GT(after.sd, 0.8 * before.sd);
  // More statistics than draws.
  const Case wide(40, 1, 80, 1.0, 0.0);
  const auto also = wide.adjust(std::vector<double>(80, 0.0));
  for (const double u : also.points.values) EXPECT_TRUE(std::isfinite(u));
}

TEST(RegressionAdjustment, TooLittleToGoOnIsLeftAsItIs) {
  const Case few(3, 1, 1, 1.0);
  EXPECT_FALSE(few.adjust({0.0}).adjusted);
  EXPECT_EQ(few.adjust({0.0}).points.values, few.points.values);
  Case constant(50, 1, 1, 1.0);
  constant.statistics = Array2(50, 1, 3.0);
  EXPECT_FALSE(constant.adjust({3.0}).adjusted);
  // All are as far from the observation: the kernel has nothing to say.
  Case ring(50, 1, 1, 1.0);
  ring.distance.assign(50, 2.0);
  EXPECT_NEAR(ring.adjust({0.0}).weight[7], 0.02, 1e-15);
  ring.distance.assign(50, 0.0);
  EXPECT_NEAR(ring.adjust({0.0}).weight[7], 0.02, 1e-15);
}

}  // namespace
}  // namespace hillock::infer
