#include "verify/autocorrelation.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

using test::ar1;
using test::white;

/// A third of the samples left out, in runs.
std::vector<std::uint8_t> gappy(std::size_t n) {
  std::vector<std::uint8_t> mask(n, 1);
  for (std::size_t i = 0; i < n; ++i) mask[i] = (i / 7) % 3 == 1 ? 0 : 1;
  return mask;
}

TEST(Autocorrelation, FourierAndDirectSumsAgree) {
  const std::vector<double> x = ar1(3001, 0.8, 1);
  const auto mask = gappy(x.size());
  for (const auto& m : {mask, std::vector<std::uint8_t>{}}) {
    const Autocorrelation direct = autocorrelation_direct(x, m, 500);
    const Autocorrelation fast = autocorrelation(x, m, 500);
    ASSERT_EQ(direct.rho.size(), 501U);
    ASSERT_EQ(fast.rho.size(), 501U);
    for (std::size_t k = 0; k <= 500; ++k) {
      EXPECT_EQ(direct.pairs[k], fast.pairs[k]) << k;
      // eps * log2(8192) * sum x^2, over the pairs: 2e-16 * 13 * 3 with a generous factor.
      EXPECT_NEAR(direct.rho[k], fast.rho[k], 1e-13) << k;
    }
  }
}

TEST(Autocorrelation, CountsPairsAcrossGapsAndNeverReadsWhatIsLeftOut) {
  std::vector<double> x = {1.0, -1.0, std::numeric_limits<double>::quiet_NaN(), -1.0, 1.0};
  const std::vector<std::uint8_t> mask = {1, 1, 0, 1, 1};
  const Autocorrelation acf = autocorrelation_direct(x, mask, 4);
  EXPECT_EQ(acf.samples, 4U);
  EXPECT_EQ(acf.pairs, (std::vector<double>{4, 2, 1, 2, 1}));
  EXPECT_EQ(acf.rho, (std::vector<double>{1.0, -1.0, 1.0, -1.0, 1.0}));
}

TEST(Autocorrelation, KnowsTheCorrelationOfAr1) {
  constexpr double phi = 0.9;
  const std::size_t n = 200000;
  const Autocorrelation acf = autocorrelation(ar1(n, phi, 2), {}, n / 2);
  const Independence found = independence(acf, 0.1);
  // tau = (1 + phi) / (1 - phi) = 19. Its relative standard error with a window of W lags is sqrt(2 (2W + 1) / n)
  // (Sokal 1997, eq. 3.19); Geyer's rule cuts near W = 60 here: 0.035. Four of them.
  EXPECT_NEAR(found.integrated_time, 19.0, 4.0 * 0.035 * 19.0);
  EXPECT_NEAR(found.effective_samples, static_cast<double>(n) / found.integrated_time, 1e-6);
  EXPECT_FALSE(found.capped);
  // The time constant of phi^k is -dt / ln(phi) = 0.949 ms, same relative error.
  EXPECT_NEAR(found.correlation_time_ms, -0.1 / std::log(phi), 4.0 * 0.035 * 0.95);
}

TEST(Autocorrelation, GapsDoNotBiasItButClosingThemUpDoes) {
  const std::size_t n = 90000;
  const std::vector<double> x = ar1(n, 0.9, 3);
  std::vector<std::uint8_t> mask(n);
  for (std::size_t i = 0; i < n; ++i) mask[i] = i % 3 == 0 ? 1 : 0;  // every third sample is left
  std::vector<double> closed;
  for (std::size_t i = 0; i < n; i += 3) closed.push_back(x[i]);
  const Autocorrelation with_gaps = autocorrelation_direct(x, mask, 3);
  // Lag 3 is phi^3 = 0.729; standard error about sqrt((1 + phi^6) / (1 - phi^6) / 30000) = 0.0105 at most (Bartlett).
  EXPECT_NEAR(with_gaps.rho[3], 0.729, 4.0 * 0.0105);
  EXPECT_EQ(with_gaps.pairs[1], 0.0);
  // The planted fault: gaps closed up, lag 1 is taken for one interval but is three.
  EXPECT_LT(autocorrelation_direct(closed, {}, 1).rho[1], 0.9 - 0.1);
}

TEST(Autocorrelation, WhiteSeriesIsWorthItsLengthAndNoneIsWorthMore) {
  const std::size_t n = 80000;
  const Independence plain = independence(autocorrelation(white(n, 4), {}, n / 2), 0.1);
  // rho_1 has standard error 1/sqrt(n) = 0.0035; a handful of lags enter.
  EXPECT_NEAR(plain.effective_samples / static_cast<double>(n), 1.0, 0.05);
  std::vector<double> opposed = white(n, 5);
  for (std::size_t i = n - 1; i > 0; --i) opposed[i] -= opposed[i - 1];  // rho_1 = -1/2: tau would be 0
  const Independence capped = independence(autocorrelation(opposed, {}, n / 2), 0.1);
  EXPECT_TRUE(capped.capped);
  EXPECT_EQ(capped.effective_samples, static_cast<double>(n));
  EXPECT_EQ(capped.correlation_time_ms, 0.0);
}

TEST(Autocorrelation, EmptySingleAndConstantSeries) {
  EXPECT_EQ(autocorrelation_direct({}, {}, 3).samples, 0U);
  const std::vector<double> one = {2.0};
  EXPECT_EQ(autocorrelation_direct(one, {}, 3).rho, (std::vector<double>{1.0}));
  const std::vector<double> constant(200, 0.1);
  const Autocorrelation acf = autocorrelation(constant, {}, 100);
  for (std::size_t k = 1; k < acf.rho.size(); ++k) EXPECT_EQ(acf.rho[k], 0.0);
  EXPECT_EQ(independence(acf, 1.0).effective_samples, 200.0);
}

}  // namespace
}  // namespace hillock::verify
