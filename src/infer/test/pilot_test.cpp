#include "infer/pilot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "infer/diagnostics.hpp"
#include "infer/nuts.hpp"
#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

/// The Laplace approximation of a density, its information by differences of the gradient.
Laplace laplace_of(LogDensity& target, const std::vector<double>& mode, const std::vector<double>& sd) {
  const std::size_t d = mode.size();
  Array2 precision(d, d);
  for (std::size_t j = 0; j < d; ++j) {
    const double h = 1e-4 * sd[j];
    Array2 two(2, d), gradient(2, d);
    for (std::size_t i = 0; i < d; ++i) two(0, i) = two(1, i) = mode[i];
    two(0, j) += h;
    two(1, j) -= h;
    double value[2];
    target.evaluate(two, value, &gradient);
    for (std::size_t i = 0; i < d; ++i) precision(i, j) = -(gradient(0, i) - gradient(1, i)) / (2.0 * h);
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j) precision(i, j) = precision(j, i) = 0.5 * (precision(i, j) + precision(j, i));
  return *Laplace::make(mode, precision);
}

/// Where z = 0: u = mean + A c (0 - 1).
std::vector<double> mode_of(const Bent& bent) {
  std::vector<double> u = bent.normal.mean;
  for (std::size_t i = 0; i < bent.d(); ++i)
    for (std::size_t j = 0; j <= i; ++j) u[i] -= bent.normal.factor(i, j) * bent.c(j);
  return u;
}

TEST(Pilot, OfANormalFindsNothingNew) {
  const RandomGaussian g(8);
  auto target = g.target();
  const Laplace laplace = laplace_of(target, g.mean, g.sd);
  target.evaluations = 0;
  const Pilot found = *pilot(target, laplace, {});
  EXPECT_EQ(target.evaluations, 2 * 4096);
  EXPECT_TRUE(found.good);
  EXPECT_TRUE(found.map.bends().empty());
  // Widened by w in 8 dimensions, a normal's draws are worth (sqrt(2 - 1/w^2)/w)^8 of their number.
  const double w = 1.15;
  EXPECT_NEAR(found.effective / 4096.0, std::pow(std::sqrt(2.0 - 1.0 / (w * w)) / w, 8.0), 0.03);
}

TEST(Pilot, StraightensACurvedRidgeForTheChains) {
  const Bent bent(6, 1.0);
  auto target = bent.target();
  const Laplace laplace = laplace_of(target, mode_of(bent), bent.normal.sd);
  PilotOptions options;
  options.chains = 8;
  const Pilot found = *pilot(target, laplace, options);
  ASSERT_TRUE(found.good);
  EXPECT_GE(found.map.bends().size(), 1U);

  NutsOptions nuts;
  nuts.warmup = 60;
  nuts.draws = 400;
  nuts.adapt_metric = false;
  const auto run = [&](LogDensity& density, const Array2& starts, const Array2& covariance) {
    auto chains = Nuts::start(density, starts, covariance, nuts);
    EXPECT_TRUE(chains.has_value());
    Silent silent;
    chains->run(silent);
    return chains->result();
  };
  Straightened straightened(target, found.map);
  const NutsResult straight = run(straightened, found.map.straighten(found.starts), identity(6));
  const NutsResult bent_chains = run(target, found.starts, laplace.covariance());
  std::vector<Array2> draws;
  for (const Array2& chain : straight.draws) draws.push_back(found.map.bend(chain));
  // The true moments: the mean stays where the bend put it, the variance grows by 2 c^2.
  for (std::size_t j = 0; j < 6; ++j) {
    const Array2 chains = chains_of(draws, j);
    double mean = 0.0, variance = 0.0, expected = 0.0, moved = 0.0;
    for (const double u : chains.values) mean += u / static_cast<double>(chains.values.size());
    for (const double u : chains.values)
      variance += (u - mean) * (u - mean) / static_cast<double>(chains.values.size());
    for (std::size_t i = 0; i <= j; ++i) {
      expected += bent.normal.factor(j, i) * bent.normal.factor(j, i);
      moved += bent.normal.factor(j, i) * bent.c(i);
    }
    expected += 2.0 * moved * moved;
    EXPECT_NEAR(mean, bent.normal.mean[j], 5.0 * mcse_mean(chains));
    EXPECT_NEAR(variance / expected, 1.0, 0.15);
    EXPECT_LT(rhat(chains), 1.01);
    EXPECT_GT(ess_bulk(chains), 1500.0);
  }
  // Worth it: more independent draws for a gradient than chains along the ridge.
  double least_straight = 1e300, least_bent = 1e300;
  for (std::size_t j = 0; j < 6; ++j) {
    least_straight = std::min(least_straight, ess_bulk(chains_of(draws, j)));
    least_bent = std::min(least_bent, ess_bulk(chains_of(bent_chains.draws, j)));
  }
  const double rate_straight = least_straight / static_cast<double>(straight.gradients);
  const double rate_bent = least_bent / static_cast<double>(bent_chains.gradients);
  EXPECT_GT(rate_straight, 3.0 * rate_bent);
}

TEST(Pilot, SaysWhereItIsNoUse) {
  // A density so much narrower than its Laplace approximation that no draw is worth anything.
  const RandomGaussian g(6);
  auto narrow = g.target();
  Array2 wide(6, 6);
  for (std::size_t i = 0; i < 6; ++i) wide(i, i) = 1e-6 / (g.sd[i] * g.sd[i]);
  const Laplace laplace = *Laplace::make(g.mean, wide);
  const Pilot found = *pilot(narrow, laplace, {});
  EXPECT_FALSE(found.good);
  EXPECT_EQ(found.map.straighten(laplace.sample(1, 0, 2)).values,
            BentNormal::make(laplace.mode(), laplace.covariance())->straighten(laplace.sample(1, 0, 2)).values);
  EXPECT_EQ(found.starts.values, laplace.sample(1, 0, 4).values);

  PointTarget nowhere(
      6, [](std::span<const double>, std::span<double>) { return -std::numeric_limits<double>::infinity(); });
  const Pilot none = *pilot(nowhere, laplace, {});
  EXPECT_FALSE(none.good);
  EXPECT_EQ(none.effective, 0.0);
}

TEST(Pilot, SameSeedSameBits) {
  const Bent bent(4, 0.8);
  auto target = bent.target();
  const Laplace laplace = laplace_of(target, mode_of(bent), bent.normal.sd);
  const Pilot a = *pilot(target, laplace, {}), b = *pilot(target, laplace, {});
  EXPECT_EQ(a.starts.values, b.starts.values);
  EXPECT_EQ(a.map.bytes(), b.map.bytes());
  PilotOptions other;
  other.seed = 2;
  EXPECT_NE(pilot(target, laplace, other)->starts.values, a.starts.values);
}

}  // namespace
}  // namespace hillock::infer
