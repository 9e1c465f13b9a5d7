// NUTS from wrong draws reaches the right posterior, and says so where it does not.

#include "infer/nuts_from_draws.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Asks to stop after so many questions.
class StopAfter final : public Progress {
 public:
  explicit StopAfter(long questions) : left_(questions) {}
  [[nodiscard]] bool should_stop() const override { return left_-- <= 0; }

 private:
  mutable long left_;
};

TEST(NutsFromDraws, ALinearGaussianPosteriorFromShiftedAndNarrowDraws) {
  const RandomGaussian gaussian(3);
  auto target = gaussian.target();
  std::vector<double> shifted = gaussian.mean, narrow = gaussian.sd;
  for (std::size_t j = 0; j < 3; ++j) shifted[j] += 2.0 * gaussian.sd[j], narrow[j] *= 0.2;
  const Array2 draws = cloud(500, shifted, narrow);
  const std::vector<double> weight(draws.rows, 0.0);
  NutsFromDrawsOptions options;
  options.draws = 8000;
  Silent silent;
  const auto found = nuts_from_draws(target, draws, weight, options, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_TRUE(found->complete);
  EXPECT_TRUE(found->agree);
  EXPECT_EQ(found->divergences, 0);
  ASSERT_EQ(found->points.rows, found->chains * found->draws);
  ASSERT_GE(found->points.rows, 8000U);
  for (std::size_t j = 0; j < 3; ++j) {
    double mean = 0.0, square = 0.0;
    const auto n = static_cast<double>(found->points.rows);
    for (const double x : found->points.column(j)) mean += x / n;
    for (const double x : found->points.column(j)) square += (x - mean) * (x - mean) / n;
    const double sd = gaussian.sd[j], worth = found->mixing.ess_bulk[j];
    EXPECT_NEAR(mean, gaussian.mean[j], 4.0 * sd / std::sqrt(worth)) << j;
    // The variance of a normal sample has a relative standard error of sqrt(2/n); tails mix half as well.
    EXPECT_NEAR(square / (sd * sd), 1.0, 4.0 * std::sqrt(2.0 / std::min(worth, found->mixing.ess_tail[j]))) << j;
  }
  // The density by each row is that of its point.
  std::vector<double> value(found->points.rows);
  target.evaluate(found->points, value, nullptr);
  for (std::size_t k = 0; k < value.size(); k += 97) EXPECT_NEAR(found->log_density[k], value[k], 1e-9);
}

TEST(NutsFromDraws, TheSameSeedGivesTheSameBits) {
  const RandomGaussian gaussian(2);
  auto target = gaussian.target();
  const Array2 draws = cloud(200, gaussian.mean, gaussian.sd);
  const std::vector<double> weight(draws.rows, 0.0);
  NutsFromDrawsOptions options;
  options.draws = 1600;
  options.warmup = 50;
  Silent silent;
  const auto a = nuts_from_draws(target, draws, weight, options, silent);
  const auto b = nuts_from_draws(target, draws, weight, options, silent);
  options.seed = 2;
  const auto c = nuts_from_draws(target, draws, weight, options, silent);
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->points.values, b->points.values);
  EXPECT_NE(a->points.values, c->points.values);
}

/// Two normal modes 20 standard deviations apart, of equal mass: chains do not cross.
double far_modes(std::span<const double> u, std::span<double> gradient) {
  const double nearest = u[0] > 0.0 ? 10.0 : -10.0;
  gradient[0] = nearest - u[0];
  return -0.5 * (u[0] - nearest) * (u[0] - nearest);
}

TEST(NutsFromDraws, ModesThatChainsDoNotCrossAreNotCalledAgreement) {
  PointTarget target(1, far_modes);
  Array2 draws = cloud(400, {10.0}, {1.0});
  for (std::size_t k = 0; k < 200; ++k) draws(k, 0) = -draws(k, 0);
  const std::vector<double> weight(draws.rows, 0.0);
  NutsFromDrawsOptions options;
  options.draws = 1600;
  options.most_draws = 3200;
  Silent silent;
  const auto found = nuts_from_draws(target, draws, weight, options, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_TRUE(found->complete);
  EXPECT_FALSE(found->agree);
  EXPECT_GT(found->mixing.rhat[0], 1.5);
  EXPECT_EQ(found->points.rows, 3200U);
}

TEST(NutsFromDraws, ChainsStartWhereThereIsDensity) {
  // Half of the draws are outside, and one inside has nearly all the weight: the others have chains all the same.
  const auto half_line = [](std::span<const double> u, std::span<double> gradient) {
    gradient[0] = 1.0 / u[0] - 1.0;  // a gamma distribution of shape 2
    return u[0] > 0.0 ? std::log(u[0]) - u[0] : -infinity;
  };
  PointTarget target(1, half_line);
  Array2 draws = cloud(400, {2.0}, {0.3});
  std::vector<double> weight(draws.rows, 0.0);
  for (std::size_t k = 0; k < 200; ++k) draws(k, 0) = -2.0, weight[k] = -infinity;
  weight[300] = 50.0;
  NutsFromDrawsOptions options;
  options.draws = 4000;
  Silent silent;
  const auto found = nuts_from_draws(target, draws, weight, options, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_TRUE(found->complete);
  double mean = 0.0;
  for (const double x : found->points.values) mean += x / static_cast<double>(found->points.rows);
  EXPECT_NEAR(mean, 2.0, 4.0 * std::sqrt(2.0 / found->mixing.ess_bulk[0]));
}

TEST(NutsFromDraws, AStopIsNoAgreement) {
  const RandomGaussian gaussian(2);
  auto target = gaussian.target();
  const Array2 draws = cloud(100, gaussian.mean, gaussian.sd);
  const std::vector<double> weight(draws.rows, 0.0);
  for (const long questions : {0L, 10L, 600L}) {
    StopAfter progress(questions);
    const auto found = nuts_from_draws(target, draws, weight, {}, progress);
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_FALSE(found->complete);
    EXPECT_FALSE(found->agree);
  }
}

}  // namespace
}  // namespace hillock::infer
