// Budgets in seconds with simulators that cost more than learning. The clock is made up: simulations move it, and every
// look at it does a little. So no test waits, and none depends on the machine.

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "infer/npe.hpp"
#include "infer/nre_posterior.hpp"
#include "infer/test/neighbour_test.hpp"
#include "infer/test/simulators.hpp"
#include "infer/timed_simulation.hpp"

namespace hillock::infer {
namespace {

struct Clock {
  std::atomic<std::int64_t> us = 0;
  [[nodiscard]] std::function<double()> elapsed(std::int64_t look_us) {
    return [this, look_us] { return 1e-6 * static_cast<double>(us += look_us); };
  }
  [[nodiscard]] double now() const { return 1e-6 * static_cast<double>(us.load()); }
};

/// A linear Gaussian simulator of which each simulation takes that long.
FunctionSimulator slow(Clock& clock, std::int64_t each_us, std::size_t d, double sd = 0.5) {
  return {statistic_names(d), [&clock, each_us, sd](auto theta, Rng& rng, auto x) -> std::uint16_t {
            clock.us += each_us;
            for (std::size_t i = 0; i < x.size(); ++i) x[i] = theta[i] + sd * rng.normal();
            return 0;
          }};
}

NpeOptions options(std::size_t rounds) {
  NpeOptions o;
  o.estimator.members = 2;
  o.estimator.steps = 3;
  o.estimator.hidden = 24;
  o.estimator.blocks = 1;
  o.estimator.batch = 64;
  o.estimator.average = 0.98;
  o.rounds = rounds;
  o.draws = 1500;
  return o;
}

struct Asked {
  LinearGaussian truth;
  prob::ParameterSpace space = truth.space();
  SimulationProblem problem;
  explicit Asked(FunctionSimulator& simulator, std::size_t d) : truth{d} {
    problem.simulator = &simulator;
    problem.space = &space;
    problem.observed = truth.observed();
    problem.seed = 3;
  }
  [[nodiscard]] Array2 exact(std::size_t rows) const {
    Array2 out(rows, truth.d);
    for (std::size_t k = 0; k < rows; ++k) {
      Rng rng(99, 1, k);
      for (std::size_t i = 0; i < truth.d; ++i) out(k, i) = truth.mean(i) + truth.sd() * rng.normal();
    }
    return out;
  }
};

TEST(TimedRounds, ACostlySimulatorIsStoredAndThePosteriorIsRight) {
  for (const std::size_t rounds : {1U, 3U}) {
    Clock clock;
    FunctionSimulator simulator = slow(clock, 1000, 2);
    const Asked asked(simulator, 2);
    InferenceBudget budget;
    budget.seconds = 8.0;
    budget.elapsed = clock.elapsed(200);
    Silent silent;
    const auto found = npe(asked.problem, options(rounds), budget, silent);
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_TRUE(found->complete);
    EXPECT_EQ(found->rounds.size(), rounds);
    // Half of the time is for simulations, of which one takes a millisecond, and of what learning left over again half;
    // and the end is before the end.
    EXPECT_GT(found->simulations, 2500U);
    EXPECT_LT(found->simulations, 7000U);
    EXPECT_LT(clock.now(), budget.seconds);
    EXPECT_NEAR(neighbour_accuracy(asked.exact(1500), found->parameters), 0.5, 0.05) << rounds << " rounds";
  }
}

NreOptions small_ratio() {
  NreOptions o;
  o.rounds = 3;
  o.ratio.members = 2;
  o.ratio.hidden = 24;
  o.sampler.draws = 1500;
  return o;
}

TEST(TimedRounds, RatiosAreLearntInTheTimeThereIs) {
  for (const std::int64_t each_us : {1000, 100'000}) {
    Clock clock;
    FunctionSimulator simulator = slow(clock, each_us, 2);
    const Asked asked(simulator, 2);
    InferenceBudget budget;
    budget.seconds = each_us == 1000 ? 8.0 : 40.0;
    budget.elapsed = clock.elapsed(each_us == 1000 ? 200 : 5000);
    Silent silent;
    const auto found = nre_posterior(asked.problem, small_ratio(), budget, silent);
    ASSERT_TRUE(found) << render(found.error());
    EXPECT_TRUE(found->complete);
    ASSERT_EQ(found->rounds.size(), 3U);
    // Half of the time is for simulations, in each round, and of what learning left over nearly all.
    const double simulating = 1e-6 * static_cast<double>(each_us) * static_cast<double>(found->simulations);
    EXPECT_GT(simulating, 0.3 * budget.seconds);
    EXPECT_LT(simulating, 0.75 * budget.seconds);
    for (const InferenceRound& r : found->rounds) EXPECT_GT(4 * r.simulations, found->simulations / 3);
    EXPECT_LT(clock.now(), budget.seconds);
    EXPECT_EQ(found->parameters.rows, 1500U);
    // Of 180 simulations the start knows most.
    EXPECT_NEAR(neighbour_accuracy(asked.exact(1500), found->parameters), 0.5, each_us == 1000 ? 0.05 : 0.15);
  }
}

TEST(TimedRounds, NoMoreSimulationsForRatiosThanAsked) {
  Clock clock;
  FunctionSimulator simulator = slow(clock, 100, 1);
  const Asked asked(simulator, 1);
  InferenceBudget budget;
  budget.simulations = 900;
  budget.seconds = 40.0;
  budget.elapsed = clock.elapsed(200);
  Silent silent;
  const auto found = nre_posterior(asked.problem, small_ratio(), budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  ASSERT_EQ(found->rounds.size(), 3U);
  for (const InferenceRound& r : found->rounds) EXPECT_EQ(r.simulations, 300U);
}

TEST(TimedRounds, ACheapSimulatorIsNot) {
  Clock clock;
  FunctionSimulator simulator = slow(clock, 1, 1);
  const Asked asked(simulator, 1);
  InferenceBudget budget;
  budget.seconds = 0.6;
  budget.elapsed = clock.elapsed(20'000);
  Silent silent;
  NpeOptions o = options(1);
  o.stored = 2000;  // stored rounds would forget, and this would show
  const auto found = npe(asked.problem, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  // Whole blocks of fresh simulations.
  EXPECT_GT(found->simulations, 20'000U);
}

TEST(TimedRounds, NoMoreIsKeptThanMayBe) {
  Clock clock;
  FunctionSimulator simulator = slow(clock, 500, 1);
  const Asked asked(simulator, 1);
  InferenceBudget budget;
  budget.seconds = 6.0;
  budget.elapsed = clock.elapsed(200);
  Silent silent;
  NpeOptions o = options(3);
  o.stored = 800;
  const auto found = npe(asked.problem, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_GT(found->simulations, 3000U);
  EXPECT_NEAR(neighbour_accuracy(asked.exact(1500), found->parameters), 0.5, 0.06);
}

TEST(TimedRounds, AStopGivesThePosteriorSoFar) {
  // Stopped before anything, while the first round simulates or learns, and in later rounds.
  std::size_t with_draws = 0;
  for (const long after : {0L, 3L, 60L, 700L, 3000L}) {
    Clock clock;
    FunctionSimulator simulator = slow(clock, 1000, 2);
    const Asked asked(simulator, 2);
    InferenceBudget budget;
    budget.seconds = 8.0;
    budget.elapsed = clock.elapsed(200);
    StopsAfter stop(after);
    const auto found = npe(asked.problem, options(3), budget, stop);
    if (!found) continue;
    EXPECT_FALSE(found->complete) << after;
    with_draws += found->parameters.rows == 1500 ? 1 : 0;
    for (const double t : found->parameters.values) EXPECT_TRUE(std::isfinite(t));
  }
  EXPECT_GE(with_draws, 2U);
}

TEST(TimedRounds, OneSimulationMayTakeLongerThanARound) {
  Clock clock;
  FunctionSimulator simulator = slow(clock, 300'000, 1);
  const Asked asked(simulator, 1);
  InferenceBudget budget;
  budget.seconds = 2.0;
  budget.elapsed = clock.elapsed(100);
  Silent silent;
  const auto found = npe(asked.problem, options(2), budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_EQ(found->parameters.rows, 1500U);
  // One to learn what it costs, one a round at least, and none that would not end in time.
  EXPECT_GE(found->simulations, 3U);
  EXPECT_LT(clock.now(), budget.seconds);
}

TEST(TimedRounds, AllFailed) {
  FunctionSimulator simulator = failing_simulator();
  const auto space = same_priors(2, "normal", {0.0, 1.0});
  SimulationProblem p = problem_of(simulator, space, {0.0, 0.0});
  Clock clock;
  InferenceBudget budget;
  budget.seconds = 2.0;
  budget.elapsed = clock.elapsed(1000);
  Silent silent;
  const auto found = npe(p, options(2), budget, silent);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().front().code, "simulations-failed");
}

TEST(TimedSimulation, EndsWithinABlock) {
  Clock clock;
  FunctionSimulator simulator = slow(clock, 700, 1);
  const Asked asked(simulator, 1);
  SimulationSource source(asked.problem);
  InferenceBudget budget;
  budget.elapsed = clock.elapsed(10);
  SimulatedPairs pairs;
  Silent silent;
  TimedSimulation how;
  how.until = 3.0;
  ASSERT_TRUE(simulate_for(
      how, source, [&](std::size_t n) { return source.prior(n); }, budget, pairs, silent));
  EXPECT_NEAR(clock.now(), 3.0, 0.05);
  EXPECT_NEAR(how.simulation_s, 700e-6, 5e-6);
  EXPECT_EQ(pairs.z.rows, source.simulations());
  // A time that is over gives one block, and one simulation in it.
  const std::uint64_t before = source.simulations();
  ASSERT_TRUE(simulate_for(
      how, source, [&](std::size_t n) { return source.prior(n); }, budget, pairs, silent));
  EXPECT_EQ(source.simulations(), before + 1);
}

}  // namespace
}  // namespace hillock::infer
