#include "verify/sandwich.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "verify/autocorrelation.hpp"
#include "verify/test/series.hpp"

namespace hillock::verify {
namespace {

constexpr std::size_t n = 4000;

/// Regression on a constant and a slow wave: y = 1 + 2 w + noise.
Array2 regressors() {
  Array2 out(n, 2);
  for (std::size_t i = 0; i < n; ++i) out(i, 0) = 1.0, out(i, 1) = std::sin(0.01 * static_cast<double>(i));
  return out;
}

struct Regression {
  double estimate[2];
  std::vector<double> residuals;
  double noise_sd;
};

Regression least_squares(const Array2& x, const std::vector<double>& noise) {
  double a = 0, b = 0, c = 0, u = 0, v = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double y = 1.0 + 2.0 * x(i, 1) + noise[i];
    a += 1.0, b += x(i, 1), c += x(i, 1) * x(i, 1), u += y, v += x(i, 1) * y;
  }
  const double det = a * c - b * b;
  Regression out{{(c * u - b * v) / det, (a * v - b * u) / det}, std::vector<double>(n), 0.0};
  for (std::size_t i = 0; i < n; ++i) {
    out.residuals[i] = 1.0 + 2.0 * x(i, 1) + noise[i] - out.estimate[0] - out.estimate[1] * x(i, 1);
    out.noise_sd += out.residuals[i] * out.residuals[i];
  }
  out.noise_sd = std::sqrt(out.noise_sd / (n - 2));
  return out;
}

/// How often 90 % intervals hold the truth, over many AR(1) worlds.
struct Coverages {
  double naive = 0, corrected = 0, short_blocks = 0, by_count = 0;
};
Coverages coverages(double phi, int worlds) {
  const Array2 x = regressors();
  constexpr double z = 1.6448536269514722;
  Coverages out;
  for (int w = 0; w < worlds; ++w) {
    const Regression r = least_squares(x, test::ar1(n, phi, 50, static_cast<std::uint64_t>(w)));
    const Array2 h = information(x, {}, r.noise_sd);
    const Sandwich s = sandwich(h, block_scores(x, r.residuals, {}, r.noise_sd, 50)).value();
    const Sandwich tiny = sandwich(h, block_scores(x, r.residuals, {}, r.noise_sd, 1)).value();
    const Independence worth = independence(autocorrelation(r.residuals, {}, n / 2), 1.0);
    const double factor = independence_inflation(static_cast<double>(n), worth.effective_samples);
    for (std::size_t k = 0; k < 2; ++k) {
      const double miss = std::fabs(r.estimate[k] - (k == 0 ? 1.0 : 2.0));
      const double naive = std::sqrt(s.naive(k, k));
      out.naive += miss < z * naive ? 0.5 / worlds : 0.0;
      out.by_count += miss < z * naive * factor ? 0.5 / worlds : 0.0;
      out.corrected += miss < z * std::sqrt(s.covariance(k, k)) ? 0.5 / worlds : 0.0;
      out.short_blocks += miss < z * std::sqrt(tiny.covariance(k, k)) ? 0.5 / worlds : 0.0;
    }
  }
  return out;
}

TEST(Sandwich, CoversUnderCorrelatedNoiseWhereTheNaiveDoesNot) {
  // 400 worlds, 2 parameters: binomial sd of a coverage near 0.9 is sqrt(.09/800) = 0.0106 (the two estimates are
  // nearly independent). The sandwich itself is known from 80 blocks with Bartlett weights: its sd varies by about 10
  // %, which costs 1 % of coverage, and finite blocks another: 4 * 0.0106 + 0.02.
  const Coverages found = coverages(0.8, 400);
  EXPECT_NEAR(found.corrected, 0.9, 0.062);
  EXPECT_NEAR(found.by_count, 0.9, 0.062);  // slow regressors: the scores are as correlated as the residuals
  // Independent facts: the interval is short by sqrt((1 + phi) / (1 - phi)) = 3, P(|Z| < 1.645 / 3) = 0.417.
  EXPECT_NEAR(found.naive, 0.417, 4.0 * 0.0175);
  EXPECT_LT(found.short_blocks, 0.75);  // the planted fault: blocks shorter than the correlation
}

TEST(Sandwich, ChangesNothingForWhiteNoise) {
  const Array2 x = regressors();
  double mean = 0.0;
  constexpr int worlds = 100;
  for (int w = 0; w < worlds; ++w) {
    const Regression r = least_squares(x, test::white(n, 51, static_cast<std::uint64_t>(w)));
    const Sandwich s =
        sandwich(information(x, {}, r.noise_sd), block_scores(x, r.residuals, {}, r.noise_sd, 50)).value();
    mean += (s.inflation[0] + s.inflation[1]) / (2.0 * worlds);
  }
  // Relative sd of one inflation about 0.09 (80 blocks), over 200: 0.006; and E sqrt(s^2) < sigma by 0.4 %.
  EXPECT_NEAR(mean, 1.0, 4.0 * 0.006 + 0.01);
}

TEST(Sandwich, ByHand) {
  // One parameter, H = 4, four blocks of scores 1 -1 3 -3: J = 20 * 4 / 3, covariance J / 16.
  Array2 h(1, 1, 4.0);
  Array2 scores(4, 1);
  scores.values = {1, -1, 3, -3};
  const Sandwich independent = sandwich(h, scores, {.neighbour_blocks = 0, .prior_precision = {}}).value();
  EXPECT_NEAR(independent.covariance(0, 0), 20.0 * 4.0 / 3.0 / 16.0, 1e-14);
  EXPECT_NEAR(independent.naive(0, 0), 0.25, 1e-15);
  EXPECT_NEAR(independent.inflation[0], std::sqrt(20.0 / 3.0), 1e-14);
  // One neighbour at weight 1/2: 20 + 2 * 1/2 * (-1 - 3 - 9) = 7.
  EXPECT_NEAR(sandwich(h, scores).value().covariance(0, 0), 7.0 * 4.0 / 3.0 / 16.0, 1e-14);
  // A prior of precision 12: (20 * 4 / 3 + 12) / 16^2.
  EXPECT_NEAR(sandwich(h, scores, {.neighbour_blocks = 0, .prior_precision = {12.0}}).value().covariance(0, 0),
              (80.0 / 3.0 + 12.0) / 256.0, 1e-14);
}

TEST(Sandwich, ScoresAndInformationSkipWhatIsLeftOut) {
  Array2 x(3, 1);
  x.values = {1.0, std::nan(""), 3.0};
  const std::vector<std::uint8_t> mask = {1, 0, 1};
  const std::vector<double> r = {0.5, std::nan(""), 2.0};
  EXPECT_EQ(information(x, mask, 0.5)(0, 0), 40.0);
  const Array2 scores = block_scores(x, r, mask, 0.5, 2);
  ASSERT_EQ(scores.rows, 2U);
  EXPECT_EQ(scores(0, 0), 2.0);
  EXPECT_EQ(scores(1, 0), 24.0);
}

TEST(Sandwich, MistakesAreValues) {
  Array2 scores(10, 2, 1.0);
  Array2 h(2, 2);
  h.values = {1, 1, 1, 1};
  EXPECT_EQ(sandwich(h, scores).error()[0].code, "information-singular");
  EXPECT_TRUE(sandwich(h, scores, {.neighbour_blocks = 1, .prior_precision = {1.0, 1.0}}).has_value());
  h.values = {1, 0, 0, 0};
  EXPECT_EQ(sandwich(h, scores).error()[0].code, "information-singular");
  h.values = {1, 0, 0, 1e-20};  // badly scaled is not singular
  EXPECT_TRUE(sandwich(h, scores).has_value());
  Array2 bad(2, 2, std::numeric_limits<double>::infinity());
  const auto both = sandwich(h, bad);
  ASSERT_FALSE(both.has_value());
  ASSERT_EQ(both.error().size(), 2U);
  EXPECT_EQ(both.error()[0].code, "too-few-blocks");
  EXPECT_EQ(both.error()[1].code, "score-not-finite");
}

TEST(Sandwich, IndependenceInflation) {
  EXPECT_EQ(independence_inflation(80000, 20000), 2.0);
  EXPECT_EQ(independence_inflation(100, 400), 1.0);
}

}  // namespace
}  // namespace hillock::verify
