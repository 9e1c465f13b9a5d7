#include "verify/baselines.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

TEST(Baselines, ByHand) {
  const std::vector<double> data = {1.0, 3.0, 100.0, 5.0};
  const std::vector<std::uint8_t> mask = {1, 1, 0, 1};
  EXPECT_EQ(kept_range(data, mask), 4.0);
  // mean 3, deviations -2 0 2: rms sqrt(8/3)
  EXPECT_NEAR(mean_baseline(data, mask, 4.0), std::sqrt(8.0 / 3.0) / 4.0, 1e-15);
  EXPECT_NEAR(relative_rms(std::vector<double>{1.0, 3.0, 0.0, 6.0}, data, mask, 4.0), std::sqrt(1.0 / 3.0) / 4.0,
              1e-15);
  const std::vector<double> volts = {1.0, 2.0, 7.0, 3.0};  // I = 2 (V - 0.5) exactly where kept
  EXPECT_NEAR(fitted_conductance(data, volts, 0.5, mask), 2.0, 1e-15);
  EXPECT_NEAR(ohmic_baseline(data, volts, 2.0, 0.5, mask, 4.0), 0.0, 1e-15);
  EXPECT_NEAR(ohmic_baseline(data, volts, 2.0, 1.5, mask, 4.0), 0.5, 1e-15);
}

TEST(Baselines, NoConstantBeatsTheMeanAndNoConductanceTheFittedOne) {
  const std::vector<double> y = test::white(500, 30);
  const std::vector<double> v = test::white(500, 31);
  const double range = kept_range(y, {});
  const double least = mean_baseline(y, {}, range);
  const double g = fitted_conductance(y, v, 0.2, {});
  const double least_ohmic = ohmic_baseline(y, v, g, 0.2, {}, range);
  for (const double shift : {-0.1, -0.01, 0.01, 0.1}) {
    double mean = 0.0;
    for (const double x : y) mean += x / 500.0;
    EXPECT_GT(relative_rms(std::vector<double>(y.size(), mean + shift), y, {}, range), least);
    EXPECT_GT(ohmic_baseline(y, v, g + shift, 0.2, {}, range), least_ohmic);
  }
}

TEST(Baselines, WithoutDataThereIsNoNumber) {
  const std::vector<double> y = {1.0, 2.0};
  const std::vector<std::uint8_t> none = {0, 0};
  EXPECT_TRUE(std::isnan(mean_baseline(y, none, 1.0)));
  EXPECT_TRUE(std::isnan(mean_baseline(y, {}, 0.0)));
  EXPECT_EQ(kept_range(y, none), 0.0);
  EXPECT_TRUE(std::isnan(fitted_conductance(y, std::vector<double>{3.0, 3.0}, 3.0, {})));
}

}  // namespace
}  // namespace hillock::verify
