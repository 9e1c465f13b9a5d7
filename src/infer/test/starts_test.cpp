// What densities begin with, and what they are chosen by.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "infer/density_choice.hpp"
#include "infer/logistic_start.hpp"
#include "infer/paired_scores.hpp"
#include "infer/parameter_inputs.hpp"
#include "infer/regression_start.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

struct Rows {
  Array2 y, c;
};

/// y0 = 1 + c0 - 2 c1 + bend (c0^2 + c0 c1) + noise, y1 = c1 + noise.
Rows surface(std::size_t n, double bend, double noise, std::uint64_t seed) {
  Rows out{Array2(n, 2), Array2(n, 2)};
  for (std::size_t k = 0; k < n; ++k) {
    Rng rng(seed, stream_id("surface"), k);
    const double a = rng.normal(), b = rng.normal();
    out.c(k, 0) = a, out.c(k, 1) = b;
    out.y(k, 0) = 1.0 + a - 2.0 * b + bend * (a * a + a * b) + noise * rng.normal();
    out.y(k, 1) = b + noise * rng.normal();
  }
  return out;
}

TEST(RegressionStart, BendsWhereThatPredictsBetterAndOnlyThere) {
  const Rows bent = surface(400, 0.5, 0.3, 1), straight = surface(400, 0.0, 0.3, 2);
  const RegressionStart second = RegressionStart::of(bent.y, bent.c, true);
  EXPECT_TRUE(second.quadratic);
  EXPECT_FALSE(RegressionStart::of(straight.y, straight.c, true).quadratic);
  EXPECT_FALSE(RegressionStart::of(bent.y, bent.c, false).quadratic);
  Eigen::Vector2d c(0.7, -0.4);
  const Eigen::VectorXd mean = second.mean(c);
  // 400 rows: a standard error of 0.3/20 for each of a handful of terms.
  EXPECT_NEAR(mean[0], 1.0 + 0.7 + 0.8 + 0.5 * (0.49 - 0.28), 0.08);
  EXPECT_NEAR(mean[1], -0.4, 0.08);
  EXPECT_NEAR(second.l(0, 0), 0.3, 0.04);
  EXPECT_NEAR(second.log_determinant, 2.0 * std::log(0.3), 0.15);
}

TEST(RegressionStart, SlopeIsThatOfTheMean) {
  const Rows bent = surface(200, 0.5, 0.1, 3);
  const RegressionStart s = RegressionStart::of(bent.y, bent.c, true);
  ASSERT_TRUE(s.quadratic);
  const Eigen::Vector2d c(0.3, 1.1), by(0.8, -1.5);
  const Eigen::VectorXd slope = s.slope(c, by);
  for (int i = 0; i < 2; ++i) {
    Eigen::Vector2d up = c, down = c;
    up[i] += 1e-5, down[i] -= 1e-5;
    EXPECT_NEAR(slope[i], by.dot(s.mean(up) - s.mean(down)) / 2e-5, 1e-6);
  }
}

TEST(RegressionStart, FewerRowsThanTermsAreNoTrouble) {
  const Rows few = surface(4, 0.5, 0.1, 4);
  const RegressionStart s = RegressionStart::of(few.y, few.c, true);
  EXPECT_FALSE(s.quadratic);  // four rows determine six terms: each determines itself
  EXPECT_TRUE(s.a.allFinite() && s.l.allFinite() && s.inverse.allFinite());
}

TEST(LogisticStart, FindsTheCoefficients) {
  Array2 y(20000, 2), c(20000, 2);
  for (std::size_t k = 0; k < y.rows; ++k) {
    Rng rng(1, stream_id("logistic"), k);
    c(k, 0) = rng.normal(), c(k, 1) = rng.normal();
    y(k, 0) = rng.uniform() < 1.0 / (1.0 + std::exp(-(0.5 + c(k, 0) - 2.0 * c(k, 1)))) ? 1.0 : 0.0;
    y(k, 1) = 1.0;  // always
  }
  const LogisticStart s = logistic_start(y, c, 2);
  // A standard error is about 1 / sqrt(20000 * 0.13) = 0.02.
  EXPECT_NEAR(s.bias[0], 0.5, 0.08);
  EXPECT_NEAR(s.weights[0], 1.0, 0.08);
  EXPECT_NEAR(s.weights[1], -2.0, 0.08);
  EXPECT_TRUE(std::isfinite(s.bias[1]));
  EXPECT_GT(s.bias[1], 5.0);
  EXPECT_NEAR(s.weights[2], 0.0, 0.1);
}

TEST(LogisticStart, PerfectSeparationIsFinite) {
  Array2 y(50, 1), c(50, 1);
  for (std::size_t k = 0; k < 50; ++k) c(k, 0) = static_cast<double>(k) / 10.0 - 2.45, y(k, 0) = c(k, 0) > 0 ? 1 : 0;
  const LogisticStart s = logistic_start(y, c, 1);
  EXPECT_TRUE(std::isfinite(s.weights[0]));
  EXPECT_GT(s.weights[0], 1.0);
}

TEST(ParameterInputs, UniformPriorsBecomeTheParameterOthersStay) {
  const auto uniform = same_priors(2, "uniform", {2.0, 6.0}), normal = same_priors(2, "normal", {0.0, 3.0});
  Array2 z(3, 2);
  z.values = {-1.5, 0.0, 0.3, 2.0, -4.0, 4.0};
  const Array2 x = uniform.from_standard_normal(z), in = ParameterInputs(uniform)(z);
  for (std::size_t k = 0; k < z.values.size(); ++k)
    EXPECT_NEAR(in.values[k], (x.values[k] - 4.0) / (4.0 / std::sqrt(12.0)), 1e-9);
  EXPECT_EQ(ParameterInputs(normal)(z).values, z.values);
  // The slope of in_0 + 2 in_1 by z.
  Array2 slope(3, 2);
  for (std::size_t k = 0; k < 3; ++k) slope(k, 0) = 1.0, slope(k, 1) = 2.0;
  ParameterInputs(uniform).chain(z, slope);
  Array2 up = z, down = z;
  for (double& v : up.values) v += 1e-6;
  for (double& v : down.values) v -= 1e-6;
  const Array2 high = ParameterInputs(uniform)(up), low = ParameterInputs(uniform)(down);
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 2; ++i)
      EXPECT_NEAR(slope(k, i), (i == 0 ? 1.0 : 2.0) * (high(k, i) - low(k, i)) / 2e-6, 1e-6);
}

TEST(PairedScores, ADifferenceMustStandOut) {
  std::vector<double> a, b;
  for (std::size_t k = 0; k < 400; ++k) {
    Rng rng(1, stream_id("scores"), k);
    a.push_back(rng.normal());
    b.push_back(a.back() + 0.1 * rng.normal());
  }
  EXPECT_FALSE(clearly_better(a, a));
  std::vector<double> better = b;
  for (double& v : better) v += 0.05;  // ten standard errors
  EXPECT_TRUE(clearly_better(better, a));
  EXPECT_FALSE(clearly_better(a, better));
  // One row that one density calls impossible decides against it, and for the other.
  std::vector<double> hole = better;
  hole[7] = -std::numeric_limits<double>::infinity();
  EXPECT_FALSE(clearly_better(hole, a));
  EXPECT_TRUE(clearly_better(a, hole));
  EXPECT_FALSE(clearly_better(std::vector{2.0}, std::vector{1.0}));
}

EstimatorOptions small() {
  EstimatorOptions o;
  o.members = 2;
  o.steps = 2;
  o.hidden = 16;
  o.blocks = 1;
  o.batch = 50;
  o.average = 0.98;
  return o;
}
constexpr std::string_view kinds[] = {"gaussian", "maf"};

TEST(DensityChoice, NoiseIsNotLearnt) {
  // Linear and Gaussian: the start is the answer, and stays it to the last bit.
  const Rows r = surface(600, 0.0, 0.3, 5);
  auto chosen = learn_chosen_density(kinds, r.y, r.c, {}, 2000, small(), 200, Silent());
  ASSERT_TRUE(chosen) << render(chosen.error());
  EXPECT_EQ(chosen->kind, "gaussian");
  EstimatorOptions o = small();
  o.density = "gaussian";
  const auto start = ConditionalEstimator::create(r.y, r.c, o);
  std::vector<double> now(600), before(600);
  chosen->estimator.log_density(r.y, r.c, now);
  start->log_density(r.y, r.c, before);
  EXPECT_EQ(now, before);
  // What is reported is what was kept: near the density that the rows were drawn with, two independent noises of 0.3.
  EXPECT_NEAR(chosen->training.kept, -1.8379 - 1.0 - 2.0 * std::log(0.3), 0.25);
}

TEST(DensityChoice, TakesWhatTheDataAreLike) {
  // A spread that grows with c: one normal density is enough. Two branches: it is not.
  Rows fan{Array2(1500, 1), Array2(1500, 1)}, fork = fan;
  for (std::size_t k = 0; k < 1500; ++k) {
    Rng rng(6, stream_id("choice"), k);
    fan.c(k, 0) = fork.c(k, 0) = rng.normal();
    fan.y(k, 0) = std::exp(fan.c(k, 0)) * rng.normal();
    fork.y(k, 0) = (rng.uniform() < 0.5 ? -1.0 : 1.0) * (2.0 + 0.3 * fork.c(k, 0)) + 0.3 * rng.normal();
  }
  const auto one = learn_chosen_density(kinds, fan.y, fan.c, {}, 2000, small(), 200, Silent());
  ASSERT_TRUE(one);
  EXPECT_EQ(one->kind, "gaussian");
  constexpr std::string_view with_mixture[] = {"gaussian", "mdn"};
  const auto two = learn_chosen_density(with_mixture, fork.y, fork.c, {}, 2000, small(), 200, Silent());
  ASSERT_TRUE(two);
  EXPECT_EQ(two->kind, "mdn");
}

}  // namespace
}  // namespace hillock::infer
