// Densities that are learnt must not invent posterior mass where the likelihood is 10^-8 of its top: nothing that
// training sees speaks against it.

#include <gtest/gtest.h>

#include <cmath>

#include "infer/nle.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

/// Four points in the plane. The spread of each coordinate is the square of a parameter, its mean another one: SLCP
/// (Papamakarios, Sterratt & Murray 2019) without its correlation. Seen from all over, the values have heavy tails.
FunctionSimulator squared_spreads() {
  return FunctionSimulator(statistic_names(8), [](std::span<const double> p, Rng& rng, std::span<double> x) {
    for (std::size_t j = 0; j < 8; ++j) x[j] = p[j % 2] + p[2 + j % 2] * p[2 + j % 2] * rng.normal();
    return std::uint16_t{0};
  });
}

/// The second coordinates lie so near each other that its spread is a hundredth of what the prior allows.
const std::vector<double> tight = {-1.64, -0.037, -1.56, 0.031, -3.68, 0.1, -1.74, 0.031};

/// Of the last parameter: the posterior mean of its size, and the posterior probability that that is above 1.
struct Truth {
  double mean = 0.0, far = 0.0;
};

Truth truth() {
  double all = 0.0;
  Truth out;
  for (int i = 0; i < 600; ++i)
    for (int j = 0; j < 3000; ++j) {
      const double m = -3.0 + 6.0 * (i + 0.5) / 600.0, s = 3.0 * (j + 0.5) / 3000.0, sd = s * s;
      double log_p = -4.0 * std::log(sd);
      for (std::size_t k = 1; k < 8; k += 2) log_p -= 0.5 * (tight[k] - m) * (tight[k] - m) / (sd * sd);
      const double p = std::exp(log_p - 10.0);
      all += p, out.mean += p * s, out.far += s > 1.0 ? p : 0.0;
    }
  out.mean /= all, out.far /= all;
  return out;
}

NleOptions options() {
  NleOptions o;
  o.estimator.density = "auto";
  o.estimator.members = 2;
  o.estimator.steps = 3;
  o.estimator.hidden = 24;
  o.estimator.blocks = 1;
  o.estimator.batch = 64;
  o.estimator.average = 0.98;
  o.draws = 2000;
  o.particles = 1000;
  return o;
}

class InventedMass : public testing::TestWithParam<bool> {};

TEST_P(InventedMass, ThereIsNoneWhereValuesHaveHeavyTails) {
  const bool fresh = GetParam();
  auto simulator = squared_spreads();
  const auto space = same_priors(4, "uniform", {-3.0, 3.0});
  SimulationProblem problem = problem_of(simulator, space, tight);
  problem.seed = 3;
  NleOptions o = options();
  InferenceBudget budget;
  budget.simulations = fresh ? 200'000 : 4000;
  if (fresh) o.stored = 20'000;
  Silent silent;
  const auto found = nle(problem, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_EQ(found->simulations, budget.simulations);
  EXPECT_EQ(found->rounds.size(), o.rounds);
  const Truth exact = truth();
  ASSERT_LT(exact.far, 0.002);
  double mean = 0.0, far = 0.0;
  for (std::size_t k = 0; k < found->parameters.rows; ++k) {
    const double s = std::abs(found->parameters(k, 3));
    mean += s / static_cast<double>(found->parameters.rows);
    far += (s > 1.0 ? 1.0 : 0.0) / static_cast<double>(found->parameters.rows);
  }
  EXPECT_LT(far, 0.01);
  EXPECT_NEAR(mean, exact.mean, 0.1 * exact.mean);
}

INSTANTIATE_TEST_SUITE_P(Pairs, InventedMass, testing::Bool(),
                         [](const auto& which) { return which.param ? "fresh" : "stored"; });

/// A statistic that is 0 wherever the answer lies, and 1 almost everywhere else: it says where the answer is not.
TEST(InventedMass, AStatisticThatIsConstantNearTheAnswerIsNotForgotten) {
  FunctionSimulator simulator(statistic_names(2), [](std::span<const double> p, Rng& rng, std::span<double> x) {
    // Two places give the same value; a count tells them apart.
    x[0] = p[0] * p[0] + 0.05 * rng.normal();
    x[1] = std::floor(std::max(0.0, 6.0 * p[0] + 0.5 * rng.normal()));
    return std::uint16_t{0};
  });
  const auto space = same_priors(1, "uniform", {-2.0, 2.0});
  SimulationProblem problem = problem_of(simulator, space, {1.0, 0.0});
  problem.seed = 3;
  InferenceBudget budget;
  budget.simulations = 3000;
  Silent silent;
  const auto found = nle(problem, options(), budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  std::size_t wrong = 0;
  for (std::size_t k = 0; k < found->parameters.rows; ++k) wrong += found->parameters(k, 0) > 0.0 ? 1 : 0;
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace hillock::infer
