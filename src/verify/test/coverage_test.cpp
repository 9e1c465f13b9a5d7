#include "verify/coverage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

TEST(Coverage, OfAMixtureOfDrawsIsWhatItPromises) {
  // y_i ~ N(m, 1), m known from other data only up to N(0, s): the predictive is the mixture over draws of m. Averaged
  // over truths m, coverage is exact for that mixture's limit; 300 worlds of 100 samples each. Given m the coverage of
  // a world differs from 0.9; the standard error comes from the 300 worlds.
  constexpr double s = 1.0;
  constexpr std::size_t n = 100;
  constexpr int worlds = 300;
  std::vector<double> covered;
  std::vector<double> overconfident;
  for (int w = 0; w < worlds; ++w) {
    Rng rng(20, stream_id("coverage test"), static_cast<std::uint64_t>(w));
    const double m = s * rng.normal();
    std::vector<double> y(n);
    for (double& v : y) v = m + rng.normal();
    PredictivePlace place(y);
    PredictivePlace fixed(y);
    const std::vector<double> unit = {1.0};
    for (int d = 0; d < 200; ++d) place.add(std::vector<double>(n, s * rng.normal()), unit);
    fixed.add(std::vector<double>(n, 0.0), unit);
    EXPECT_EQ(place.draws(), 200U);
    covered.push_back(coverage_from_place(place.place(), {}, 0.9, {.block = 10, .replicates = 50}).covered);
    overconfident.push_back(coverage_from_place(fixed.place(), {}, 0.9, {.block = 10, .replicates = 50}).covered);
  }
  auto mean = [](const std::vector<double>& x) {
    double sum = 0.0;
    for (const double v : x) sum += v;
    return sum / static_cast<double>(x.size());
  };
  const double se = standard_deviation(covered) / std::sqrt(worlds);
  EXPECT_NEAR(mean(covered), 0.9, 4.0 * se + 0.005);  // 200 draws of m: the mixture is narrow by about 1/200
  EXPECT_LT(4.0 * se, 0.05);                          // so that 0.755 would be seen
  // The planted fault: parameter uncertainty left out. P(|N(0, 2)| < 1.645) = 0.755.
  EXPECT_LT(mean(overconfident), 0.83);
}

TEST(Coverage, StandardErrorCountsCorrelation) {
  // Scatter of the coverage over 100 AR(1) worlds against the mean reported standard error; a sd from 100 values is
  // known to 7 %, four of them and 5 % for finite blocks.
  constexpr std::size_t n = 10000;
  std::vector<double> covered;
  double correlated = 0.0;
  double independent = 0.0;
  constexpr int worlds = 100;
  const std::vector<double> zero(n, 0.0);
  const std::vector<double> unit = {1.0};
  for (int w = 0; w < worlds; ++w) {
    const std::vector<double> y = test::ar1(n, 0.95, 21, static_cast<std::uint64_t>(w));
    PredictivePlace place(y);
    place.add(zero, unit);
    const std::vector<double> u = place.place();
    const Coverage c = coverage_from_place(u, {}, 0.5, {.block = 200, .replicates = 200});
    covered.push_back(c.covered);
    correlated += c.se / worlds;
    independent += coverage_from_place(u, {}, 0.5, {.block = 1, .replicates = 200}).se / worlds;
  }
  const double truth = standard_deviation(covered);
  EXPECT_NEAR(correlated / truth, 1.0, 0.33);
  EXPECT_LT(independent / truth, 0.6);  // the planted fault: blocks of one sample
}

TEST(Coverage, PlaceAndBoundsAgree) {
  const std::vector<double> y = test::white(5000, 22);
  PredictivePlace place(y);
  place.add(std::vector<double>(y.size(), 0.0), std::vector<double>(y.size(), 1.0));
  std::vector<std::uint8_t> mask(y.size(), 1);
  for (std::size_t i = 0; i < 1000; ++i) mask[i] = 0;
  const BootstrapOptions blocks{.block = 20, .replicates = 100};
  const Coverage a = coverage_from_place(place.place(), mask, 0.9, blocks);
  constexpr double z = 1.6448536269514722;
  const Coverage b =
      coverage_from_bounds(y, std::vector<double>(y.size(), -z), std::vector<double>(y.size(), z), mask, 0.9, blocks);
  EXPECT_EQ(a.covered, b.covered);
  EXPECT_EQ(a.se, b.se);
  EXPECT_EQ(a.samples, 4000U);
  EXPECT_EQ(a.level, 0.9);
  EXPECT_NEAR(a.covered, 0.9, 4.0 * std::sqrt(0.09 / 4000.0));
}

TEST(Coverage, QuantilesOfFewDrawsCoverANewDrawExactly) {
  // 39 draws, a new one: P(inside the 5 % .. 95 % interval) = 0.9 exactly. 40 000 worlds: se 0.0015, four of them.
  constexpr std::size_t worlds = 40000;
  Array2 draws(39, worlds);
  Rng rng(23, stream_id("coverage test"));
  for (double& v : draws.values) v = rng.normal();
  std::vector<double> fresh(worlds);
  for (double& v : fresh) v = rng.normal();
  const std::vector<double> levels = {0.05, 0.5, 0.95};
  const Array2 q = predictive_quantiles(draws, levels);
  const Coverage c = coverage_from_bounds(fresh, q.row(0), q.row(2), {}, 0.9, {.block = 1, .replicates = 20});
  EXPECT_NEAR(c.covered, 0.9, 4.0 * 0.0015);
  // Too few draws for the level: the extremes.
  const Array2 wide = predictive_quantiles(draws, std::vector<double>{0.001, 0.999});
  for (std::size_t t = 0; t < 10; ++t) {
    const std::vector<double> column = draws.column(t);
    EXPECT_EQ(wide(0, t), *std::min_element(column.begin(), column.end()));
    EXPECT_EQ(wide(1, t), *std::max_element(column.begin(), column.end()));
  }
}

}  // namespace
}  // namespace hillock::verify
