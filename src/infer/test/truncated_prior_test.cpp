// The cut prior: what it keeps, what its draws are, and that an estimator too sure of itself cuts nothing away.

#include "infer/truncated_prior.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "infer/test/simulators.hpp"
#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

/// A problem of two parameters; its estimator is the normal density that rows of z have, whatever the data.
class Truncated : public testing::Test {
 protected:
  Truncated() : simulator_(problem_.simulator()), space_(problem_.space()) {
    asked_.simulator = &simulator_;
    asked_.space = &space_;
    asked_.observed = problem_.observed();
  }
  /// Normal with these means and this spread.
  static std::shared_ptr<const ConditionalEstimator> normal_at(double mean, double sd, std::uint64_t seed) {
    Array2 z = standard_normal_rows(seed, 5, 0, 4000, 2);
    for (double& v : z.values) v = mean + sd * v;
    EstimatorOptions o;
    o.density = "gaussian";
    o.members = 1;
    auto made = ConditionalEstimator::create(z, Array2(z.rows, 1), o);
    EXPECT_TRUE(made) << render(made.error());
    return std::make_shared<ConditionalEstimator>(std::move(*made));
  }
  static double share(const TruncatedPrior& prior, const Array2& z) {
    std::vector<std::uint8_t> in(z.rows);
    prior.inside(z, in);
    return static_cast<double>(std::ranges::count(in, 1)) / static_cast<double>(z.rows);
  }

  LinearGaussian problem_{2};
  FunctionSimulator simulator_;
  prob::ParameterSpace space_;
  SimulationProblem asked_;
};

TEST_F(Truncated, KeepsTheMassThatItShould) {
  SimulationSource source(asked_);
  TruncatedPrior prior(source, {.epsilon = 0.05, .most_cut = 0.999});
  EXPECT_FALSE(prior.is_cut());
  const Array2 known = standard_normal_rows(1, 1, 0, 4000, 2);
  EXPECT_EQ(share(prior, known), 1.0);
  const auto q = normal_at(0.5, 0.3, 1);
  prior.cut(q, {0.0}, known);
  EXPECT_TRUE(prior.is_cut());
  // Of the estimator's own draws 95 % lie inside; by 10 000 and by 10 000 others: 5 standard errors.
  EXPECT_NEAR(share(prior, q->draw(std::vector<double>{0.0}, 10000, 99)), 0.95,
              5.0 * std::sqrt(2.0 * 0.05 * 0.95 / 1e4));
  EXPECT_NEAR(prior.acceptance(), share(prior, known), 0.05);
}

/// The density of a thousandth of the right width, and in the wrong place: most_cut keeps what is nearest to it.
TEST_F(Truncated, AnOverconfidentEstimatorCutsNoMoreThanItMay) {
  SimulationSource source(asked_);
  TruncatedPrior prior(source, {.epsilon = 1e-3, .most_cut = 0.9, .least_kept = 50});
  const Array2 known = standard_normal_rows(1, 1, 0, 4000, 2);
  prior.cut(normal_at(1.0, 1e-3, 1), {0.0}, known);
  EXPECT_NEAR(share(prior, known), 0.1, 1e-3);
  // Few are known: least_kept of them stay.
  TruncatedPrior few(source, {.epsilon = 1e-3, .most_cut = 0.9, .least_kept = 50});
  const Array2 hundred = standard_normal_rows(1, 1, 0, 100, 2);
  few.cut(normal_at(1.0, 1e-3, 1), {0.0}, hundred);
  EXPECT_EQ(share(few, hundred), 0.5);
  // Too few to know a shape: nothing is cut.
  TruncatedPrior none(source, {});
  none.cut(normal_at(1.0, 1e-3, 1), {0.0}, standard_normal_rows(1, 1, 0, 79, 2));
  EXPECT_FALSE(none.is_cut());
}

TEST_F(Truncated, CutsAreNested) {
  SimulationSource source(asked_);
  TruncatedPrior prior(source, {.epsilon = 0.01, .most_cut = 0.999});
  const Array2 known = standard_normal_rows(1, 1, 0, 4000, 2);
  prior.cut(normal_at(-0.5, 0.3, 1), {0.0}, known);
  std::vector<std::uint8_t> first(known.rows), second(known.rows);
  prior.inside(known, first);
  prior.cut(normal_at(0.0, 0.3, 2), {0.0}, known);
  prior.inside(known, second);
  EXPECT_LT(std::ranges::count(second, 1), std::ranges::count(first, 1));
  EXPECT_GT(std::ranges::count(second, 1), 0);
  for (std::size_t k = 0; k < known.rows; ++k) EXPECT_LE(second[k], first[k]);
}

/// By particles, where rejection would take a thousand draws of the prior each: the moments of a disk of radius r
/// about m, on which the prior is nearly flat: mean m - sd^2 m, variance r^2/4.
TEST_F(Truncated, ParticlesAreDrawsOfTheCutPrior) {
  SimulationSource source(asked_);
  TruncatedPrior prior(source, {.epsilon = 0.01, .most_cut = 0.999});
  const double m = 1.0, sd = 0.01, r = sd * std::sqrt(-2.0 * std::log(0.01));
  Array2 known = standard_normal_rows(1, 1, 0, 100, 2);
  for (double& v : known.values) v = m + 0.2 * sd * v;  // in its middle alone
  prior.cut(normal_at(m, sd, 1), {0.0}, known);
  ASSERT_LT(prior.acceptance(), 0.05);
  const auto z = prior.draw(10000, Silent());
  ASSERT_TRUE(z);
  ASSERT_EQ(z->rows, 10000U);
  EXPECT_EQ(share(prior, *z), 1.0);
  for (std::size_t j = 0; j < 2; ++j) {
    double mean = 0.0, square = 0.0;
    for (const double v : z->column(j)) mean += v / 1e4, square += v * v / 1e4;
    EXPECT_NEAR(mean, m, 0.05 * r) << j;
    // The threshold is a quantile of 10 000 draws, known to a few percent.
    EXPECT_NEAR((square - mean * mean) / (r * r / 4.0), 1.0, 0.12) << j;
  }
  const auto again = prior.draw(100, Silent());
  ASSERT_TRUE(again);
  EXPECT_NE((*again)(0, 0), (*z)(0, 0));
}

TEST_F(Truncated, ARegionIsKept) {
  SimulationSource source(asked_);
  TruncatedPrior prior(source, {.epsilon = 0.05, .most_cut = 0.999});
  const Array2 known = standard_normal_rows(1, 1, 0, 4000, 2);
  prior.cut(normal_at(0.5, 0.6, 1), {0.0}, known);
  prior.cut(normal_at(0.2, 0.4, 2), {0.0}, known);
  nn::SavedNetwork n;
  prior.region().save(n);
  const auto back = CutRegion::load(n, 2, "file");
  ASSERT_TRUE(back) << render(back.error());
  EXPECT_EQ(back->size(), 2U);
  std::vector<std::uint8_t> a(known.rows, 1), b(known.rows, 1);
  prior.region().keep_inside(known, a);
  back->keep_inside(known, b);
  EXPECT_EQ(a, b);
  EXPECT_FALSE(CutRegion::load(n, 3, "file"));
  n.fields["cuts"] = "3";
  const auto missing = CutRegion::load(n, 2, "file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "network-damaged");
  EXPECT_EQ(CutRegion::load(nn::SavedNetwork(), 2, "file")->size(), 0U);
}

}  // namespace
}  // namespace hillock::infer
