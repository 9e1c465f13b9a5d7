#include "infer/resample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

const double infinity = std::numeric_limits<double>::infinity();

TEST(Resample, WeightsOfLogarithmsFarFromZero) {
  const auto w = weights_of(std::vector{-5000.0, -5000.0 + std::log(3.0), -infinity, std::nan("")});
  EXPECT_NEAR(w[0], 0.25, 1e-12);  // log(3) near 5000 has lost 4 digits of 16
  EXPECT_NEAR(w[1], 0.75, 1e-12);
  EXPECT_EQ(w[2], 0.0);
  EXPECT_EQ(w[3], 0.0);
  EXPECT_EQ(weights_of(std::vector{-infinity, -infinity}), (std::vector{0.0, 0.0}));
  EXPECT_TRUE(weights_of({}).empty());
}

TEST(Resample, EffectiveSampleSize) {
  EXPECT_DOUBLE_EQ(effective_sample_size(std::vector{2.0, 2.0, 2.0}), 3.0);
  EXPECT_DOUBLE_EQ(effective_sample_size(std::vector{0.0, 1e-300, 0.0}), 1.0);
  EXPECT_DOUBLE_EQ(effective_sample_size(std::vector{1e300, 1e300}), 2.0);
  EXPECT_DOUBLE_EQ(effective_sample_size(std::vector{1.0, 2.0, 3.0}), 36.0 / 14.0);
  EXPECT_EQ(effective_sample_size(std::vector{0.0, 0.0}), 0.0);
}

TEST(Resample, SystematicResamplingRoundsEachWeightUpOrDown) {
  Rng rng(3, stream_id("test"));
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> weights(1 + rng.below(20));
    for (double& w : weights) w = rng.below(3) == 0 ? 0.0 : rng.uniform();
    weights[rng.below(weights.size())] = 1.0;
    double total = 0.0;
    for (const double w : weights) total += w;
    const std::size_t count = 1 + rng.below(50);
    const auto chosen = systematic_resample(weights, count, trial == 0 ? 0.0 : rng.uniform());
    ASSERT_EQ(chosen.size(), count);
    EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end() - 1));
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const auto times = static_cast<double>(std::count(chosen.begin(), chosen.end(), k));
      // 1e-9: the weights' sum is rounded.
      EXPECT_LT(std::fabs(times - static_cast<double>(count) * weights[k] / total), 1.0 + 1e-9);
      if (weights[k] == 0.0) {
        EXPECT_EQ(times, 0.0);
      }
    }
  }
}

}  // namespace
}  // namespace hillock::infer
