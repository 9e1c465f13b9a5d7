#include "report/density.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/rng.hpp"

namespace hillock::report {
namespace {

PosteriorAxis axis(bool log, double low, double high) { return {"p", "", log, low, high, 1, {}, {}}; }

/// A density integrates to one on the scale on which it is shown.
TEST(Histogram, IntegratesToOne) {
  Rng rng(1, stream_id("histogram"));
  for (const bool log : {false, true}) {
    for (const double spread : {1e-4, 1.0}) {
      std::vector<double> draws(500);
      for (double& v : draws) v = std::exp(spread * rng.normal());
      const Histogram h = histogram(draws, axis(log, 1e-3, 1e3), 20);
      EXPECT_EQ(h.log, log && spread > 0.1);
      const double width = (h.log ? std::log(h.high / h.low) : h.high - h.low) / 20;
      // 500 additions of rounding error at most.
      EXPECT_NEAR(width * std::accumulate(h.density.begin(), h.density.end(), 0.0), 1.0, 500 * 2.3e-16);
      EXPECT_EQ(h.total, 500);
    }
  }
}

/// If the posterior is the prior, their densities agree: the outline and the bars are in the same terms. Each bar's
/// relative standard error is 1/sqrt(draws per bin) = 1/sqrt(2500) = 2 %; five of them.
TEST(Histogram, OfDrawsFromThePriorHasThePriorsDensity) {
  Rng rng(2, stream_id("histogram"));
  const PosteriorAxis a = axis(true, 1e-2, 1e2);
  std::vector<double> draws(25000);
  for (double& v : draws) v = 1e-2 * std::pow(1e4, rng.uniform());
  const Histogram h = histogram(draws, a, 10);
  ASSERT_TRUE(h.log);
  for (std::size_t b = 1; b + 1 < 10; ++b)
    EXPECT_NEAR(h.density[b] / prior_density(a, h.edge(b) * 1.01, true), 1.0, 0.1);
}

/// The same on a linear axis that shows a piece of a log-uniform prior: density 1/(value ln(high/low)).
TEST(PriorDensity, ChangesWithTheScale) {
  const PosteriorAxis a = axis(true, 1, std::exp(2.0));
  EXPECT_DOUBLE_EQ(prior_density(a, 2, true), 0.5);
  EXPECT_DOUBLE_EQ(prior_density(a, 2, false), 0.25);
  EXPECT_EQ(prior_density(a, 0.5, true), 0);
  PosteriorAxis given = axis(false, 0, 0);
  given.prior_at = {0, 1, 2}, given.prior_density = {0, 1, 0};
  EXPECT_DOUBLE_EQ(prior_density(given, 0.5, false), 0.5);
  EXPECT_DOUBLE_EQ(prior_density(given, 0.5, true), 0.25);
  EXPECT_EQ(prior_density(given, 3, false), 0);
  EXPECT_TRUE(std::isnan(prior_density(axis(false, -HUGE_VAL, HUGE_VAL), 0, false)));
}

TEST(Histogram, CountsWhatItDrops) {
  const Histogram h = histogram(std::vector<double>{1, 2, -1, std::nan("")}, axis(true, 0.1, 10), 4);
  EXPECT_EQ(h.total, 2);
  EXPECT_EQ(h.dropped, 2);
  EXPECT_EQ(histogram(std::vector<double>{}, axis(false, 0, 1), 4).total, 0);
  EXPECT_EQ(histogram(std::vector<double>{7}, axis(false, 0, 1), 4).total, 1);
}

TEST(Correlation, OfLinesAndOfTinySpreads) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 50; ++i) a.push_back(1e6 + 1e-3 * i), b.push_back(-2.0 * i);
  // a's spread is 1e-9 of its size, so it carries about 7 digits.
  EXPECT_NEAR(correlation(a, b), -1, 1e-6);
  EXPECT_TRUE(std::isnan(correlation(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3})));
  EXPECT_TRUE(std::isnan(correlation(std::vector<double>{1, 2}, std::vector<double>{1, 2})));
}

}  // namespace
}  // namespace hillock::report
