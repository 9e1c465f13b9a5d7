// Every method that learns a posterior from simulations, on problems with known answers and on all kinds of trouble.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "infer/abc_posterior.hpp"
#include "infer/nle.hpp"
#include "infer/npe.hpp"
#include "infer/nre_posterior.hpp"
#include "infer/simulation_method.hpp"
#include "infer/test/neighbour_test.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

struct Method {
  const char* name;
  Result<SimulationPosterior> (*run)(const SimulationProblem&, std::uint64_t simulations, Progress&);
  double error_of_fifty = 1.0;  ///< of the means of 50 parameters, sd
  std::uint64_t simulations_of_fifty = 2000;
};

EstimatorOptions small_estimator() {
  EstimatorOptions e;
  e.members = 2;
  e.steps = 3;
  e.hidden = 24;
  e.blocks = 1;
  e.batch = 64;
  e.average = 0.98;
  return e;
}

template <std::size_t rounds>
Result<SimulationPosterior> run_npe(const SimulationProblem& problem, std::uint64_t simulations, Progress& progress) {
  NpeOptions o;
  o.estimator = small_estimator();
  o.rounds = rounds;
  o.draws = 1500;
  InferenceBudget budget;
  budget.simulations = simulations;
  return npe(problem, o, budget, progress);
}

template <std::size_t rounds>
Result<SimulationPosterior> run_nle(const SimulationProblem& problem, std::uint64_t simulations, Progress& progress) {
  NleOptions o;
  o.estimator = small_estimator();
  o.estimator.density = rounds > 2 ? "auto" : "maf";
  o.rounds = rounds;
  o.draws = 1500;
  o.particles = 500;
  InferenceBudget budget;
  budget.simulations = simulations;
  return nle(problem, o, budget, progress);
}

template <std::size_t rounds>
Result<SimulationPosterior> run_nre(const SimulationProblem& problem, std::uint64_t simulations, Progress& progress) {
  NreOptions o;
  o.rounds = rounds;
  o.most_epochs = 60;
  o.ratio.members = 1;
  o.ratio.hidden = 24;
  o.ratio.blocks = 1;
  o.ratio.batch = 64;
  o.sampler.draws = 1500;
  InferenceBudget budget;
  budget.simulations = simulations;
  return nre_posterior(problem, o, budget, progress);
}

/// Learns nothing, so that it takes a hundred times as many. As many are kept that no draw is there twice, which a test
/// by nearest neighbours would see.
template <class Options>
Result<SimulationPosterior> run_abc(const SimulationProblem& problem, std::uint64_t simulations, Progress& progress) {
  Options o;
  if constexpr (std::is_same_v<Options, AbcSmcOptions>) o.population = 3000;
  InferenceBudget budget;
  budget.simulations = 100 * simulations;
  return abc_posterior(problem, o, 1500, budget, progress);
}

class LikelihoodFree : public testing::TestWithParam<Method> {
 protected:
  static Result<SimulationPosterior> run(FunctionSimulator& simulator, const prob::ParameterSpace& space,
                                         std::vector<double> observed, std::uint64_t simulations,
                                         Progress* progress = nullptr, int threads = 0) {
    SimulationProblem p = problem_of(simulator, space, std::move(observed));
    p.seed = 3;
    p.threads = threads;
    Silent silent;
    return GetParam().run(p, simulations, progress ? *progress : silent);
  }
};

/// The classifier two-sample test must not tell the draws from the exact posterior's: 0.5 within 0.05.
TEST_P(LikelihoodFree, LinearGaussianInOneToFourDimensions) {
  for (std::size_t d = 1; d <= 4; ++d) {
    const LinearGaussian problem{d};
    auto simulator = problem.simulator();
    const auto space = problem.space();
    const auto found = run(simulator, space, problem.observed(), 3000);
    ASSERT_TRUE(found) << render(found.error());
    ASSERT_EQ(found->parameters.rows, 1500U);
    Array2 exact(1500, d);
    for (std::size_t k = 0; k < exact.rows; ++k) {
      Rng rng(99, 1, k);
      for (std::size_t i = 0; i < d; ++i) exact(k, i) = problem.mean(i) + problem.sd() * rng.normal();
    }
    EXPECT_NEAR(neighbour_accuracy(exact, found->parameters), 0.5, 0.05) << GetParam().name << " in " << d;
  }
}

TEST_P(LikelihoodFree, BothMoonsAreFound) {
  const TwoMoons problem;
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const auto found = run(simulator, space, {0.0, 0.0}, 4000);
  ASSERT_TRUE(found);
  double upper = 0.0, near = 0.0;
  for (std::size_t k = 0; k < found->parameters.rows; ++k) {
    upper += TwoMoons::upper(found->parameters.row(k)) ? 1.0 : 0.0;
    near += std::abs(TwoMoons::radius(found->parameters.row(k)) - 0.1) < 0.08 ? 1.0 : 0.0;
  }
  const auto n = static_cast<double>(found->parameters.rows);
  EXPECT_NEAR(upper / n, 0.5, 0.2) << GetParam().name;
  EXPECT_GT(near / n, 0.8) << GetParam().name;
}

TEST_P(LikelihoodFree, NoDrawLeavesThePrior) {
  // The data push against the bound: x = theta + noise was seen at 1.2, and theta is at most 1.
  FunctionSimulator simulator(statistic_names(1), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + 0.3 * rng.normal();
    return 0;
  });
  const auto space = same_priors(1, "uniform", {-1.0, 1.0});
  const auto found = run(simulator, space, {1.2}, 2000);
  ASSERT_TRUE(found);
  for (const double t : found->parameters.values) {
    EXPECT_GT(t, -1.0);
    EXPECT_LT(t, 1.0);
  }
}

TEST_P(LikelihoodFree, ScalesThatAreFarApart) {
  const MixedScales problem;
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const auto found = run(simulator, space, problem.observed(), 3000);
  ASSERT_TRUE(found);
  const std::vector<double> equal(found->parameters.rows, 1.0);
  for (std::size_t i = 0; i < 2; ++i) {
    const WeightedMoments m(found->parameters, equal, i);
    // A learnt density of 3000 simulations: a tenth of a standard deviation in the mean, a tenth of the spread.
    EXPECT_NEAR(m.mean, problem.mean(i), 0.15 * problem.sd(i)) << GetParam().name;
    EXPECT_NEAR(m.sd / problem.sd(i), 1.0, 0.15) << GetParam().name;
  }
}

TEST_P(LikelihoodFree, AConstantAndACopiedStatisticChangeNothing) {
  FunctionSimulator simulator(statistic_names(4), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + 0.5 * rng.normal();
    x[1] = 7.0;
    x[2] = x[0];
    x[3] = 1e-9;
    return 0;
  });
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  const auto found = run(simulator, space, {0.6, 7.0, 0.6, 1e-9}, 2500);
  ASSERT_TRUE(found) << render(found.error());
  const std::vector<double> equal(found->parameters.rows, 1.0);
  const WeightedMoments m(found->parameters, equal, 0);
  EXPECT_NEAR(m.mean, 0.48, 0.15) << GetParam().name;
  EXPECT_NEAR(m.sd, std::sqrt(0.2), 0.12) << GetParam().name;
  if (found->kept.count == 0) {  // a density is learnt, on a scale
    EXPECT_TRUE(found->scale[1].constant);
  }
}

TEST_P(LikelihoodFree, AllSimulationsFailed) {
  auto simulator = failing_simulator();
  const auto space = same_priors(2, "normal", {0.0, 1.0});
  const auto found = run(simulator, space, {0.0, 0.0}, 500);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().front().code, "simulations-failed");
  EXPECT_NE(found.error().front().message.find("blow-up"), std::string::npos) << found.error().front().message;
}

TEST_P(LikelihoodFree, FailedSimulationsAreCountedAndChangeNothing) {
  // Fails where theta > 1, which the data exclude: as if the prior ended there.
  FunctionSimulator simulator(statistic_names(1),
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                x[0] = theta[0] + 0.3 * rng.normal();
                                return theta[0] > 1.0 ? 1 : 0;
                              },
                              {"blow-up"});
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  const auto found = run(simulator, space, {-0.5}, 2500);
  ASSERT_TRUE(found);
  const std::vector<double> equal(found->parameters.rows, 1.0);
  const WeightedMoments m(found->parameters, equal, 0);
  EXPECT_NEAR(m.mean, -0.5 / 1.09, 0.1) << GetParam().name;
  ASSERT_EQ(found->failures.size(), 1U);
  EXPECT_EQ(found->failures[0].reason, "blow-up");
  EXPECT_GT(found->failures[0].count, 20U);
  EXPECT_EQ(found->failed, found->failures[0].count);
  std::uint64_t by_round = 0;
  for (const InferenceRound& r : found->rounds) by_round += r.failed;
  EXPECT_EQ(found->failed, by_round) << GetParam().name;
}

TEST_P(LikelihoodFree, FiftyParameters) {
  const LinearGaussian problem{50};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const auto found = run(simulator, space, problem.observed(), GetParam().simulations_of_fifty);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->parameters.cols, 50U);
  for (const double t : found->parameters.values) ASSERT_TRUE(std::isfinite(t));
  const std::vector<double> equal(found->parameters.rows, 1.0);
  double error = 0.0;
  for (std::size_t i = 0; i < 50; ++i)
    error += std::abs(WeightedMoments(found->parameters, equal, i).mean - problem.mean(i)) / problem.sd() / 50.0;
  // 2000 simulations in 50 dimensions: densities know the means to a part of the posterior's spread, not better. Ratios
  // and distances suffer from dimension, as is known of them: nearer than the prior's mean, which is off by 5.5 sd.
  EXPECT_LT(error, GetParam().error_of_fifty) << GetParam().name;
}

TEST_P(LikelihoodFree, TheSameBitsForAnyNumberOfThreads) {
  const LinearGaussian problem{2};
  const auto space = problem.space();
  auto one = problem.simulator(), two = problem.simulator();
  const auto a = run(one, space, problem.observed(), 600, nullptr, 1);
  const auto b = run(two, space, problem.observed(), 600, nullptr, 3);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->parameters.values, b->parameters.values);
}

TEST_P(LikelihoodFree, AnInterruptedRunSaysWhatThereIs) {
  const LinearGaussian problem{2};
  const auto space = problem.space();
  for (const long after : {0L, 3L, 40L}) {
    auto simulator = problem.simulator();
    StopsAfter stop(after);
    const auto found = run(simulator, space, problem.observed(), 2000, &stop);
    if (!found) continue;
    EXPECT_FALSE(found->complete);
    for (const double t : found->parameters.values) EXPECT_TRUE(std::isfinite(t));
  }
}

TEST_P(LikelihoodFree, JointConditionsHoldForEveryDraw) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  SimulationProblem p = problem_of(simulator, space, problem.observed());
  p.allowed = [](const Array2& parameters, std::span<std::uint8_t> good) {
    for (std::size_t k = 0; k < parameters.rows; ++k) good[k] = parameters(k, 0) < 0.4 ? 1 : 0;
  };
  Silent silent;
  const auto found = GetParam().run(p, 2000, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_GT(found->parameters.rows, 1000U);
  for (std::size_t k = 0; k < found->parameters.rows; ++k) EXPECT_LT(found->parameters(k, 0), 0.4);
}

INSTANTIATE_TEST_SUITE_P(Methods, LikelihoodFree,
                         testing::Values(Method{"npe", run_npe<1>}, Method{"tsnpe", run_npe<3>},
                                         Method{"nle", run_nle<2>}, Method{"nle_auto", run_nle<5>},
                                         Method{"nre", run_nre<2>, 4.5, 1000},
                                         Method{"abc_rejection", run_abc<AbcRejectionOptions>, 4.5, 500},
                                         Method{"abc_smc", run_abc<AbcSmcOptions>, 5.0, 200}),
                         [](const auto& tested) { return tested.param.name; });

TEST(SimulationMethods, EachIsFoundByItsNameAndAnswersToIt) {
  const LinearGaussian linear{1};
  auto simulator = linear.simulator();
  const auto space = linear.space();
  SimulationProblem p = problem_of(simulator, space, linear.observed());
  InferenceBudget budget;
  budget.simulations = 400;
  std::vector<std::string> names{"auto"};
  for (const SimulationMethod& m : simulation_methods()) {
    names.emplace_back(m.name);
    EXPECT_EQ(simulation_method(m.name), &m);
    MethodSettings s;
    s.density = m.density;
    s.rounds = m.rounds;
    s.members = 1;
    s.draws = 50;
    Silent silent;
    const auto found = m.infer(p, s, budget, silent);
    ASSERT_TRUE(found) << m.name << render(found.error());
    EXPECT_EQ(found->method, m.name);
    EXPECT_EQ(found->z.rows, 50U) << m.name;
    EXPECT_EQ(found->rounds.size() > 1, m.sequential) << m.name;
    EXPECT_LE(found->simulations, 400U) << m.name;
    EXPECT_TRUE(found->complete) << m.name;
  }
  EXPECT_EQ(simulation_method_names(), names);
  EXPECT_EQ(simulation_method("auto"), nullptr);
}

/// What an ABC posterior rests on is told: so many simulations, worth so many draws.
TEST(AbcPosterior, CountsWhatItRepeats) {
  const LinearGaussian linear{1};
  auto simulator = linear.simulator();
  const auto space = linear.space();
  SimulationProblem p = problem_of(simulator, space, linear.observed());
  InferenceBudget budget;
  budget.simulations = 5000;
  Silent silent;
  const auto found = abc_posterior(p, AbcRejectionOptions{}, 1000, budget, silent);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kept.count, 50U);
  // Epanechnikov's kernel over distances that are about uniform: (int 1 - u^2)^2 / int (1 - u^2)^2 = 5/6 of them.
  EXPECT_NEAR(found->kept.effective, 50.0 * 5.0 / 6.0, 3.0);
  EXPECT_GT(found->kept.tolerance, 0.0);
  std::vector<double> distinct = found->z.column(0);
  std::ranges::sort(distinct);
  EXPECT_LE(std::ranges::distance(distinct.begin(), std::ranges::unique(distinct).begin()), 50);
  ASSERT_EQ(found->rounds.size(), 1U);
  EXPECT_DOUBLE_EQ(found->rounds[0].acceptance, 0.01);
  EXPECT_FALSE(std::isfinite(found->rounds[0].objective));
}

/// A posterior that lies along the edge of what is allowed: half a normal distribution. Draws that a regression would
/// move over the edge are left out and counted, and a prior that is nowhere allowed is an error.
TEST(AbcPosterior, StaysWithinTheConditionsOfThePrior) {
  const LinearGaussian linear{1};
  const auto space = linear.space();
  const double edge = linear.mean(0);
  for (const bool smc : {false, true}) {
    auto simulator = linear.simulator();
    SimulationProblem p = problem_of(simulator, space, linear.observed());
    const auto run = [&] {
      InferenceBudget budget;
      budget.simulations = 100'000;
      Silent silent;
      return smc ? abc_posterior(p, AbcSmcOptions{}, 2000, budget, silent)
                 : abc_posterior(p, AbcRejectionOptions{}, 2000, budget, silent);
    };
    std::uint64_t asked_outside = 0;
    p.allowed = [&](const Array2& parameters, std::span<std::uint8_t> good) {
      for (std::size_t k = 0; k < parameters.rows; ++k) good[k] = parameters(k, 0) > edge ? 1 : 0;
    };
    FunctionSimulator watched(simulator.statistics(), [&](auto theta, Rng& rng, auto x) -> std::uint16_t {
      asked_outside += theta[0] > edge ? 0 : 1;
      x[0] = theta[0] + linear.noise_sd * rng.normal();
      return 0;
    });
    p.simulator = &watched;
    const auto found = run();
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_EQ(asked_outside, 0U);
    std::vector<double> draws = found->parameters.column(0);
    for (const double t : draws) ASSERT_GT(t, edge);
    std::ranges::sort(draws);
    // The median of half a normal distribution is 0.6745 sd from its edge.
    EXPECT_NEAR((draws[draws.size() / 2] - edge) / linear.sd(), 0.6745, 0.1) << smc;
    p.allowed = [](const Array2&, std::span<std::uint8_t> good) { std::ranges::fill(good, 0); };
    const auto nowhere = run();
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().front().code, "prior-conditions");
  }
}

/// Undefined statistics are inputs, not dropped rows: with x[0] missing, its absence is the datum.
TEST(Npe, AnUndefinedStatisticIsADatum) {
  // x0 is defined only for theta > 0.
  FunctionSimulator simulator(statistic_names(1),
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                x[0] = theta[0] > 0.0 ? theta[0] + 0.2 * rng.normal() : std::nan("");
                                return 0;
                              },
                              {"too-few-spikes"});
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  SimulationProblem p = problem_of(simulator, space, {std::nan("")});
  Silent silent;
  const auto found = run_npe<1>(p, 3000, silent);
  ASSERT_TRUE(found);
  // The posterior is the half-normal distribution below 0: mean -0.798.
  const std::vector<double> equal(found->parameters.rows, 1.0);
  EXPECT_NEAR(WeightedMoments(found->parameters, equal, 0).mean, -std::sqrt(2.0 / M_PI), 0.1);
  ASSERT_EQ(found->undefined.size(), 1U);
  EXPECT_EQ(found->undefined[0].reason, "too-few-spikes");
}

/// A spike train in bins: the exact posterior of a logistic model, by a grid.
TEST(Nle, BinaryStatisticsHaveProbabilities) {
  constexpr std::size_t bins = 40;
  const auto logit = [](std::span<const double> theta, std::size_t j) {
    return theta[0] + theta[1] * std::sin(0.5 * static_cast<double>(j));
  };
  FunctionSimulator simulator(statistic_names(bins), [&](auto theta, Rng& rng, auto x) -> std::uint16_t {
    for (std::size_t j = 0; j < bins; ++j) x[j] = rng.uniform() < 1.0 / (1.0 + std::exp(-logit(theta, j))) ? 1.0 : 0.0;
    return 0;
  });
  std::vector<double> observed(bins);
  for (std::size_t j = 0; j < bins; ++j) observed[j] = (j % 12) < 5 ? 1.0 : 0.0;
  double sum = 0.0, mean[2] = {}, square[2] = {};
  for (int a = -200; a <= 200; ++a)
    for (int b = -200; b <= 200; ++b) {
      const double theta[2] = {0.025 * a, 0.025 * b};
      double log_p = -0.5 * (theta[0] * theta[0] + theta[1] * theta[1]) / 2.25;
      for (std::size_t j = 0; j < bins; ++j)
        log_p += observed[j] * logit(theta, j) - std::log1p(std::exp(logit(theta, j)));
      const double p = std::exp(log_p);
      sum += p;
      for (int i = 0; i < 2; ++i) mean[i] += p * theta[i], square[i] += p * theta[i] * theta[i];
    }
  const auto space = same_priors(2, "normal", {0.0, 1.5});
  SimulationProblem p = problem_of(simulator, space, observed);
  p.seed = 3;
  NleOptions o;
  o.estimator = small_estimator();
  o.estimator.density = "auto";
  o.rounds = 3;
  o.draws = 4000;
  InferenceBudget budget;
  budget.simulations = 4000;
  Silent silent;
  const auto found = nle(p, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  for (std::size_t i = 0; i < 2; ++i) {
    const double truth = mean[i] / sum, sd = std::sqrt(square[i] / sum - truth * truth);
    double m = 0.0, s = 0.0;
    for (const double v : found->parameters.column(i)) m += v / 4000.0, s += v * v / 4000.0;
    EXPECT_NEAR(m, truth, 0.15 * sd) << i;
    EXPECT_NEAR(std::sqrt(s - m * m), sd, 0.1 * sd) << i;
  }
  // Numbers that are not labels are refused, with what to do.
  FunctionSimulator numbers(statistic_names(1), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + rng.normal();
    return 0;
  });
  p.simulator = &numbers;
  p.observed = {0.0};
  o.estimator.density = "bernoulli";
  const auto refused = nle(p, o, budget, silent);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "density-shape");
}

TEST(Npe, AnAmortisedPosteriorAnswersOtherObservations) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  SimulationProblem p = problem_of(simulator, space, problem.observed());
  Silent silent;
  const auto found = run_npe<1>(p, 3000, silent);
  ASSERT_TRUE(found && found->amortised);
  const std::vector<double> other{-1.0, 0.3};
  const Array2 z = found->estimator->draw(found->scale.inputs(std::span<const double>(other)), 2000, 5);
  for (std::size_t i = 0; i < 2; ++i) {
    double mean = 0.0;
    for (const double v : z.column(i)) mean += v / 2000.0;
    EXPECT_NEAR(mean, problem.gain() * other[i], 0.2 * problem.sd());
  }
}

}  // namespace
}  // namespace hillock::infer
