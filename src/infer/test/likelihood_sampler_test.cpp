// Each sampler draws from the posterior, in one mode and in two.

#include "infer/likelihood_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "infer/simulation_source.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

void prior(const Array2& z, std::span<double> value, Array2* by_z) {
  standard_normal_density(z, value);
  if (!by_z) return;
  *by_z = Array2(z.rows, z.cols);
  for (std::size_t i = 0; i < z.values.size(); ++i) by_z->values[i] = -z.values[i];
}

/// x = 0.8 seen through N(z_i, 0.1) in every coordinate: posterior N(0.8 / 1.01, 0.01 / 1.01).
LikelihoodTarget gaussian() {
  const auto likelihood = [](const Array2& z, std::span<double> value, Array2* by_z) {
    if (by_z) *by_z = Array2(z.rows, z.cols);
    for (std::size_t k = 0; k < z.rows; ++k) {
      value[k] = 0.0;
      for (std::size_t i = 0; i < z.cols; ++i) {
        value[k] -= 0.5 * std::pow((0.8 - z(k, i)) / 0.1, 2);
        if (by_z) (*by_z)(k, i) = (0.8 - z(k, i)) / 0.01;
      }
    }
  };
  return {prior, likelihood, true};
}

Array2 base_draws(std::size_t n, std::size_t d) { return standard_normal_rows(3, stream_id("test base"), 0, n, d); }

class LikelihoodSampler : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, LikelihoodSampler, testing::Values("smc", "slice", "nuts"));

TEST_P(LikelihoodSampler, GaussianMoments) {
  for (const std::size_t d : {1U, 3U}) {
    LikelihoodSamplerOptions options;
    options.sampler = GetParam();
    options.draws = 2000;
    Silent silent;
    const auto draws = sample_likelihood(gaussian(), base_draws(2000, d), options, silent);
    ASSERT_TRUE(draws) << render(draws.error());
    EXPECT_TRUE(draws->complete);
    ASSERT_EQ(draws->points.rows, 2000U);
    ASSERT_EQ(draws->log_posterior.size(), 2000U);
    const std::vector<double> equal(2000, 1.0);
    for (std::size_t i = 0; i < d; ++i) {
      const WeightedMoments m(draws->points, equal, i);
      const double sd = std::sqrt(0.01 / 1.01);
      // Every draw is worth a quarter of an independent one at least (chains: ess_bulk says so below; particles: eight
      // accepted moves each), five standard errors.
      EXPECT_NEAR(m.mean, 0.8 / 1.01, 5.0 * sd / std::sqrt(500.0));
      EXPECT_NEAR(m.sd, sd, 5.0 * sd / std::sqrt(1000.0));
      if (options.sampler == "smc") continue;
      EXPECT_GT(draws->ess_bulk[i], 500.0);
      EXPECT_LT(draws->rhat[i], 1.05);
    }
    EXPECT_EQ(draws->divergences, 0);
    EXPECT_GT(draws->evaluations, 2000);
  }
}

TEST_P(LikelihoodSampler, TwoModesKeepTheirShares) {
  // Likelihood 3 : 1 at z = 1 and z = -1, widths 0.05; the prior has the same density there.
  const auto likelihood = [](const Array2& z, std::span<double> value, Array2* by_z) {
    if (by_z) *by_z = Array2(z.rows, 1);
    for (std::size_t k = 0; k < z.rows; ++k) {
      const double up = (z(k, 0) - 1.0) / 0.05, down = (z(k, 0) + 1.0) / 0.05;
      const double a = std::log(0.75) - 0.5 * up * up, b = std::log(0.25) - 0.5 * down * down;
      const double top = std::max(a, b);
      value[k] = top + std::log(std::exp(a - top) + std::exp(b - top));
      if (by_z) (*by_z)(k, 0) = -(std::exp(a - value[k]) * up + std::exp(b - value[k]) * down) / 0.05;
    }
  };
  LikelihoodSamplerOptions options;
  options.sampler = GetParam();
  options.chains = 400;
  options.draws = 2000;
  Silent silent;
  const auto draws = sample_likelihood({prior, likelihood, true}, base_draws(2000, 1), options, silent);
  ASSERT_TRUE(draws) << render(draws.error());
  double upper = 0.0;
  for (const double z : draws->points.values) upper += z > 0.0 ? 1.0 / 2000.0 : 0.0;
  // The share drifts with each resampling of 2000 particles until the modes are apart (about 15), and 400 of them
  // start chains.
  EXPECT_NEAR(upper, 0.75, 4.0 * std::sqrt(0.1875 * (15.0 / 2000.0 + (options.sampler == "smc" ? 0.0 : 1.0 / 400.0))));
}

TEST_P(LikelihoodSampler, SameSeedSameBitsAndItStops) {
  LikelihoodSamplerOptions options;
  options.sampler = GetParam();
  options.draws = 400;
  Silent silent;
  const auto one = sample_likelihood(gaussian(), base_draws(1000, 2), options, silent);
  const auto two = sample_likelihood(gaussian(), base_draws(1000, 2), options, silent);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->points.values, two->points.values);
  options.seed = 2;
  const auto other = sample_likelihood(gaussian(), base_draws(1000, 2), options, silent);
  EXPECT_NE(one->points.values, other->points.values);
  for (const long after : {0L, 5L, 300L}) {
    StopsAfter stop(after);
    const auto stopped = sample_likelihood(gaussian(), base_draws(1000, 2), options, stop);
    ASSERT_TRUE(stopped);
    if (after < 300) {
      EXPECT_FALSE(stopped->complete);
    }
  }
}

TEST_P(LikelihoodSampler, NoPosteriorIsSaid) {
  const auto nowhere = [](const Array2& z, std::span<double> value, Array2* by_z) {
    if (by_z) *by_z = Array2(z.rows, z.cols);
    std::ranges::fill(value, -std::numeric_limits<double>::infinity());
  };
  LikelihoodSamplerOptions options;
  options.sampler = GetParam();
  Silent silent;
  const auto draws = sample_likelihood({prior, nowhere, true}, base_draws(1000, 1), options, silent);
  ASSERT_FALSE(draws);
  EXPECT_EQ(draws.error()[0].code, "posterior-empty");
  EXPECT_EQ(draws.error()[0].message, "the posterior has no density at any of 1000 draws of the prior");
}

TEST(LikelihoodSamplerOptions, MistakesAreNamedAllAtOnce) {
  LikelihoodSamplerOptions options;
  options.sampler = "slyce";
  options.draws = 0;
  options.annealing.effective_share = 2.0;
  const auto good = options.validate();
  ASSERT_FALSE(good);
  ASSERT_EQ(good.error().size(), 3U);
  EXPECT_EQ(good.error()[2].code, "sampler-unknown");
  EXPECT_EQ(good.error()[2].message, "`slyce` is no sampler of a likelihood");
  EXPECT_EQ(good.error()[2].hint, "did you mean `slice`?");

  LikelihoodTarget without = gaussian();
  without.gradients = false;
  LikelihoodSamplerOptions nuts;
  nuts.sampler = "nuts";
  Silent silent;
  const auto draws = sample_likelihood(without, base_draws(1000, 1), nuts, silent);
  ASSERT_FALSE(draws);
  EXPECT_EQ(draws.error()[0].code, "sampler-needs-gradient");
  EXPECT_EQ(draws.error()[0].message, "`nuts` needs the likelihood's gradient, which this one has not");
}

}  // namespace
}  // namespace hillock::infer
