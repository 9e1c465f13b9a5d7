/// Counts against their probabilities.

#include "prob/counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace hillock::prob {
namespace {

constexpr int draws = 200000;

/// Pearson's chi-square over the bins that expect 10 draws or more, the rest in one: mean its degrees of freedom f,
/// variance 2 f. Five standard deviations (a skewed tail: f is 3 or more).
void expect_probabilities(const std::function<double(Rng&)>& draw, const std::function<double(double)>& log_mass,
                          double low, double high, const char* what) {
  std::vector<double> found(static_cast<std::size_t>(high - low) + 1, 0.0);
  double outside = 0.0;
  for (int i = 0; i < draws; ++i) {
    Rng rng(7, stream_id(what), static_cast<std::uint64_t>(i));
    const double k = draw(rng);
    ASSERT_EQ(k, std::floor(k)) << what;
    if (k >= low && k <= high) found[static_cast<std::size_t>(k - low)] += 1.0;
    else outside += 1.0;
  }
  double chi = 0.0, covered = 0.0, bins = 0.0, rest = outside;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double wanted = draws * std::exp(log_mass(low + static_cast<double>(i)));
    if (wanted < 10.0) {
      rest += found[i];
      continue;
    }
    chi += std::pow(found[i] - wanted, 2) / wanted;
    covered += wanted;
    bins += 1.0;
  }
  if (const double left = draws - covered; left >= 10.0) chi += std::pow(rest - left, 2) / left, bins += 1.0;
  const double f = bins - 1.0;
  EXPECT_NEAR(chi, f, 5.0 * std::sqrt(2.0 * f) + 8.0) << what << " " << bins;
}

double log_binomial(double k, double n, double p) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) + (n - k) * std::log1p(-p);
}

TEST(Counts, BinomialNumbersHaveTheirProbabilities) {
  for (const auto& [n, p] : {std::pair{1.0, 0.3},
                             {10.0, 0.5},
                             {7.0, 0.9},
                             {1000.0, 0.001},
                             {1000.0, 0.0099},
                             {1000.0, 0.0101},
                             {20.0, 0.5},
                             {25.0, 0.6},
                             {1000.0, 0.3},
                             {1000.0, 0.97},
                             {50.0, 0.25},
                             {1e6, 2e-5}}) {
    const double sd = std::sqrt(n * p * (1 - p));
    expect_probabilities([&](Rng& rng) { return draw_binomial(rng, n, p); },
                         [&](double k) { return log_binomial(k, n, p); }, std::max(0.0, std::floor(n * p - 6 * sd)),
                         std::min(n, std::ceil(n * p + 6 * sd)), "binomial");
  }
}

TEST(Counts, PoissonNumbersHaveTheirProbabilities) {
  for (const double mean : {0.01, 0.7, 3.0, 9.99, 10.01, 15.0, 80.0, 1234.5}) {
    const double sd = std::sqrt(mean);
    expect_probabilities([&](Rng& rng) { return draw_poisson(rng, mean); },
                         [&](double k) { return k * std::log(mean) - mean - std::lgamma(k + 1); },
                         std::max(0.0, std::floor(mean - 6 * sd)), std::ceil(mean + 6 * sd + 3), "poisson");
  }
}

TEST(Counts, LargeOnesHaveTheirMoments) {
  double sum = 0.0, square = 0.0;
  for (int i = 0; i < draws; ++i) {
    Rng rng(1, 2, static_cast<std::uint64_t>(i));
    const double z = (draw_binomial(rng, 1e12, 0.4) - 4e11) / std::sqrt(2.4e11);
    sum += z, square += z * z;
  }
  EXPECT_NEAR(sum / draws, 0.0, 5.0 / std::sqrt(draws));
  EXPECT_NEAR(square / draws, 1.0, 5.0 * std::sqrt(2.0 / draws));
}

TEST(Counts, EdgesAndWhatMakesNoSense) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Rng rng(1, 1);
  EXPECT_EQ(draw_binomial(rng, 0, 0.5), 0.0);
  EXPECT_EQ(draw_binomial(rng, 10, 0), 0.0);
  EXPECT_EQ(draw_binomial(rng, 10, 1), 10.0);
  EXPECT_EQ(draw_poisson(rng, 0), 0.0);
  for (const auto& [n, p] :
       {std::pair{2.5, 0.5}, {-1.0, 0.5}, {10.0, 1.1}, {10.0, -0.1}, {nan, 0.5}, {10.0, nan}, {infinity, 0.5}})
    EXPECT_TRUE(std::isnan(draw_binomial(rng, n, p))) << n << " " << p;
  for (const double mean : {-1.0, nan, infinity}) EXPECT_TRUE(std::isnan(draw_poisson(rng, mean))) << mean;
  // Extremes end.
  EXPECT_LE(draw_binomial(rng, 0x1p53, 0x1p-60), 1.0);
  EXPECT_GE(draw_binomial(rng, 0x1p53, 0.5), 0.0);
  EXPECT_GE(draw_poisson(rng, 0x1p52), 0.0);
  EXPECT_EQ(draw_poisson(rng, 1e-300), 0.0);
}

}  // namespace
}  // namespace hillock::prob
