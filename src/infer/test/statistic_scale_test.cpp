// Features, traces and trials as networks see them: scales, marks, masks and what stands beside them.

#include "infer/statistic_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(StatisticScale, StraightTailsAreBentForExtremesAlone) {
  // A mixture of spreads: heavy tails. Then the same with one value in a thousand a thousand times further out.
  Array2 pilot(4000, 2);
  for (std::size_t k = 0; k < pilot.rows; ++k) {
    Rng rng(1, stream_id("scale test"), k);
    pilot(k, 0) = pilot(k, 1) = (k % 10 == 0 ? 20.0 : 0.5) * rng.normal();
    if (k % 1000 == 1) pilot(k, 1) = 1e5;
  }
  const StatisticScale bent = StatisticScale::of(pilot), straight = StatisticScale::of(pilot, {}, Tails::straight);
  EXPECT_EQ(bent[0].shape, StatisticMap::Shape::asinh);
  EXPECT_EQ(straight[0].shape, StatisticMap::Shape::linear);
  ASSERT_EQ(straight[1].shape, StatisticMap::Shape::asinh);
  // Near linear where 98 % of the values are: a slope of 1 / sqrt 2 of that at the centre where they end.
  EXPECT_GT(straight[1].width, 20.0);
  EXPECT_LT(straight[1].width, 60.0);
}

TEST(StatisticScale, ATraceHasOneScale) {
  // A feature, then 40 samples whose spread grows a hundredfold.
  const StatisticLayout layout = StatisticLayout::of(Embedding::trace, 1, 40, 1);
  Array2 pilot(500, 41);
  Rng rng(1, stream_id("scale test"), 0);
  for (std::size_t k = 0; k < pilot.rows; ++k) {
    pilot(k, 0) = 1e6 * rng.normal();
    for (std::size_t i = 0; i < 40; ++i)
      pilot(k, 1 + i) = 3.0 + std::pow(100.0, static_cast<double>(i) / 39.0) * rng.normal();
  }
  const StatisticScale scale = StatisticScale::of(pilot, layout);
  EXPECT_EQ(scale.shape(), (InputShape{Embedding::trace, 1 + 8, 40, 1}));
  EXPECT_EQ(scale.columns(), 1U + 8U + 40U);
  const Array2 c = scale.inputs(pilot);
  const auto spread = [&](std::size_t column) {
    double sum = 0.0;
    for (std::size_t k = 0; k < c.rows; ++k) sum += c(k, column) * c(k, column);
    return std::sqrt(sum / static_cast<double>(c.rows));
  };
  EXPECT_NEAR(spread(0), 1.0, 1e-9);
  EXPECT_GT(spread(9 + 39), 5.0 * spread(9));  // scales of their own would make them equal
  // Samples of one value are one number, wherever they are.
  std::vector<double> flat(41, 4.5);
  const std::vector<double> in = scale.inputs(std::span<const double>(flat));
  for (std::size_t i = 1; i < in.size(); ++i) EXPECT_NEAR(in[i], in[9], 1e-12) << i;
}

TEST(StatisticScale, TrialsThatWereNotMadeAreMasked) {
  // Two statistics of each of 4 trials; the second one is undefined now and then.
  const StatisticLayout layout = StatisticLayout::of(Embedding::set, 0, 4, 2);
  Array2 pilot(200, 8);
  Rng rng(2, stream_id("scale test"), 0);
  for (double& x : pilot.values) x = 5.0 + 2.0 * rng.normal();
  for (std::size_t k = 0; k < 20; ++k) pilot(k, 1) = nan;
  const StatisticScale scale = StatisticScale::of(pilot, layout);
  // Two values and one mark in a trial; two means and the number of trials beside them.
  EXPECT_EQ(scale.shape(), (InputShape{Embedding::set, 3, 4, 3}));
  EXPECT_EQ(scale.columns(), 3U + 12U + 4U);
  const std::vector<double> x{5.0, nan, 7.0, 3.0, nan, nan, nan, nan};
  const std::vector<double> in = scale.inputs(std::span<const double>(x));
  EXPECT_EQ(layout.present(x), 2U);
  const auto first = [&](double v) { return scale[0](v); };
  const auto second = [&](double v) { return scale[1](v); };
  EXPECT_DOUBLE_EQ(in[0], 0.5 * (first(5.0) + first(7.0)));
  EXPECT_DOUBLE_EQ(in[1], second(3.0));
  EXPECT_DOUBLE_EQ(in[2], std::log(2.0 / 4.0) + 1.0);
  const std::vector<double> items(in.begin() + 3, in.end());
  EXPECT_EQ(items, (std::vector<double>{first(5.0), 0.0, 1.0, first(7.0), second(3.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                                        0.0, 1.0, 1.0, 0.0, 0.0}));
}

TEST(StatisticScale, ThinningKeepsTheFirstThatAreThere) {
  const StatisticLayout layout = StatisticLayout::of(Embedding::set, 1, 4, 1);
  std::vector<double> x{9.0, 1.0, nan, 3.0, 4.0};
  layout.keep_first(x, 2);
  EXPECT_EQ(x[0], 9.0);
  EXPECT_EQ(x[1], 1.0);
  EXPECT_TRUE(std::isnan(x[2]));
  EXPECT_EQ(x[3], 3.0);
  EXPECT_TRUE(std::isnan(x[4]));
}

TEST(StatisticLayout, WrongShapesSayWhatIsWrong) {
  EXPECT_TRUE(StatisticLayout::of(Embedding::trace, 1, 10, 2).validate(21));
  const auto beyond = StatisticLayout::of(Embedding::trace, 2, 10, 2).validate(21);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error()[0].code, "statistics-layout");
  const auto large = StatisticLayout::of(Embedding::trace, 0, 5000, 1).validate(5000);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error()[0].code, "option-range");

  const StatisticLayout trials = StatisticLayout::of(Embedding::set, 0, 3, 2);
  const auto fewer = trials.complete(std::vector<double>{1.0, 2.0}, 6);
  ASSERT_TRUE(fewer);
  EXPECT_EQ(fewer->size(), 6U);
  EXPECT_EQ(trials.present(*fewer), 1U);
  const auto more = trials.complete(std::vector<double>(8, 1.0), 6);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error()[0].code, "trials-count");
  EXPECT_EQ(more.error()[0].message, "found 4 trials, and the posterior was learnt for up to 3");
  const auto half = trials.complete(std::vector<double>(3, 1.0), 6);
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error()[0].code, "statistics-count");
  EXPECT_EQ(trials.complete(std::vector<double>{}, 6).error()[0].code, "trials-count");
}

}  // namespace
}  // namespace hillock::infer
