// Statistics on a thin sheet: data on it are left alone, data off it are put back, and the statistic that is off is
// found.

#include "infer/nearest_attainable.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "infer/npe.hpp"
#include "infer/test/simulators.hpp"

namespace hillock::infer {
namespace {

constexpr double thickness = 0.01;

/// Five statistics of two parameters: a bent sheet with a little noise.
void on_sheet(double a, double b, Rng& rng, std::span<double> x) {
  x[0] = a, x[1] = b, x[2] = 0.7 * a - 0.7 * b, x[3] = 0.6 * a + 0.6 * b + 0.2 * a * b, x[4] = 0.5 * b - 0.8 * a;
  for (double& v : x) v += thickness * rng.normal();
}

Array2 sheet(std::size_t count, std::uint64_t seed, double spread = 1.0) {
  Array2 out(count, 5);
  for (std::size_t k = 0; k < count; ++k) {
    Rng rng(seed, 1, k);
    const double a = spread * rng.normal(), b = spread * rng.normal();
    on_sheet(a, b, rng, out.row(k));
  }
  return out;
}

TEST(NearestAttainable, DataOfTheModelAreLeftAlone) {
  const Array2 simulated = sheet(5000, 1), data = sheet(100, 2);
  int misfits = 0;
  for (std::size_t k = 0; k < data.rows; ++k) {
    const auto found = nearest_attainable(simulated, data.row(k));
    EXPECT_TRUE(found.asked);
    misfits += found.misfit ? 1 : 0;
    EXPECT_TRUE(found.misfit || std::ranges::equal(found.inputs, data.row(k)));
  }
  // At a level of 1 %, and points at the edge of what was simulated have more distant neighbours than others.
  EXPECT_LE(misfits, 6);
}

TEST(NearestAttainable, TheStatisticThatIsOffIsFound) {
  const Array2 simulated = sheet(5000, 1), data = sheet(5, 3, 0.5);
  for (std::size_t k = 0; k < data.rows; ++k) {
    for (const std::size_t wrong : {2U, 3U, 4U}) {
      std::vector<double> y(data.row(k).begin(), data.row(k).end());
      y[wrong] += 0.4;  // less than half of its spread, and forty times the sheet's thickness
      const auto found = nearest_attainable(simulated, y);
      ASSERT_TRUE(found.misfit) << k << " " << wrong;
      EXPECT_EQ(found.p, 1.0 / 200.0);
      for (std::size_t j = 0; j < 5; ++j)
        EXPECT_NEAR(found.inputs[j], data(k, j), 6.0 * thickness) << k << " " << wrong << " " << j;
    }
  }
}

/// One parameter in three statistics, of which one is a count: the other two agree on another value. It is they that
/// are put onto the sheet, for a count is sure; where it is none, it is the odd one out.
TEST(NearestAttainable, ACountIsBelieved) {
  Array2 simulated(5000, 3);
  for (std::size_t k = 0; k < simulated.rows; ++k) {
    Rng rng(1, 2, k);
    const double t = rng.normal();
    for (std::size_t j = 0; j < 3; ++j) simulated(k, j) = (j == 2 ? -t : t) + thickness * rng.normal();
  }
  const std::vector<double> y{0.6, 0.4, -0.4};
  const std::vector<std::uint8_t> count{1, 0, 0};
  const auto believed = nearest_attainable(simulated, y, count), odd = nearest_attainable(simulated, y);
  ASSERT_TRUE(believed.misfit && odd.misfit);
  for (std::size_t j = 0; j < 3; ++j) {
    EXPECT_NEAR(believed.inputs[j], j == 2 ? -0.6 : 0.6, 6.0 * thickness) << j;
    EXPECT_NEAR(odd.inputs[j], j == 2 ? -0.4 : 0.4, 6.0 * thickness) << j;
  }
  EXPECT_EQ(believed.inputs[0], 0.6);
}

/// Many simulations near by have one spike less, and another value of the first statistic: those with the data's count
/// say what the others can be.
TEST(NearestAttainable, NeighboursHaveTheSameCount) {
  Array2 simulated(5000, 3);
  for (std::size_t k = 0; k < simulated.rows; ++k) {
    Rng rng(1, 4, k);
    const bool one_more = rng.below(12) == 0;
    simulated(k, 0) = rng.normal();
    simulated(k, 1) = simulated(k, 0) + (one_more ? 1.0 : 0.0) + thickness * rng.normal();
    simulated(k, 2) = one_more ? 0.3 : 0.0;
  }
  const std::vector<std::uint8_t> count{0, 0, 1};
  const std::vector<double> y{0.2, 0.2, 0.3};  // of that count the second is 1.2, or the first -0.8
  const auto found = nearest_attainable(simulated, y, count);
  EXPECT_TRUE(found.misfit);
  EXPECT_EQ(found.inputs[2], 0.3);
  EXPECT_NEAR(found.inputs[1] - found.inputs[0], 1.0, 6.0 * thickness);
  EXPECT_TRUE(found.inputs[0] == 0.2 || found.inputs[1] == 0.2);
}

/// A cloud that is about as wide in all directions is no sheet, though those nearest to data outside it are somewhat
/// thinner towards them: such data are far away, not a combination that the model cannot do.
TEST(NearestAttainable, ARoundCloudIsNoSheet) {
  constexpr std::size_t d = 30;
  Array2 simulated(2000, d);
  Rng rng(1, 3, 0);
  for (double& v : simulated.values) v = rng.normal();
  std::vector<double> y(d);
  for (std::size_t j = 0; j < d; ++j) y[j] = (j % 2 == 0 ? 1.0 : -1.0) * (0.6 + 0.1 * static_cast<double>(j));
  const auto found = nearest_attainable(simulated, y);
  EXPECT_TRUE(found.misfit);
  EXPECT_EQ(found.inputs, y);
}

TEST(NearestAttainable, OfFewSimulationsNothingIsAsked) {
  const Array2 simulated = sheet(150, 1);
  std::vector<double> y{0.0, 0.0, 3.0, 0.0, 0.0};
  const auto found = nearest_attainable(simulated, y);
  EXPECT_FALSE(found.asked);
  EXPECT_FALSE(found.misfit);
  EXPECT_EQ(found.inputs, y);
}

/// Copies of a column, and columns without spread: no division by nothing.
TEST(NearestAttainable, FlatColumns) {
  Array2 simulated(1000, 4);
  for (std::size_t k = 0; k < simulated.rows; ++k) {
    Rng rng(1, 1, k);
    simulated(k, 0) = simulated(k, 1) = rng.normal();
    simulated(k, 3) = rng.normal();
  }
  for (const std::vector<double>& y :
       {std::vector<double>{0.3, 0.3, 0.0, 0.1}, {0.3, 0.5, 0.0, 0.1}, {0.3, 0.3, 1.0, 0.1}}) {
    const auto found = nearest_attainable(simulated, y);
    EXPECT_EQ(found.misfit, y[0] != y[1] || y[2] != 0.0);
    for (const double v : found.inputs) EXPECT_TRUE(std::isfinite(v));
  }
}

/// The posterior of a model that cannot do one of five statistics is that of the other four.
TEST(NearestAttainable, TsnpeIsNotLedAstray) {
  FunctionSimulator simulator(statistic_names(5), [](auto theta, Rng& rng, auto x) -> std::uint16_t {
    on_sheet(theta[0], theta[1], rng, x);
    return 0;
  });
  const auto space = same_priors(2, "normal", {0.0, 1.0});
  SimulationProblem p;
  p.simulator = &simulator;
  p.space = &space;
  p.observed.resize(5);
  Rng rng(1, 9, 9);
  on_sheet(0.5, -0.3, rng, p.observed);
  p.observed[4] += 0.5;
  NpeOptions o;
  o.estimator.density = "maf";
  o.estimator.steps = 3;
  o.estimator.hidden = 24;
  o.estimator.blocks = 1;
  o.estimator.members = 1;
  o.rounds = 4;
  o.draws = 2000;
  InferenceBudget budget;
  budget.simulations = 6000;
  Silent silent;
  const auto found = npe(p, o, budget, silent);
  ASSERT_TRUE(found) << render(found.error());
  EXPECT_FALSE(found->attainable.empty());
  // Which one it is, and what the model can do there.
  ASSERT_EQ(found->given.size(), 5U);
  for (std::size_t j = 0; j < 4; ++j) EXPECT_TRUE(std::isnan(found->given[j])) << j;
  EXPECT_NEAR(found->given[4], p.observed[4] - 0.5, 0.05);
  const double truth[2] = {0.5, -0.3};
  for (std::size_t i = 0; i < 2; ++i) {
    double mean = 0.0;
    for (const double v : found->parameters.column(i)) mean += v / 2000.0;
    // The exact posterior of the other four has a spread of about 0.008; of all five, taken at their word, a mean that
    // is off by 0.2.
    EXPECT_NEAR(mean, truth[i], 0.04) << i;
  }
  // Without it the answer is another one, by ten times its spread.
  o.robust = false;
  const auto plain = npe(p, o, budget, silent);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->attainable.empty());
  double mean = 0.0;
  for (const double v : plain->parameters.column(0)) mean += v / 2000.0;
  EXPECT_GT(std::abs(mean - truth[0]), 0.08);
}

}  // namespace
}  // namespace hillock::infer
