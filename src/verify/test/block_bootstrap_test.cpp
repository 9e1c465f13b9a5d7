#include "verify/block_bootstrap.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

using test::ar1;

/// Mean over many series of the bootstrap variance of the mean of squares of a unit AR(1), and of one series' rms se.
double mean_square_variance(double phi, std::size_t n, std::size_t block, std::size_t series) {
  double sum = 0.0;
  for (std::size_t s = 0; s < series; ++s) {
    std::vector<double> x = ar1(n, phi, 10, s);
    for (double& v : x) v *= v;
    const double sd = standard_deviation(bootstrap_means(x, {}, {.block = block, .replicates = 300, .seed = s}));
    sum += sd * sd;
  }
  return sum / static_cast<double>(series);
}

TEST(BlockBootstrap, AgreesWithTheLongRunVarianceOfAr1) {
  // x_i^2 has variance 2 and autocorrelation phi^2k, so var(mean) = (2 / n) (1 + q) / (1 - q), q = phi^2. A block of l
  // samples sees sum over |k| < l of (1 - |k|/l) q^|k| of that. Each series' variance estimate comes from n/l = 100
  // blocks of a skewed quantity and 300 replicates: relative sd about sqrt(2/100 * 1.5 + 2/300) = 0.19; over 100
  // series, 0.019. Four of them.
  constexpr double phi = 0.9;
  constexpr std::size_t n = 20000;
  constexpr std::size_t block = 200;
  constexpr double q = phi * phi;
  double seen = 1.0;
  for (std::size_t k = 1; k < block; ++k)
    seen += 2.0 * (1.0 - static_cast<double>(k) / block) * std::pow(q, static_cast<double>(k));
  const double found = mean_square_variance(phi, n, block, 100);
  // The sample mean is removed: the blocks' variance is lower by the factor 1 - l/n = 0.99.
  EXPECT_NEAR(found / (2.0 / n * seen * (1.0 - static_cast<double>(block) / n)), 1.0, 4.0 * 0.019);
  EXPECT_NEAR(found / (2.0 / n * (1.0 + q) / (1.0 - q)), 1.0, 4.0 * 0.019 + 0.04);
}

TEST(BlockBootstrap, BlocksShorterThanTheCorrelationUnderestimate) {
  constexpr double phi = 0.9;
  constexpr double q = phi * phi;
  constexpr std::size_t n = 20000;
  const double truth = 2.0 / n * (1.0 + q) / (1.0 - q);
  // The planted fault: independent samples. Expected ratio (1 - q) / (1 + q) = 0.105.
  const double independent = mean_square_variance(phi, n, 1, 20);
  EXPECT_LT(independent / truth, 0.15);
  EXPECT_GT(independent / truth, 0.05);
}

TEST(BlockBootstrap, RmsErrorAndItsStandardError) {
  // se(rms) = sqrt(var(mean square)) / (2 rms), by the delta method; range 4 divides both.
  constexpr std::size_t n = 50000;
  constexpr double phi = 0.8;
  constexpr double q = phi * phi;
  const double theory = std::sqrt(2.0 / n * (1.0 + q) / (1.0 - q)) / 2.0 / 4.0;
  double mean_se = 0.0;
  double squared_miss = 0.0;
  constexpr int series = 60;
  for (int s = 0; s < series; ++s) {
    const std::vector<double> x = ar1(n, phi, 11, static_cast<std::uint64_t>(s));
    const ErrorWithSe found = rms_error(x, {}, 4.0, {.block = 100, .replicates = 500, .seed = 1});
    EXPECT_EQ(found.samples, n);
    mean_se += found.se / series;
    squared_miss += (found.error - 0.25) * (found.error - 0.25) / series;
  }
  // The se from 500 blocks and 500 replicates: relative sd 0.055, over 60 series 0.007; finite blocks: -1 %. Four and
  // that.
  EXPECT_NEAR(mean_se / theory, 1.0, 4.0 * 0.007 + 0.02);
  // And the errors really scatter by that: relative sd of a sd from 60 values is 1/sqrt(120) = 0.09. Four of them.
  EXPECT_NEAR(std::sqrt(squared_miss) / theory, 1.0, 0.37);
}

TEST(BlockBootstrap, GapsCostSamplesAndAreNotRead) {
  constexpr std::size_t n = 40000;
  std::vector<double> x = test::white(n, 12);
  std::vector<std::uint8_t> mask(n, 1);
  for (std::size_t i = 0; i < n; ++i)
    if ((i / 500) % 2 == 1) mask[i] = 0, x[i] = std::numeric_limits<double>::quiet_NaN();
  const ErrorWithSe found = rms_error(x, mask, 1.0, {.block = 50, .replicates = 2000, .seed = 3});
  EXPECT_EQ(found.samples, n / 2);
  // White: se = 1 / sqrt(2 * 20000) = 0.005. Relative error of the estimate: 400 blocks with data, 2000 replicates:
  // 0.04.
  EXPECT_NEAR(found.se / std::sqrt(0.5 / 20000.0), 1.0, 0.16);
}

TEST(BlockBootstrap, SameSeedSameBitsAndNoDataNoNumber) {
  const std::vector<double> x = test::white(1000, 13);
  const BootstrapOptions options{.block = 20, .replicates = 50, .seed = 9};
  EXPECT_EQ(bootstrap_means(x, {}, options), bootstrap_means(x, {}, options));
  EXPECT_NE(bootstrap_means(x, {}, options), bootstrap_means(x, {}, {.block = 20, .replicates = 50, .seed = 10}));
  const std::vector<std::uint8_t> none(x.size(), 0);
  EXPECT_TRUE(std::isnan(rms_error(x, none, 1.0, options).error));
  EXPECT_TRUE(std::isnan(rms_error(x, {}, 0.0, options).se));
  EXPECT_TRUE(bootstrap_means({}, {}, options).empty());
  // A block longer than the series is the series.
  EXPECT_EQ(bootstrap_means(x, {}, {.block = 5000, .replicates = 3, .seed = 1}).size(), 3U);
}

TEST(BlockBootstrap, BlockLength) {
  EXPECT_EQ(block_length(0.0, 80000).samples, 44U);  // cube root of 80 000 is 43.09
  EXPECT_EQ(block_length(100.0, 80000).samples, 500U);
  EXPECT_FALSE(block_length(100.0, 80000).few_blocks);
  EXPECT_EQ(block_length(100.0, 80000).blocks, 160U);
  EXPECT_EQ(block_length(5000.0, 80000).samples, 8000U);
  EXPECT_TRUE(block_length(5000.0, 80000).few_blocks);
  EXPECT_EQ(block_length(3.0, 4).samples, 1U);
  EXPECT_EQ(block_length(3.0, 0).samples, 1U);
}

}  // namespace
}  // namespace hillock::verify
