// Posteriors by ratio estimation are the exact ones, also where simulations fail.
//
// What a network adds to Monte Carlo errors is bounded by what the classifier two-sample test of the method's benchmark
// may see (0.05 above 0.5, total variation 0.1): a mean that is off by 0.25 standard deviations
// (2 Phi(0.125) - 1 = 0.1), or a standard deviation that is off by 20 % (0.484 * 0.2 = 0.1).

#include "infer/nre.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "infer/test/simulators.hpp"
#include "prob/special.hpp"

namespace hillock::infer {
namespace {

NreOptions quick(std::uint64_t simulations = 4000) {
  NreOptions options;
  options.simulations = simulations;
  options.ratio.members = 1;
  options.ratio.hidden = 32;
  options.ratio.contrasts = 4;
  options.ratio.rate = 3e-3;
  options.most_epochs = 30;
  return options;
}

NreResult run(Simulator& simulator, const prob::ParameterSpace& space, const std::vector<double>& observed,
              const NreOptions& options, std::uint64_t seed = 1) {
  SimulationProblem problem = problem_of(simulator, space, observed);
  problem.seed = seed;
  Silent silent;
  auto out = nre(problem, options, silent);
  if (!out) throw std::runtime_error(render(out.error()));
  EXPECT_TRUE(out->complete);
  return std::move(*out);
}

Errors errors_of(Simulator& simulator, const prob::ParameterSpace& space, const std::vector<double>& observed,
                 const NreOptions& options) {
  SimulationProblem problem = problem_of(simulator, space, observed);
  Silent silent;
  auto out = nre(problem, options, silent);
  EXPECT_FALSE(out);
  return out ? Errors{Error{}} : out.error();
}

/// Of the parameters (SI).
WeightedMoments moments(const NreResult& out, const prob::ParameterSpace& space, std::size_t c) {
  const Array2 theta = space.from_standard_normal(out.draws.points);
  return {theta, std::vector<double>(theta.rows, 1.0), c};
}

/// Draws are worth a quarter of so many independent ones at least; four standard errors, beside the network's part.
double mean_tolerance(const NreResult& out, double share = 1.0) {
  return 0.25 * share + 4.0 / std::sqrt(static_cast<double>(out.draws.points.rows) / 4.0);
}

void expect_normal(const NreResult& out, const prob::ParameterSpace& space, std::size_t c, double mean, double sd,
                   double share = 1.0) {
  const WeightedMoments m = moments(out, space, c);
  EXPECT_NEAR(m.mean, mean, sd * mean_tolerance(out, share)) << "parameter " << c;
  EXPECT_NEAR(m.sd, sd, sd * (0.2 * share + 4.0 / std::sqrt(static_cast<double>(out.draws.points.rows) / 2.0)))
      << "parameter " << c;
}

class NreDimension : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(OneToFour, NreDimension, testing::Values(1, 2, 3, 4));

TEST_P(NreDimension, LinearGaussian) {
  const LinearGaussian problem{GetParam()};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const NreResult out = run(simulator, space, problem.observed(), quick());
  // The C2ST sees all coordinates together: each may be off by its part, squares add up.
  const double share = 1.0 / std::sqrt(static_cast<double>(problem.d));
  for (std::size_t c = 0; c < problem.d; ++c) expect_normal(out, space, c, problem.mean(c), problem.sd(), share);
  EXPECT_EQ(simulator.simulations, 4000);
  EXPECT_EQ(out.failure->note(), "0 of 4000 simulations failed: fewer than 20 failures, too few to learn where");
  EXPECT_EQ(out.lost.at_most, 0.0);
}

TEST(Nre, SequentialRoundsFreshDrawsAndEverySampler) {
  // Noise of a hundredth of the prior: rounds find the place.
  const LinearGaussian problem{2, 1.0, 0.05};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  NreOptions options = quick(3000);
  options.rounds = 3;
  const NreResult rounds = run(simulator, space, problem.observed(), options);
  ASSERT_EQ(rounds.rounds.size(), 3U);
  for (const NreRound& r : rounds.rounds) EXPECT_EQ(r.simulations, 1000U);
  for (std::size_t c : {0U, 1U}) expect_normal(rounds, space, c, problem.mean(c), problem.sd());

  options = quick(8192);
  options.fresh = true;
  options.block = 1024;
  for (const char* sampler : {"smc", "slice", "nuts"}) {
    options.sampler.sampler = sampler;
    const NreResult fresh = run(simulator, space, problem.observed(), options);
    EXPECT_EQ(fresh.blocks.size(), 8U);
    for (std::size_t c : {0U, 1U}) expect_normal(fresh, space, c, problem.mean(c), problem.sd());
  }
}

TEST(Nre, OneRoundIsGoodForAnyObservation) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  NreResult out = run(simulator, space, {0.0}, quick());
  SimulationProblem other;
  other.simulator = &simulator;
  other.space = &space;
  SimulationSource source(other);
  Silent silent;
  for (const double x : {-1.0, 1.5}) {
    auto draws = out.posterior.draw(source, std::vector{x}, {}, silent);
    ASSERT_TRUE(draws);
    out.draws = *draws;
    expect_normal(out, space, 0, problem.gain() * x, problem.sd());
  }
}

TEST(Nre, TwoMoonsHaveBoth) {
  const TwoMoons problem;
  auto simulator = problem.simulator();
  const auto space = problem.space();
  NreOptions options = quick(6000);
  options.rounds = 2;
  options.most_epochs = 40;
  const NreResult out = run(simulator, space, {0.0, 0.0}, options);
  const Array2 theta = space.from_standard_normal(out.draws.points);
  double upper = 0.0, away = 0.0;
  for (std::size_t k = 0; k < theta.rows; ++k) {
    upper += TwoMoons::upper(theta.row(k)) ? 1e-3 : 0.0;
    away += std::abs(TwoMoons::radius(theta.row(k)) - 0.1) > 0.1 ? 1e-3 : 0.0;
    for (const double t : theta.row(k)) EXPECT_LT(std::abs(t), 1.0);
  }
  // By symmetry one half each. The network has to learn that from some 200 pairs near each moon: 0.5 / sqrt(200), four
  // standard errors.
  EXPECT_NEAR(upper, 0.5, 0.15);
  // Of the prior, 1 - pi 0.2^2 / 2 = 94 % lie that far from the moons.
  EXPECT_LT(away, 0.1);
}

TEST(Nre, MixedScales) {
  const MixedScales problem;
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const NreResult out = run(simulator, space, problem.observed(), quick());
  for (std::size_t c : {0U, 1U}) expect_normal(out, space, c, problem.mean(c), problem.sd(c), std::sqrt(0.5));
}

TEST(Nre, ConstantsAndDuplicatesDoNoHarm) {
  const LinearGaussian problem{1};
  FunctionSimulator simulator({"a", "a again", "constant", "misfit", "seldom", "far"},
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                x[0] = x[1] = theta[0] + 0.5 * rng.normal();
                                x[2] = 4.0;
                                x[3] = 5.0;
                                x[4] = rng.uniform() < 0.1 ? std::nan("") : rng.normal();
                                x[5] = rng.uniform();
                                return 0;
                              },
                              {"no-value"});
  const auto space = problem.space();
  const double x = problem.observed()[0];
  const NreResult out = run(simulator, space, {x, x, 4.0, 6.0, std::nan(""), 1.5}, quick());
  expect_normal(out, space, 0, problem.mean(0), problem.sd());
  EXPECT_THAT(out.constant, testing::ElementsAre("constant"));
  EXPECT_THAT(out.misfit, testing::ElementsAre("misfit"));
  EXPECT_THAT(out.outside, testing::ElementsAre("far"));
  EXPECT_GT(out.tally.undefined(4), 0U);
}

/// x = z + N(0, 0.5), and some simulations fail. The exact posterior by quadrature.
struct Failing {
  std::size_t d;
  std::function<double(std::span<const double>)> well;

  [[nodiscard]] prob::ParameterSpace space() const { return same_priors(d, "normal", {0.0, 1.0}); }
  [[nodiscard]] FunctionSimulator simulator() const {
    return {statistic_names(d),
            [p = well](auto theta, Rng& rng, auto x) -> std::uint16_t {
              if (rng.uniform() > p(theta)) return 1;
              for (std::size_t i = 0; i < x.size(); ++i) x[i] = theta[i] + 0.5 * rng.normal();
              return 0;
            },
            {"blow-up"}};
  }
  /// Mean and sd of coordinate c; P(well) depends on it alone.
  [[nodiscard]] std::array<double, 2> exact(std::size_t c, double x) const {
    double mass = 0.0, first = 0.0, second = 0.0;
    std::vector<double> theta(d, 0.0);
    for (double at = -6.0; at < 6.0; at += 1e-3) {
      theta[c] = at;
      const double p = well(theta) * std::exp(-0.5 * at * at - 2.0 * (x - at) * (x - at));
      mass += p, first += p * at, second += p * at * at;
    }
    return {first / mass, std::sqrt(second / mass - first * first / (mass * mass))};
  }
};

TEST(Nre, APosteriorBesideASharpEdgeOfFailures) {
  const Failing problem{2, [](auto z) { return z[0] > 1.0 ? 0.0 : 1.0; }};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const std::vector<double> observed = {1.3, -0.5};
  NreOptions options = quick();
  options.sampler.draws = 4000;
  const NreResult out = run(simulator, space, observed, options);
  const auto edge = problem.exact(0, observed[0]), free = problem.exact(1, observed[1]);
  // The edge is known to where the last and the first of some 700 failures and 3300 successes lie, blurred by the
  // classifier over 0.1: of a posterior of sd 0.3 that is within the C2ST's bound for a mean.
  expect_normal(out, space, 0, edge[0], edge[1]);
  expect_normal(out, space, 1, free[0], free[1]);
  // The pilot is of 800, 160 of which bound what is lost: with none of some 134 successes inside, 1 - 0.05^(1/134) =
  // 0.022; with one, 0.035.
  EXPECT_LT(out.lost.at_most, 0.04);
  EXPECT_GT(out.lost.at_most, 0.015);
  EXPECT_GT(out.lost.spared, 0.0);
  EXPECT_GT(out.rounds[0].left_out, 0U);
  EXPECT_EQ(out.tally.simulations(), 4000U);
  // The guard trips without the correction: the mass beyond the edge comes back.
  options.correct_failures = false;
  options.pilot = 0.0;
  const NreResult without = run(simulator, space, observed, options);
  EXPECT_GT(moments(without, space, 0).mean, edge[0] + edge[1] * mean_tolerance(without));
}

TEST(Nre, APosteriorWhereFailuresAreLikely) {
  const Failing problem{2, [](auto z) { return 1.0 / (1.0 + std::exp(2.0 * z[1])); }};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  const std::vector<double> observed = {0.5, 0.8};
  NreOptions options = quick();
  options.sampler.draws = 4000;
  const NreResult out = run(simulator, space, observed, options);
  const auto free = problem.exact(0, observed[0]), likely = problem.exact(1, observed[1]);
  expect_normal(out, space, 0, free[0], free[1]);
  expect_normal(out, space, 1, likely[0], likely[1]);
  options.correct_failures = false;
  const NreResult without = run(simulator, space, observed, options);
  // The guard trips without P(well): that posterior is N(0.64, 0.447), to the right by more than is tolerated.
  const LinearGaussian wrong{1};
  EXPECT_NEAR(moments(without, space, 1).mean, wrong.gain() * 0.8, wrong.sd() * mean_tolerance(without));
  EXPECT_GT(moments(without, space, 1).mean, likely[0] + likely[1] * mean_tolerance(without));
}

TEST(Nre, MemoryThatIsBoundedKeepsTheRateOfFailures) {
  const Failing problem{1, [](auto) { return 0.8; }};
  auto simulator = problem.simulator();
  NreOptions options = quick(6000);
  options.fresh = true;
  options.block = 500;
  options.failure.most_points = 900;
  const NreResult out = run(simulator, problem.space(), {0.5}, options);
  // Two blocks of twelve are kept, with all that failed in them.
  int failed = 0, all = 0;
  ASSERT_EQ(std::sscanf(out.failure->note().c_str(), "%d of %d simulations failed", &failed, &all), 2);
  EXPECT_EQ(all, 1000);
  EXPECT_NEAR(failed, 200, 4.0 * std::sqrt(0.16 * 1000.0));
}

TEST(Nre, SameSeedSameBitsForAnyThreads) {
  const Failing problem{1, [](auto z) { return z[0] > 1.0 ? 0.0 : 1.0; }};
  const auto space = problem.space();
  NreOptions options = quick(600);
  options.rounds = 2;
  options.ratio.members = 2;
  options.most_epochs = 5;
  std::vector<std::vector<double>> points;
  for (const int threads : {1, 2, 3}) {
    auto simulator = problem.simulator();
    SimulationProblem p = problem_of(simulator, space, {0.5});
    p.seed = threads == 3 ? 2 : 1;
    p.threads = threads;
    Silent silent;
    auto out = nre(p, options, silent);
    ASSERT_TRUE(out);
    points.push_back(out->draws.points.values);
  }
  EXPECT_EQ(points[0], points[1]);
  EXPECT_NE(points[0], points[2]);
}

TEST(Nre, AStopGivesWhatThereIs) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  SimulationProblem p = problem_of(simulator, space, problem.observed());
  for (const bool fresh : {false, true}) {
    NreOptions options = quick(2000);
    options.fresh = fresh;
    options.block = 256;
    StopsAfter at_once(0);
    const auto nothing = nre(p, options, at_once);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error()[0].code, "interrupted");
    // In the third block, or after some steps of the network.
    StopsAfter later(fresh ? 20 : 100);
    auto stopped = nre(p, options, later);
    ASSERT_TRUE(stopped) << render(stopped.error());
    EXPECT_FALSE(stopped->complete);
    EXPECT_EQ(stopped->draws.points.rows, 0U);
    // What was learnt answers later.
    SimulationSource source(p);
    Silent silent;
    const auto draws = stopped->posterior.draw(source, p.observed, options.sampler, silent);
    ASSERT_TRUE(draws);
    stopped->draws = *draws;
    expect_normal(*stopped, space, 0, problem.mean(0), problem.sd());
  }
}

TEST(Nre, JointConditionsOfThePriorHold) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  SimulationProblem p = problem_of(simulator, space, {0.0, 0.0});
  p.allowed = [](const Array2& theta, std::span<std::uint8_t> out) {
    for (std::size_t k = 0; k < theta.rows; ++k) out[k] = theta(k, 0) > theta(k, 1) ? 1 : 0;
  };
  for (const char* sampler : {"smc", "slice", "nuts"}) {
    NreOptions options = quick(2000);
    options.most_epochs = 5;
    options.sampler.sampler = sampler;
    Silent silent;
    const auto out = nre(p, options, silent);
    ASSERT_TRUE(out) << render(out.error());
    for (std::size_t k = 0; k < out->draws.points.rows; ++k)
      EXPECT_GT(out->draws.points(k, 0), out->draws.points(k, 1));
  }
}

TEST(Nre, MistakesAndHopelessCasesAreNamed) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  const auto space = problem.space();
  NreOptions options = quick();
  options.pilot = 2.0;
  options.fresh = true;
  options.rounds = 2;
  options.ratio.loss = "hinge";
  options.failure.least = 1;
  options.sampler.sampler = "hmc";
  const Errors errors = errors_of(simulator, space, {0.0}, options);
  ASSERT_EQ(errors.size(), 5U);
  EXPECT_EQ(errors[0].message, "`rounds` must be 1 where simulations are fresh, found 2");
  EXPECT_EQ(errors_of(simulator, space, {0.0, 1.0}, quick())[0].code, "observation-size");

  auto failing = failing_simulator();
  const Errors failed = errors_of(failing, space, {0.0, 0.0}, quick(300));
  EXPECT_EQ(failed[0].code, "simulations-failed");
  EXPECT_THAT(failed[0].message, testing::StartsWith("all 300 simulations failed: "));

  FunctionSimulator still({"x"}, [](auto, Rng&, auto x) -> std::uint16_t {
    x[0] = 3.0;
    return 0;
  });
  const Errors constant = errors_of(still, space, {3.0}, quick(300));
  EXPECT_EQ(constant[0].code, "statistics-constant");
  EXPECT_EQ(constant[0].message, "no statistic moved in 300 simulations: they say nothing about the parameters");
  EXPECT_EQ(errors_of(simulator, space, {0.0}, quick(10))[0].code, "too-few-simulations");
}

}  // namespace
}  // namespace hillock::infer
