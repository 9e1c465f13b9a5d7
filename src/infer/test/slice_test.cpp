#include "infer/slice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "infer/diagnostics.hpp"
#include "infer/pareto_smoothing.hpp"
#include "infer/sampling_importance_resampling.hpp"
#include "infer/test/simulators.hpp"
#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

const double infinity = std::numeric_limits<double>::infinity();

SliceResult sample(LogDensity& target, const Array2& starts, const Array2& covariance, const SliceOptions& options) {
  Result<Slice> slice = Slice::start(target, starts, covariance, options);
  if (!slice) {
    ADD_FAILURE() << render(slice.error());
    return {};
  }
  Silent silent;
  slice->run(silent);
  SliceResult result = slice->result();
  EXPECT_TRUE(result.complete);
  return result;
}

/// The mean of f over the draws is `expected`, within 5 of its own Monte Carlo standard errors (1 in 2 million each).
void expect_mean(const SliceResult& result, const std::function<double(std::span<const double>)>& f, double expected,
                 const std::string& what) {
  Array2 values(result.draws.size(), result.draws[0].rows);
  double mean = 0.0;
  for (std::size_t k = 0; k < values.rows; ++k) {
    for (std::size_t i = 0; i < values.cols; ++i) {
      values(k, i) = f(result.draws[k].row(i));
      mean += values(k, i) / static_cast<double>(values.values.size());
    }
  }
  EXPECT_NEAR(mean, expected, 5.0 * mcse_mean(values)) << what;
  // And the error itself is known: it is not hidden by a tiny effective sample size.
  EXPECT_GT(ess_mean(values), 200.0) << what;
}

void expect_gaussian(const SliceResult& result, const RandomGaussian& g) {
  for (std::size_t i = 0; i < g.d; ++i) {
    expect_mean(
        result, [&](auto u) { return u[i]; }, g.mean[i], "mean " + std::to_string(i));
    EXPECT_LT(rhat(chains_of(result.draws, i)), 1.02);
    for (std::size_t j = 0; j <= i; ++j) {
      expect_mean(
          result, [&](auto u) { return (u[i] - g.mean[i]) * (u[j] - g.mean[j]); }, g.covariance(i, j),
          "covariance " + std::to_string(i) + " " + std::to_string(j));
    }
  }
}

class SliceDimension : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Some, SliceDimension, testing::Values(1, 2, 3, 4, 12));

TEST_P(SliceDimension, GaussianMoments) {
  // Scales over three decades, correlations of all sizes; the chains are told nothing of them.
  const RandomGaussian g(GetParam());
  auto target = g.target();
  SliceOptions options;
  options.warmup = 200;
  const SliceResult result = sample(target, cloud(20, g.mean, g.sd), identity(g.d), options);
  expect_gaussian(result, g);
  EXPECT_EQ(result.capped, 0);
  EXPECT_EQ(result.stuck, 0);
  EXPECT_EQ(target.evaluations, result.evaluations + result.evaluations_warmup + 20);
  EXPECT_EQ(target.batches, result.batches);
  // Along the principal axes updates are nearly independent: an iteration is worth half a draw at least (1 / (1 + 2 sum
  // of correlations); slices of a normal density leave a correlation of its squares only).
  for (std::size_t i = 0; i < g.d; ++i) EXPECT_GT(ess_bulk(chains_of(result.draws, i)), 0.5 * 20.0 * 500.0);
  // An update asks for the two ends and some three points inside.
  EXPECT_LT(static_cast<double>(result.evaluations) / (20.0 * 500.0 * static_cast<double>(g.d)), 6.5);
  // Chains wait for each other at five places only: the lanes are full.
  EXPECT_GT(static_cast<double>(target.evaluations) / static_cast<double>(result.batches), 0.8 * 20.0);
}

TEST(Slice, CoordinatesWithoutRotation) {
  const RandomGaussian g(3);
  auto target = g.target();
  SliceOptions options;
  options.warmup = 200;
  options.draws = 2000;
  options.rotate = false;
  const SliceResult result = sample(target, cloud(10, g.mean, g.sd), identity(3), options);
  expect_gaussian(result, g);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(result.directions(i, j) == 0.0, i != j);
}

TEST(Slice, ABentRidge) {
  const Bent bent(3, 1.0);
  auto target = bent.target();
  SliceOptions options;
  options.warmup = 300;
  options.draws = 2000;
  Array2 starts(20, 3);
  for (std::size_t k = 0; k < 20; ++k) {
    Rng rng(8, stream_id("test"), k);
    std::ranges::copy(bent.draw(rng), starts.row(k).begin());
  }
  const SliceResult result = sample(target, starts, identity(3), options);
  for (std::size_t i = 0; i < 3; ++i)
    expect_mean(
        result, [&](auto u) { return u[i]; }, bent.normal.mean[i], "mean " + std::to_string(i));
}

TEST(Slice, AHardEdge) {
  // Uniform on a triangle 0 < x < y < 1, density 0 outside: means 1/3 and 2/3, E[x y] = 1/4.
  PointTarget target(2, [](std::span<const double> u, std::span<double>) {
    return 0.0 < u[0] && u[0] < u[1] && u[1] < 1.0 ? 0.0 : -infinity;
  });
  SliceOptions options;
  options.draws = 1000;
  Array2 starts(10, 2, 0.3);
  for (std::size_t k = 0; k < 10; ++k) starts(k, 1) = 0.6;
  const SliceResult result = sample(target, starts, identity(2, 0.1), options);
  expect_mean(
      result, [](auto u) { return u[0]; }, 1.0 / 3.0, "x");
  expect_mean(
      result, [](auto u) { return u[1]; }, 2.0 / 3.0, "y");
  expect_mean(
      result, [](auto u) { return u[0] * u[1]; }, 0.25, "x y");
}

TEST(Slice, HeavyTails) {
  // Student's t with 3 degrees of freedom: E|x| = 2 sqrt(3)/pi; P(|x| > 5.8409) = 0.01.
  PointTarget target(1,
                     [](std::span<const double> u, std::span<double>) { return -2.0 * std::log1p(u[0] * u[0] / 3.0); });
  SliceOptions options;
  options.draws = 5000;
  const SliceResult result = sample(target, Array2(10, 1, 0.1), identity(1), options);
  expect_mean(
      result, [](auto u) { return std::fabs(u[0]); }, 2.0 * std::numbers::sqrt3 / std::numbers::pi, "|x|");
  expect_mean(
      result, [](auto u) { return std::fabs(u[0]) > 5.8409 ? 1.0 : 0.0; }, 0.01, "tail");
}

TEST(Slice, MixedScales) {
  const double sd[2] = {1e-9, 1e6};
  PointTarget target(2, [&](std::span<const double> u, std::span<double>) {
    return -0.5 * (u[0] / sd[0] * u[0] / sd[0] + u[1] / sd[1] * u[1] / sd[1]);
  });
  Array2 covariance(2, 2);
  for (std::size_t i : {0U, 1U}) covariance(i, i) = sd[i] * sd[i];
  const SliceResult result = sample(target, Array2(10, 2, 0.0), covariance, {});
  for (std::size_t i : {0U, 1U})
    expect_mean(
        result, [&](auto u) { return u[i] / sd[i] * u[i] / sd[i]; }, 1.0, "square");
}

/// 0.3 N((-10, 0), 1) + 0.7 N((10, 0), 1): no slice reaches from one mode to the other, at levels above 1e-21 of the
/// top.
double two_modes(std::span<const double> u, std::span<double>) {
  const double a = std::log(0.3) - 0.5 * ((u[0] + 10.0) * (u[0] + 10.0) + u[1] * u[1]);
  const double b = std::log(0.7) - 0.5 * ((u[0] - 10.0) * (u[0] - 10.0) + u[1] * u[1]);
  return std::max(a, b) + std::log1p(std::exp(-std::fabs(a - b)));
}

TEST(Slice, ModesApartHaveTheShareThatWideCandidatesGiveThem) {
  PointTarget target(2, two_modes);
  Array2 candidates(20'000, 2);
  std::vector<double> log_proposal(candidates.rows, 0.0);
  for (std::size_t k = 0; k < candidates.rows; ++k) {
    Rng rng(9, stream_id("test"), k);
    for (std::size_t j : {0U, 1U}) {
      const double z = rng.normal();
      candidates(k, j) = 10.0 * z;
      log_proposal[k] -= 0.5 * z * z;
    }
  }
  const auto from = sampling_importance_resampling(target, candidates, log_proposal, 400, 3);
  ASSERT_TRUE(from) << render(from.error());
  EXPECT_LT(from->khat, khat_threshold(20'000));
  EXPECT_GT(from->effective, 100.0);
  SliceOptions options;
  options.warmup = 40;
  options.draws = 25;
  const SliceResult result = sample(target, from->points, from->covariance, options);
  double right = 0.0, square = 0.0;
  for (const Array2& chain : result.draws)
    for (std::size_t i = 0; i < chain.rows; ++i) {
      if (chain(i, 0) > 0.0) right += 1.0 / 10'000.0;
      const double away = std::fabs(chain(i, 0)) - 10.0;
      square += away * away / 10'000.0;
    }
  // Weights: a share p of the effective draws; systematic resampling adds at most one chain of 400.
  EXPECT_NEAR(right, 0.7, 5.0 * std::sqrt(0.21 / from->effective) + 1.0 / 400.0);
  // Within the modes, 10 000 draws worth half of that at least: the variance is 1 to 5 sqrt(2/5000).
  EXPECT_NEAR(square, 1.0, 5.0 * std::sqrt(2.0 / 5000.0));
}

TEST(Slice, CandidatesThatMissThePosteriorAreAnError) {
  PointTarget target(1, [](std::span<const double> u, std::span<double>) { return u[0] > 5.0 ? 0.0 : -infinity; });
  const auto out = sampling_importance_resampling(target, Array2(50, 1, 0.0), std::vector<double>(50, 0.0), 4, 1);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error()[0].code, "candidates-outside-support");
  EXPECT_EQ(out.error()[0].message, "the posterior's density is 0 at all 50 candidates");
  // One candidate that does not is enough, and says how little it is.
  Array2 one(50, 1, 0.0);
  one(7, 0) = 6.0;
  const auto poor = sampling_importance_resampling(target, one, std::vector<double>(50, 0.0), 4, 1);
  ASSERT_TRUE(poor);
  EXPECT_EQ(poor->points.values, std::vector<double>(4, 6.0));
  EXPECT_DOUBLE_EQ(poor->effective, 1.0);
  EXPECT_EQ(poor->khat, infinity);
  EXPECT_GT(poor->covariance(0, 0), 0.0);
}

TEST(Slice, SameBitsStoppedOrNotAndInAnyCompany) {
  const RandomGaussian g(3);
  auto target = g.target();
  SliceOptions options;
  options.warmup = 60;
  options.draws = 50;
  const Array2 starts = cloud(6, g.mean, g.sd);
  const SliceResult whole = sample(target, starts, identity(3), options);
  Result<Slice> slice = Slice::start(target, starts, identity(3), options);
  ASSERT_TRUE(slice);
  for (const long times : {7L, 100L, 1L, 1000L}) {
    StopsAfter stop(times);
    slice->run(stop);
  }
  EXPECT_FALSE(slice->result().complete);
  EXPECT_LT(slice->result().draws[0].rows, 50U);
  Silent silent;
  slice->run(silent);
  const SliceResult pieces = slice->result();
  EXPECT_TRUE(pieces.complete);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_EQ(pieces.draws[k].values, whole.draws[k].values);
  EXPECT_EQ(pieces.batches, whole.batches);
  // Without a warm-up, which is everybody's, a chain does not notice the others.
  options.warmup = 0;
  const SliceResult six = sample(target, starts, g.covariance, options);
  Array2 first(1, 3);
  std::ranges::copy(starts.row(0), first.row(0).begin());
  const SliceResult one = sample(target, first, g.covariance, options);
  EXPECT_EQ(one.draws[0].values, six.draws[0].values);
  options.seed = 2;
  EXPECT_NE(sample(target, first, g.covariance, options).draws[0].values, six.draws[0].values);
}

TEST(Slice, LpIsThatOfTheDraws) {
  const RandomGaussian g(2);
  auto target = g.target();
  SliceOptions options;
  options.draws = 20;
  const SliceResult result = sample(target, cloud(3, g.mean, g.sd), g.covariance, options);
  std::vector<double> unused(2);
  // The place asked for and the place moved to are the same sum, so to the bit.
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(result.lp[k][i], g(result.draws[k].row(i), unused));
}

TEST(Slice, APointWithoutASliceIsNoEndlessLoop) {
  PointTarget target(1, [](std::span<const double> u, std::span<double>) { return u[0] == 0.5 ? 0.0 : -infinity; });
  SliceOptions options;
  options.warmup = 0;
  options.draws = 3;
  const SliceResult result = sample(target, Array2(2, 1, 0.5), identity(1), options);
  // 200 halvings of an interval about 0.5 meet 0.5 itself, to rounding, or give up: either way it stays there.
  for (const Array2& chain : result.draws)
    for (const double u : chain.values) EXPECT_EQ(u, 0.5);
  // A flat density has no end: the cap on steps is one.
  PointTarget flat(1, [](std::span<const double>, std::span<double>) { return 0.0; });
  EXPECT_GT(sample(flat, Array2(2, 1, 0.5), identity(1), options).capped, 0);
}

TEST(Slice, MistakesAreErrors) {
  const RandomGaussian g(2);
  auto target = g.target();
  SliceOptions bad;
  bad.draws = 0;
  bad.width = -1.0;
  bad.most_steps = 0;
  const auto options = Slice::start(target, cloud(2, g.mean, g.sd), identity(2), bad);
  ASSERT_FALSE(options);
  ASSERT_EQ(options.error().size(), 3U);
  EXPECT_EQ(options.error()[1].message, "`width` must be above 0, found -1");
  Array2 singular(2, 2, 1.0);
  const auto metric = Slice::start(target, cloud(2, g.mean, g.sd), singular, {});
  // Rounding may make the zero eigenvalue positive; what is negative is not.
  singular(0, 1) = singular(1, 0) = 1.5;
  const auto negative = Slice::start(target, cloud(2, g.mean, g.sd), singular, {});
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error()[0].code, "metric-not-positive");
  PointTarget half(1, [](std::span<const double> u, std::span<double>) {
    return u[0] > 1.0 ? -infinity : u[0] < -1.0 ? std::nan("") : 0.0;
  });
  Array2 starts(3, 1);
  starts.values = {0.0, 2.0, -2.0};
  const auto outside = Slice::start(half, starts, identity(1), {});
  ASSERT_FALSE(outside);
  ASSERT_EQ(outside.error().size(), 2U);
  EXPECT_EQ(outside.error()[0].message, "chain 2 starts where the density is 0");
  EXPECT_EQ(outside.error()[1].message, "chain 3 starts where the density is not a number");
}

}  // namespace
}  // namespace hillock::infer
