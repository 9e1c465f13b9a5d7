#include "infer/abc_rejection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

AbcRejectionResult run(FunctionSimulator& simulator, const prob::ParameterSpace& space,
                       const std::vector<double>& observed, const AbcRejectionOptions& options = {}) {
  Silent silent;
  auto out = abc_rejection(simulator, space, observed, options, silent);
  if (!out) {
    ADD_FAILURE() << render(out.error());
    return {};
  }
  return *out;
}

Errors errors_of(FunctionSimulator& simulator, const prob::ParameterSpace& space, const std::vector<double>& observed,
                 const AbcRejectionOptions& options = {}) {
  Silent silent;
  auto out = abc_rejection(simulator, space, observed, options, silent);
  EXPECT_FALSE(out);
  return out ? Errors{Error{}} : out.error();
}

/// Where parameters and statistics are jointly normal, a parameter is linear in the statistics with a residual that
/// does not depend on them: adjusted draws are draws of the posterior, whatever the kernel. Their weighted mean is the
/// regression's value at the observation; its standard error is sd sqrt((1 + leverage)/n), and the leverage of a point
/// within the kernel is below 1. A standard deviation is right to sd/sqrt(2 n). Five of each.
void expect_normal(const AbcRejectionResult& out, std::size_t c, double mean, double sd) {
  const WeightedMoments m(out.parameters, out.weight, c);
  EXPECT_NEAR(m.mean, mean, 5.0 * sd * std::sqrt(2.0 / out.effective)) << "parameter " << c;
  EXPECT_NEAR(m.sd, sd, 5.0 * sd * std::sqrt(0.5 / out.effective)) << "parameter " << c;
}

class AbcRejectionDimension : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(OneToFour, AbcRejectionDimension, testing::Values(1, 2, 3, 4));

TEST_P(AbcRejectionDimension, LinearGaussianWithRegression) {
  const LinearGaussian problem{GetParam()};
  auto simulator = problem.simulator();
  const auto out = run(simulator, problem.space(), problem.observed());
  EXPECT_TRUE(out.adjusted);
  EXPECT_TRUE(out.complete);
  EXPECT_EQ(out.parameters.rows, 1000U);
  // Draws fill a ball in d dimensions evenly; there (sum w)^2/sum w^2 of 1 - r^2 is n (d + 4)/(2 d + 4). A ball of 1000
  // draws out of 100 000 is small enough for that to 10 %.
  const auto d = static_cast<double>(GetParam());
  EXPECT_NEAR(out.effective, 1000.0 * (d + 4.0) / (2.0 * d + 4.0), 100.0);
  for (std::size_t c = 0; c < GetParam(); ++c) expect_normal(out, c, problem.mean(c), problem.sd());
  EXPECT_EQ(simulator.simulations, 100'000);
  EXPECT_EQ(out.tolerance, out.distance.back());
  EXPECT_TRUE(std::ranges::is_sorted(out.distance));
}

TEST(AbcRejection, WithoutRegressionTheToleranceWidensThePosterior) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  AbcRejectionOptions options;
  options.regression = false;
  options.keep = 20'000;
  const auto out = run(simulator, problem.space(), problem.observed(), options);
  EXPECT_FALSE(out.adjusted);
  // x ~ N(0, s), s^2 = 1 + 1/4, is kept within h of the observation: a truncated normal distribution. Its moments by
  // the usual formulas; the parameter's are gain E[x] and posterior variance + gain^2 Var[x].
  const double s = std::sqrt(1.25), h = out.tolerance * out.scale[0];
  const double a = (problem.observed()[0] - h) / s, b = (problem.observed()[0] + h) / s;
  const auto density = [](double z) { return std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi); };
  const double mass = 0.5 * std::erfc(a / std::numbers::sqrt2) - 0.5 * std::erfc(b / std::numbers::sqrt2);
  const double first = (density(a) - density(b)) / mass;
  const double variance = s * s * (1.0 + (a * density(a) - b * density(b)) / mass - first * first);
  const double gain = problem.gain(), sd = std::sqrt(problem.sd() * problem.sd() + gain * gain * variance);
  EXPECT_NEAR(mass, 0.2, 5.0 * std::sqrt(0.2 * 0.8 / 1e5));
  const WeightedMoments m(out.parameters, out.weight, 0);
  EXPECT_NEAR(m.mean, gain * s * first, 5.0 * sd / std::sqrt(20'000.0));
  EXPECT_NEAR(m.sd, sd, 5.0 * sd / std::sqrt(40'000.0));
  EXPECT_GT(m.sd, 1.03 * problem.sd());  // and that is wider than the posterior
}

TEST(AbcRejection, MixedScales) {
  const MixedScales problem;
  auto simulator = problem.simulator();
  const auto out = run(simulator, problem.space(), problem.observed());
  for (std::size_t c : {0U, 1U}) expect_normal(out, c, problem.mean(c), problem.sd(c));
}

TEST(AbcRejection, ConstantsAndDuplicatesDoNoHarm) {
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
  const auto out = run(simulator, problem.space(), {observed[0], observed[1], observed[1], 4.0, 6.0});
  for (std::size_t c : {0U, 1U}) expect_normal(out, c, problem.mean(c), problem.sd());
  EXPECT_THAT(out.notes.constant, testing::ElementsAre("a constant"));
  EXPECT_THAT(out.notes.misfit, testing::ElementsAre("a misfit"));
  EXPECT_EQ(out.scale[3], 0.0);
}

TEST(AbcRejection, AnObservationBeyondAllSimulationsIsNamed) {
  const LinearGaussian problem{2};
  auto simulator = problem.simulator();
  const auto out = run(simulator, problem.space(), {0.5, 40.0});
  EXPECT_THAT(out.notes.outside, testing::ElementsAre("x1"));
}

TEST(AbcRejection, BoundedParametersStayInside) {
  // The observation pulls draws against the upper bound; adjusted on the unconstrained scale, none leaves.
  const auto space = same_priors(1, "uniform", {0.0, 1.0});
  FunctionSimulator simulator({"x"}, [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    x[0] = theta[0] + 0.05 * rng.normal();
    return 0;
  });
  AbcRejectionOptions options;
  options.simulations = 20'000;
  const auto out = run(simulator, space, {1.08}, options);
  for (const double x : out.parameters.values) {
    EXPECT_GT(x, 0.0);
    EXPECT_LT(x, 1.0);
  }
}

/// A latency that exists only for theta > 0: 1/theta, with noise.
FunctionSimulator latency_simulator() {
  return {{"latency"},
          [](auto theta, Rng& rng, auto x) -> std::uint16_t {
            if (theta[0] > 2.0) return 2;
            x[0] = theta[0] > 0.0 ? 1.0 / theta[0] + 0.1 * rng.normal() : std::nan("");
            return 0;
          },
          {"no-spike", "blow-up"}};
}

TEST(AbcRejection, FailedAndUndefinedSimulationsAreCountedAndFar) {
  auto simulator = latency_simulator();
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  const auto out = run(simulator, space, {2.0});
  for (const double theta : out.parameters.values) EXPECT_TRUE(theta > 0.0 && theta <= 2.0) << theta;
  // P(theta > 2) = 0.02275, P(theta < 0) = 0.5; five standard errors of a count.
  const auto failed = static_cast<double>(out.failed), without = static_cast<double>(out.incomparable);
  EXPECT_NEAR(failed, 2275.0, 5.0 * std::sqrt(2275.0));
  EXPECT_NEAR(without, 50'000.0, 5.0 * std::sqrt(25'000.0));
  ASSERT_EQ(out.failures.size(), 1U);
  EXPECT_EQ(out.failures[0].reason, "blow-up");
  EXPECT_EQ(out.failures[0].count, out.failed);
  ASSERT_EQ(out.undefined.size(), 1U);
  EXPECT_EQ(out.undefined[0].statistic, "latency");
  EXPECT_EQ(out.undefined[0].reason, "no-spike");
  EXPECT_EQ(out.undefined[0].count, out.incomparable);
}

TEST(AbcRejection, AnUndefinedObservationIsAnObservation) {
  FunctionSimulator simulator({"mean", "latency"},
                              [](auto theta, Rng& rng, auto x) -> std::uint16_t {
                                x[0] = 0.5 * rng.normal();
                                x[1] = theta[0] > 0.0 ? 1.0 : std::nan("");
                                return 0;
                              },
                              {"no-spike"});
  const auto out = run(simulator, same_priors(1, "normal", {0.0, 1.0}), {0.0, std::nan("")});
  // Half a normal distribution: mean -sqrt(2/pi), variance 1 - 2/pi; the regression has nothing to take off.
  for (const double theta : out.parameters.values) EXPECT_LT(theta, 0.1);
  const WeightedMoments m(out.parameters, out.weight, 0);
  EXPECT_NEAR(m.mean, -std::sqrt(2.0 / std::numbers::pi),
              5.0 * std::sqrt((1.0 - 2.0 / std::numbers::pi) * 2.0 / out.effective));
}

TEST(AbcRejection, AllFailedIsAnErrorWithTheReasonsCounted) {
  auto simulator = failing_simulator();
  AbcRejectionOptions options;
  options.simulations = 300;
  const Errors errors = errors_of(simulator, same_priors(1, "normal", {0.0, 1.0}), {0.0, 0.0}, options);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "simulations-failed");
  // Two thirds of 300, to five standard errors (8 each): 160 to 240.
  EXPECT_THAT(errors[0].message, testing::MatchesRegex("all 300 simulations failed: (1[6-9]|2[0-4])[0-9] `blow-up`, "
                                                       "[0-9]+ `step-limit`"));
  EXPECT_THAT(errors[0].hint, testing::HasSubstr("simulate one draw"));
}

TEST(AbcRejection, NothingComparableIsAnErrorThatNamesTheStatistic) {
  FunctionSimulator simulator({"a", "latency"},
                              [](auto theta, Rng&, auto x) -> std::uint16_t {
                                x[0] = theta[0];
                                x[1] = std::nan("");
                                return 0;
                              },
                              {"no-spike"});
  AbcRejectionOptions options;
  options.simulations = 200;
  const auto space = same_priors(1, "normal", {0.0, 1.0});
  const Errors missing = errors_of(simulator, space, {0.0, 1.0}, options);
  EXPECT_EQ(missing[0].code, "abc-nothing-matches");
  EXPECT_EQ(missing[0].message,
            "none of 200 simulations has values for just the statistics that the observation has (0 failed; of the "
            "others: 200 without a value of `latency`)");
  const Errors surplus = errors_of(simulator, space, {std::nan(""), std::nan("")}, options);
  EXPECT_THAT(surplus[0].message, testing::HasSubstr("200 with a value of `a`, which the observation has not"));
}

TEST(AbcRejection, ConstantStatisticsAreAnError) {
  FunctionSimulator simulator({"a"}, [](auto, Rng&, auto x) -> std::uint16_t {
    x[0] = 1.0;
    return 0;
  });
  AbcRejectionOptions options;
  options.simulations = 100;
  EXPECT_EQ(errors_of(simulator, same_priors(1, "normal", {0.0, 1.0}), {1.0}, options)[0].code, "statistics-constant");
}

TEST(AbcRejection, OptionsAndObservationsAreChecked) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  AbcRejectionOptions options;
  options.simulations = 0;
  options.quantile = 1.5;
  options.batch = 0;
  const Errors errors = errors_of(simulator, problem.space(), {0.0}, options);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[1].message, "`quantile` must be above 0 and at most 1, found 1.5");
  options = {};
  options.keep = 200'000;
  EXPECT_EQ(errors_of(simulator, problem.space(), {0.0}, options)[0].message,
            "`keep` must be at most `simulations`, found 200000");
  EXPECT_EQ(errors_of(simulator, problem.space(), {0.0, 1.0})[0].code, "observation-size");
  EXPECT_EQ(simulator.simulations, 0);  // nothing was simulated for these
}

TEST(AbcRejection, SameBitsInAnyBatches) {
  const LinearGaussian problem{2};
  auto one = problem.simulator(), two = problem.simulator();
  AbcRejectionOptions options;
  options.simulations = 20'000;
  options.scale_simulations = 3'000;
  const auto a = run(one, problem.space(), problem.observed(), options);
  options.batch = 77;
  const auto b = run(two, problem.space(), problem.observed(), options);
  EXPECT_EQ(a.points.values, b.points.values);
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.simulation, b.simulation);
  options.seed = 2;
  EXPECT_NE(run(one, problem.space(), problem.observed(), options).points.values, a.points.values);
}

TEST(AbcRejection, AStopGivesWhatThereIs) {
  const LinearGaussian problem{1};
  auto simulator = problem.simulator();
  // A batch of 1000 asks 1 + 16 times: the tenth batch is the last whole one.
  StopsAfter stop(175);
  auto out = abc_rejection(simulator, problem.space(), problem.observed(), {}, stop);
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->complete);
  EXPECT_EQ(out->simulations, 10'000U);
  EXPECT_EQ(out->parameters.rows, 100U);
  expect_normal(*out, 0, problem.mean(0), problem.sd());
  // The same as a run that was asked for so many.
  AbcRejectionOptions options;
  options.simulations = 10'000;
  EXPECT_EQ(run(simulator, problem.space(), problem.observed(), options).points.values, out->points.values);
  StopsAfter at_once(0);
  const auto none = abc_rejection(simulator, problem.space(), problem.observed(), {}, at_once);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error()[0].code, "interrupted");
}

TEST(AbcRejection, TheSimulatorsOwnErrorComesThrough) {
  class Broken final : public Simulator {
   public:
    [[nodiscard]] const std::vector<std::string>& statistics() const override { return names_; }
    [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
    [[nodiscard]] Result<void> run(const Array2&, std::uint64_t, Simulations&, const std::function<bool()>&) override {
      return fail("program-missing", "no such program");
    }

   private:
    std::vector<std::string> names_ = {"x"};
  } broken;
  Silent silent;
  const auto out = abc_rejection(broken, same_priors(1, "normal", {0.0, 1.0}), std::vector{0.0}, {}, silent);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error()[0].code, "program-missing");
}

TEST(AbcRejection, MemoryIsFlatInTheNumberOfSimulations) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory that was given back";
#endif
  const auto peak_kb = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const LinearGaussian problem{4};
  auto simulator = problem.simulator();
  AbcRejectionOptions options;
  options.keep = 500;
  options.simulations = 20'000;
  (void)run(simulator, problem.space(), problem.observed(), options);
  const auto before = peak_kb();
  options.simulations = 500'000;
  (void)run(simulator, problem.space(), problem.observed(), options);
  // Stored, they would be 500 000 x 8 doubles = 32 MB.
  EXPECT_LT(peak_kb() - before, 8'000);
}

}  // namespace
}  // namespace hillock::infer
