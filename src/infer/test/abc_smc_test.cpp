#include "infer/abc_smc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "infer/abc_kernel.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

AbcSmcResult run(FunctionSimulator& simulator, const prob::ParameterSpace& space, const std::vector<double>& observed,
                 const AbcSmcOptions& options = {}) {
  Silent silent;
  auto out = abc_smc(simulator, space, observed, options, silent);
  if (!out) {
    ADD_FAILURE() << render(out.error());
    return {};
  }
  return *out;
}

Errors errors_of(FunctionSimulator& simulator, const prob::ParameterSpace& space, const std::vector<double>& observed,
                 const AbcSmcOptions& options = {}) {
  Silent silent;
  auto out = abc_smc(simulator, space, observed, options, silent);
  EXPECT_FALSE(out);
  return out ? Errors{Error{}} : out.error();
}

/// As for rejection ABC (abc_rejection_test.cpp): acceptance looks at statistics alone, so the argument holds for
/// weighted proposals, too, with the weights' effective sample size.
void expect_normal(const AbcSmcResult& out, std::size_t c, double mean, double sd) {
  const WeightedMoments m(out.parameters, out.weight, c);
  EXPECT_NEAR(m.mean, mean, 5.0 * sd * std::sqrt(2.0 / out.effective)) << "parameter " << c;
  EXPECT_NEAR(m.sd, sd, 5.0 * sd * std::sqrt(0.5 / out.effective)) << "parameter " << c;
}

class AbcSmcCase : public testing::TestWithParam<std::tuple<std::size_t, AbcKernel, bool>> {};
INSTANTIATE_TEST_SUITE_P(Kernels, AbcSmcCase,
                         testing::Combine(testing::Values(1, 2, 3, 4),
                                          testing::Values(AbcKernel::global, AbcKernel::local), testing::Bool()));

TEST_P(AbcSmcCase, LinearGaussian) {
  const auto [d, kernel, adaptive] = GetParam();
  const LinearGaussian problem{d};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.kernel = kernel;
  options.adaptive_distance = adaptive;
  options.simulations = 50'000;
  const auto out = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_TRUE(out.adjusted);
  EXPECT_GT(out.effective, 200.0);
  for (std::size_t c = 0; c < d; ++c) expect_normal(out, c, problem.mean(c), problem.sd());
  ASSERT_GE(out.generations.size(), 4U);
  EXPECT_LE(out.simulations, options.simulations);
  EXPECT_EQ(simulator.simulations, static_cast<long>(out.simulations + out.surplus));
  // Each tolerance is the median of what was within the last ones.
  if (!adaptive) {
    for (std::size_t g = 1; g < out.generations.size(); ++g)
      if (out.generations[g].kept) {
        EXPECT_LT(out.generations[g].tolerance, out.generations[g - 1].tolerance);
      }
  }
}

TEST(AbcSmc, WithoutRegressionItNearsThePosterior) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.regression = false;
  const auto out = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_FALSE(out.adjusted);
  for (std::size_t c : {0U, 1U}) {
    // All within h of the observation, in each statistic: what that does to a mean is at most gain h, and to the
    // variance gain^2 h^2.
    const double h = out.tolerance * out.scale[c];
    EXPECT_LT(h, 0.25);
    const WeightedMoments m(out.parameters, out.weight, c);
    EXPECT_NEAR(m.mean, problem.mean(c), problem.gain() * h + 5.0 * problem.sd() / std::sqrt(out.effective));
    EXPECT_NEAR(m.sd, problem.sd(),
                std::hypot(problem.sd(), h) - problem.sd() + 5.0 * problem.sd() * std::sqrt(0.5 / out.effective));
  }
}

TEST(AbcSmc, TwoMoonsHaveBoth) {
  const TwoMoons problem;
  for (const AbcKernel kernel : {AbcKernel::global, AbcKernel::local}) {
    auto simulator = problem.simulator();
    AbcSmcOptions options;
    options.kernel = kernel;
    options.regression = false;
    options.simulations = 300'000;
    const auto out = run(simulator, problem.space(), {0.0, 0.0}, options);
    double upper = 0.0;
    // A draw whose simulation was within h of the observation explains it at a radius of N(0.1, 0.01), to within h.
    const double h = out.tolerance * std::max(out.scale[0], out.scale[1]);
    EXPECT_LT(h, 0.05);
    for (std::size_t k = 0; k < out.parameters.rows; ++k) {
      if (TwoMoons::upper(out.parameters.row(k))) upper += out.weight[k];
      EXPECT_NEAR(TwoMoons::radius(out.parameters.row(k)), 0.1, 0.05 + h);
    }
    // The moons are each other's mirror image; populations keep them in balance as well as independent draws of their
    // smallest effective size would.
    double least = 1e9;
    for (const AbcGeneration& g : out.generations)
      if (g.kept) least = std::min(least, g.effective);
    EXPECT_NEAR(upper, 0.5, 5.0 * 0.5 * std::sqrt(static_cast<double>(out.generations.size()) / least));
    // Inside the prior's bounds, all of them.
    for (const double x : out.parameters.values) EXPECT_LT(std::fabs(x), 1.0);
  }
}

TEST(AbcSmc, TheAdaptiveDistanceFindsAStatisticThatTheFirstScalesHide) {
  // Prangle 2017, section 4.1's idea: a statistic that varies much under the prior and little near the posterior.
  const auto space = same_priors(1, "normal", {0.0, 100.0});
  FunctionSimulator simulator({"far", "noise"}, [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + 0.1 * rng.normal();
    x[1] = rng.normal();
    return 0;
  });
  AbcSmcOptions options;
  options.regression = false;
  options.simulations = 40'000;
  options.population = 500;
  const auto adaptive = run(simulator, space, {0.0, 0.0}, options);
  options.adaptive_distance = false;
  const auto fixed = run(simulator, space, {0.0, 0.0}, options);
  const double a = WeightedMoments(adaptive.parameters, adaptive.weight, 0).sd;
  const double f = WeightedMoments(fixed.parameters, fixed.weight, 0).sd;
  EXPECT_LT(a, 0.5 * f);
  EXPECT_LT(a, 1.0);
}

TEST(AbcSmc, MixedScales) {
  const MixedScales problem;
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.simulations = 30'000;
  const auto out = run(simulator, problem.space(), problem.observed(), options);
  for (std::size_t c : {0U, 1U}) expect_normal(out, c, problem.mean(c), problem.sd(c));
}

TEST(AbcSmc, ConstantsAndDuplicatesDoNoHarm) {
  const LinearGaussian problem{2};
  FunctionSimulator simulator({"a", "b", "b again", "a constant", "a misfit"},
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                x[0] = theta[0] + 0.5 * rng.normal();
                                x[1] = x[2] = theta[1] + 0.5 * rng.normal();
                                x[3] = 4.0;
                                x[4] = 5.0;
                                return 0;
                              });
  const auto observed = problem.observed();
  AbcSmcOptions options;
  options.simulations = 40'000;
  const auto out = run(simulator, problem.space(), {observed[0], observed[1], observed[1], 4.0, 6.0}, options);
  for (std::size_t c : {0U, 1U}) expect_normal(out, c, problem.mean(c), problem.sd());
  EXPECT_THAT(out.notes.constant, testing::ElementsAre("a constant"));
  EXPECT_THAT(out.notes.misfit, testing::ElementsAre("a misfit"));
}

TEST(AbcSmc, CountsThatAreMetExactlyEndIt) {
  // x is a whole number: soon all of a population equal the observation, and nothing is left to come nearer to.
  FunctionSimulator simulator({"count"}, [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = std::floor(theta[0] + 2.0 * rng.uniform());
    return 0;
  });
  const auto out = run(simulator, same_priors(1, "uniform", {0.0, 10.0}), {5.0});
  EXPECT_EQ(out.stop, AbcStop::exact);
  EXPECT_EQ(out.tolerance, 0.0);
  // floor(theta + 2 u) = 5: theta has a triangle of half-width 2 about 5, cut by floor: between 3 and 6, mean 4.5.
  const WeightedMoments m(out.parameters, out.weight, 0);
  EXPECT_NEAR(m.mean, 4.5, 5.0 * m.sd / std::sqrt(out.effective));
}

TEST(AbcSmc, FailuresAreFarAndCounted) {
  FunctionSimulator simulator({"x"},
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                if (theta[0] > 1.0) return 1;
                                x[0] = theta[0] + rng.normal();
                                return 0;
                              },
                              {"blow-up"});
  AbcSmcOptions options;
  options.simulations = 20'000;
  options.regression = false;
  const auto out = run(simulator, same_priors(1, "normal", {0.0, 1.0}), {1.0}, options);
  for (const double theta : out.parameters.values) EXPECT_LE(theta, 1.0);
  EXPECT_GT(out.failed, 0U);
  ASSERT_EQ(out.failures.size(), 1U);
  EXPECT_EQ(out.failures[0].reason, "blow-up");
  EXPECT_EQ(out.failures[0].count, out.failed);
}

TEST(AbcSmc, AllFailedIsAnErrorWithTheReasonsCounted) {
  auto simulator = failing_simulator();
  AbcSmcOptions options;
  options.population = 100;
  const Errors errors = errors_of(simulator, same_priors(1, "normal", {0.0, 1.0}), {0.0, 0.0}, options);
  EXPECT_EQ(errors[0].code, "simulations-failed");
  // 100/0.5 wanted, at least 1 % accepted: the cap is 20 000.
  EXPECT_THAT(errors[0].message, testing::StartsWith("all 20000 simulations failed: 13"));
  EXPECT_EQ(simulator.simulations, 20'000);
}

TEST(AbcSmc, EveryCapIsHitAndNamed) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.simulations = 7'001;
  const auto budget = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_EQ(budget.stop, AbcStop::budget);
  EXPECT_EQ(to_string(budget.stop), "budget");
  EXPECT_EQ(budget.simulations, 7'001U);
  EXPECT_FALSE(budget.generations.back().kept && budget.generations.back().accepted < 1000);

  options.simulations = 1'000'000;
  options.least_acceptance = 0.3;
  const auto acceptance = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_EQ(acceptance.stop, AbcStop::acceptance);
  const AbcGeneration& last = acceptance.generations.back();
  EXPECT_EQ(last.simulations, 6'667U);  // 2000/0.3
  EXPECT_LT(last.accepted, 2'000U);
  EXPECT_EQ(last.kept, last.accepted >= 1'000);

  options.generations = 2;
  const auto two = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_EQ(two.stop, AbcStop::generations);
  EXPECT_EQ(two.generations.size(), 2U);

  // Too few simulations for a population make a small one.
  options = {};
  options.simulations = 300;
  const auto small = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_EQ(small.stop, AbcStop::budget);
  EXPECT_EQ(small.parameters.rows, 150U);
}

TEST(AbcSmc, SameBitsInAnyBatches) {
  const LinearGaussian problem{2};
  AbcSmcOptions options;
  options.population = 200;
  options.simulations = 8'000;
  options.scale_simulations = 150;
  auto one = problem.simulator(), two = problem.simulator();
  const auto a = run(one, problem.space(), problem.observed(), options);
  options.batch = 37;
  const auto b = run(two, problem.space(), problem.observed(), options);
  EXPECT_EQ(a.points.values, b.points.values);
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.simulations, b.simulations);
  ASSERT_EQ(a.generations.size(), b.generations.size());
  for (std::size_t g = 0; g < a.generations.size(); ++g) {
    EXPECT_EQ(a.generations[g].tolerance, b.generations[g].tolerance);
    EXPECT_EQ(a.generations[g].simulations, b.generations[g].simulations);
  }
  options.seed = 2;
  EXPECT_NE(run(one, problem.space(), problem.observed(), options).points.values, a.points.values);
}

TEST(AbcSmc, AStopGivesTheLastWholePopulation) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  StopsAfter stop(120);
  auto stopped = abc_smc(simulator, problem.space(), problem.observed(), options, stop);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->stop, AbcStop::interrupted);
  ASSERT_GE(stopped->generations.size(), 2U);
  EXPECT_FALSE(stopped->generations.back().kept);
  options.generations = static_cast<int>(stopped->generations.size()) - 1;
  const auto shorter = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_EQ(shorter.points.values, stopped->points.values);
  EXPECT_EQ(shorter.weight, stopped->weight);
  StopsAfter at_once(0);
  const auto none = abc_smc(simulator, problem.space(), problem.observed(), {}, at_once);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error()[0].code, "interrupted");
}

TEST(AbcSmc, WhereverItIsStoppedAWholePopulationIsLeft) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.population = 200;
  options.simulations = 3'000;
  // Generation 0 is over after 2 + 400/64 questions; each question after that is tried, those while weights are made,
  // too.
  int interrupted = 0;
  for (long times = 9; times < 60; ++times) {
    StopsAfter stop(times);
    const auto out = abc_smc(simulator, problem.space(), problem.observed(), options, stop);
    ASSERT_TRUE(out) << times;
    EXPECT_EQ(out->parameters.rows, 200U);
    EXPECT_GT(out->effective, 50.0);
    interrupted += out->stop == AbcStop::interrupted ? 1 : 0;
    AbcSmcOptions shorter = options;
    shorter.generations =
        static_cast<int>(std::ranges::count_if(out->generations, [](const AbcGeneration& g) { return g.kept; }));
    EXPECT_EQ(run(simulator, problem.space(), problem.observed(), shorter).points.values, out->points.values) << times;
  }
  EXPECT_GT(interrupted, 40);
}

TEST(AbcSmc, OptionsAreCheckedAllAtOnce) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  AbcSmcOptions options;
  options.population = 3;
  options.quantile = 1.0;
  options.least_acceptance = 0.0;
  options.generations = 0;
  const Errors errors = errors_of(simulator, problem.space(), {0.0}, options);
  ASSERT_EQ(errors.size(), 4U);
  EXPECT_EQ(errors[2].message, "`least_acceptance` must be above 0 and at most 1, found 0");
}

TEST(AbcKernel, CovariancesOfFilippi) {
  // Members at -1, 0, 2 with weights 1/4, 1/2, 1/4; the first two are expected again, with 1/3 and 2/3.
  Array2 points(3, 1);
  points.values = {-1.0, 0.0, 2.0};
  const std::vector<double> weight = {0.25, 0.5, 0.25};
  const AbcMixture local(points, weight, {true, true, false}, true), global(points, weight, {true, true, false}, false);
  ASSERT_TRUE(local.usable() && global.usable());
  // S_i = 1/3 (-1 - u_i)^2 + 2/3 (0 - u_i)^2.
  const double s[3] = {2.0 / 3.0, 1.0 / 3.0, 3.0 + 8.0 / 3.0};
  const double all = 0.25 * s[0] + 0.5 * s[1] + 0.25 * s[2];
  const double at = 0.7;
  const auto normal = [](double x, double variance) {
    return std::exp(-0.5 * x * x / variance) / std::sqrt(2.0 * std::numbers::pi * variance);
  };
  double l = 0.0, g = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    l += weight[i] * normal(at - points.values[i], s[i]);
    g += weight[i] * normal(at - points.values[i], all);
  }
  Array2 where(1, 1, at);
  // 1e-9: the ridge that keeps the matrices positive is 1e-10 of the population's variance.
  EXPECT_NEAR(local.log_density(where)[0], std::log(l), 1e-9);
  EXPECT_NEAR(global.log_density(where)[0], std::log(g), 1e-9);
  // Draws have the density: mean sum w u, variance sum w (S_i + (u_i - mean)^2).
  double sum = 0.0, squares = 0.0;
  constexpr int n = 40'000;
  for (int k = 0; k < n; ++k) {
    Rng rng(1, stream_id("test"), static_cast<std::uint64_t>(k));
    double u = 0.0;
    local.draw(rng, {&u, 1});
    sum += u;
    squares += u * u;
  }
  const double mean = 0.25, variance = all + 0.25 * 1.0 + 0.25 * 4.0 - mean * mean;
  EXPECT_NEAR(sum / n, mean, 5.0 * std::sqrt(variance / n));
  // Of a mixture as heavy as this one the fourth moment is below 6 times the squared variance.
  EXPECT_NEAR(squares / n - sum / n * sum / n, variance, 5.0 * variance * std::sqrt(5.0 / n));
  Array2 same(3, 1, 2.0);
  EXPECT_FALSE(AbcMixture(same, weight, {true, true, true}, true).usable());
}

}  // namespace
}  // namespace hillock::infer
