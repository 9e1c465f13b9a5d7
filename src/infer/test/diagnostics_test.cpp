#include "infer/diagnostics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

/// m chains of a stationary AR(1) process with unit variance.
Array2 ar1(std::size_t m, std::size_t n, double phi, std::uint64_t seed) {
  Array2 x(m, n);
  for (std::size_t k = 0; k < m; ++k) {
    Rng rng(seed, stream_id("ar1"), k);
    x(k, 0) = rng.normal();
    for (std::size_t i = 1; i < n; ++i) x(k, i) = phi * x(k, i - 1) + std::sqrt(1.0 - phi * phi) * rng.normal();
  }
  return x;
}

TEST(Diagnostics, EffectiveSizeOfAr1) {
  // ESS of the mean is N (1 - phi)/(1 + phi). The estimate sums some M = 3 tau autocorrelations, each known to
  // sqrt(tau/N), which makes its relative error about sqrt(2 (2M + 1)/N): 0.5 %, 1.3 %, 1.9 %, 5 % here; 4 of them.
  struct Row {
    double phi, relative;
  };
  for (const Row row : {Row{-0.5, 0.04}, Row{0.0, 0.05}, Row{0.5, 0.08}, Row{0.9, 0.2}}) {
    SCOPED_TRACE(row.phi);
    const Array2 x = ar1(20, 5000, row.phi, 1);
    const double expected = 1e5 * (1.0 - row.phi) / (1.0 + row.phi);
    EXPECT_NEAR(ess_mean(x) / expected, 1.0, row.relative);
    // The ranks of a Gaussian series are nearly the series.
    EXPECT_NEAR(ess_bulk(x) / expected, 1.0, row.relative);
    EXPECT_NEAR(mcse_mean(x), 1.0 / std::sqrt(expected), 0.5 * row.relative / std::sqrt(expected) + 1e-5);
    EXPECT_LT(rhat(x), 1.01);
  }
}

TEST(Diagnostics, McseOfAQuantileOfIndependentDraws) {
  // sqrt(p (1-p)/N) / density at the quantile; order statistics one standard deviation apart make it a few per cent.
  const Array2 x = ar1(4, 10'000, 0.0, 2);
  const double density = std::exp(-0.5 * 1.2815515655 * 1.2815515655) / std::sqrt(2.0 * 3.14159265358979);
  EXPECT_NEAR(mcse_quantile(x, 0.9), std::sqrt(0.09 / 4e4) / density, 0.1 * std::sqrt(0.09 / 4e4) / density);
}

TEST(Diagnostics, RhatSeesWhatItShould) {
  const Array2 good = ar1(4, 1000, 0.3, 3);
  EXPECT_LT(rhat(good), 1.01);
  Array2 shifted = good;
  for (double& v : shifted.row(2)) v += 2.0;
  EXPECT_GT(rhat(shifted), 1.2);
  // Same mean, another width: only the folded statistic sees it.
  Array2 wide = good;
  for (double& v : wide.row(1)) v *= 4.0;
  EXPECT_GT(rhat(wide), 1.1);
  // A drift that all chains share: only the split sees it.
  Array2 drifting = good;
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < 1000; ++i) drifting(k, i) += 0.004 * static_cast<double>(i);
  }
  EXPECT_GT(rhat(drifting), 1.2);
  // Cauchy draws have no moments; ranks have.
  Array2 heavy(4, 1000);
  Rng rng(1, stream_id("cauchy"));
  for (double& v : heavy.values) v = std::tan(3.14159265358979 * (rng.uniform() - 0.5));
  EXPECT_LT(rhat(heavy), 1.01);
  EXPECT_GT(ess_bulk(heavy), 3000.0);
}

TEST(Diagnostics, EdgeCases) {
  EXPECT_TRUE(std::isnan(rhat(Array2(4, 3, 1.0))));
  EXPECT_TRUE(std::isnan(ess_bulk(Array2(0, 100))));
  Array2 hole = ar1(4, 100, 0.0, 4);
  hole(1, 50) = std::numeric_limits<double>::quiet_NaN();
  for (const double v :
       {rhat(hole), ess_bulk(hole), ess_tail(hole), ess_mean(hole), mcse_mean(hole), mcse_quantile(hole, 0.5)}) {
    EXPECT_TRUE(std::isnan(v));
  }
  const Array2 constant(4, 100, 7.0);
  EXPECT_EQ(rhat(constant), 1.0);
  EXPECT_EQ(ess_bulk(constant), 400.0);
  EXPECT_EQ(mcse_mean(constant), 0.0);
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Diagnostics, QuantilesInterpolate) {
  const double x[] = {4.0, 1.0, 3.0, 2.0};
  EXPECT_EQ(quantile(x, 0.0), 1.0);
  EXPECT_EQ(quantile(x, 1.0), 4.0);
  EXPECT_EQ(quantile(x, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(x, 0.1), 1.3);
}

TEST(Diagnostics, ChainsOfADimensionAreCutToTheShortest) {
  std::vector<Array2> draws = {Array2(5, 2), Array2(3, 2)};
  draws[0](2, 1) = 8.0;
  draws[1](0, 1) = 9.0;
  const Array2 x = chains_of(draws, 1);
  EXPECT_EQ(x.rows, 2U);
  EXPECT_EQ(x.cols, 3U);
  EXPECT_EQ(x.values, (std::vector<double>{0.0, 0.0, 8.0, 9.0, 0.0, 0.0}));
}

/// What diagnostics_check.py prints, or nothing where there is no numpy.
std::vector<double> by_numpy(const Array2& x) {
  const std::string file = "chains_for_check.csv";
  std::FILE* out = std::fopen(file.c_str(), "w");
  for (std::size_t k = 0; k < x.rows; ++k) {
    for (std::size_t i = 0; i < x.cols; ++i) std::fprintf(out, "%s%.17g", i > 0 ? "," : "", x(k, i));
    std::fprintf(out, "\n");
  }
  std::fclose(out);
  const std::string command =
      std::string(HILLOCK_PYTHON) + " " + HILLOCK_SOURCE_DIR + "/src/infer/test/diagnostics_check.py " + file;
  std::vector<double> values;
  std::FILE* pipe = popen(command.c_str(), "r");
  double value = 0.0;
  while (std::fscanf(pipe, "%lf", &value) == 1) values.push_back(value);
  pclose(pipe);
  std::filesystem::remove(file);
  return values;
}

TEST(Diagnostics, AgreeWithAnIndependentProgram) {
  if (std::system((std::string(HILLOCK_PYTHON) + " -c 'import numpy, scipy' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "no numpy and scipy for " << HILLOCK_PYTHON;
  }
  Array2 ties = ar1(3, 200, 0.5, 9);
  for (double& v : ties.values) v = std::round(2.0 * v);
  Array2 shifted = ar1(4, 150, 0.2, 8);
  for (double& v : shifted.row(0)) v += 3.0;
  for (const Array2& x :
       {ar1(4, 500, 0.7, 5), ar1(16, 251, -0.6, 6), ar1(1, 1000, 0.95, 7), ties, shifted, ar1(2, 9, 0.0, 10)}) {
    const std::vector<double> expected = by_numpy(x);
    const std::vector<double> found = {rhat(x),
                                       ess_bulk(x),
                                       ess_tail(x),
                                       ess_mean(x),
                                       ess_quantile(x, 0.3),
                                       mcse_mean(x),
                                       mcse_quantile(x, 0.3),
                                       quantile(x.values, 0.123)};
    ASSERT_EQ(expected.size(), found.size());
    // Their FFT rounds at 1e-16 of the variance, and tau is a sum of up to a few hundred lags.
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], expected[i], 1e-10 * std::fabs(expected[i])) << i;
  }
}

}  // namespace
}  // namespace hillock::infer
