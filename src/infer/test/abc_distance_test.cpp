#include "infer/abc_distance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::infer {
namespace {

const double none = std::nan("");
const std::vector<std::string> two = {"rate", "latency"};

/// Rows of statistics.
Array2 rows(std::vector<std::vector<double>> values) {
  Array2 out(values.size(), values.front().size());
  for (std::size_t k = 0; k < out.rows; ++k) std::ranges::copy(values[k], out.row(k).begin());
  return out;
}

TEST(AbcDistance, DividesByTheMedianAbsoluteDeviation) {
  // Column 0: median 3, deviations 2 1 0 1 96, their median 1. Column 1: the same in 1e-9.
  const AbcDistance distance(two, std::vector{3.0, 3e-9},
                             rows({{1, 1e-9}, {2, 2e-9}, {3, 3e-9}, {4, 4e-9}, {99, 99e-9}}));
  EXPECT_NEAR(distance.scale()[0], 1.4826, 1e-12);
  EXPECT_NEAR(distance.scale()[1], 1.4826e-9, 1e-20);
  EXPECT_NEAR(distance(std::vector{6.0, 7e-9}), 5.0 / 1.4826, 1e-12);
  EXPECT_EQ(distance(std::vector{3.0, 3e-9}), 0.0);
  EXPECT_TRUE(distance.notes().outside.empty());
  EXPECT_FALSE(distance.empty());
}

TEST(AbcDistance, WhereMostAgreeTheMeanDeviationCounts) {
  // Median 5, deviations 0 0 0 0 1: the median of them is 0, their mean 0.2.
  const AbcDistance distance({"count"}, std::vector{5.0}, rows({{5}, {5}, {5}, {5}, {6}}));
  EXPECT_NEAR(distance.scale()[0], 0.2 * std::sqrt(0.5 * std::numbers::pi), 1e-15);
}

TEST(AbcDistance, NamesConstantsMisfitsAndWhatLiesBeyond) {
  const std::vector<std::string> names = {"constant", "misfit", "beyond", "good", "rounding"};
  const AbcDistance distance(
      names, std::vector{0.1, 7.0, 100.0, 1.5, 0.3},
      rows({{0.1, 8.0, 1.0, 1.0, 0.1 + 0.2}, {0.1, 8.0, 2.0, 2.0, 0.3}, {0.1, 8.0, 3.0, 3.0, 0.3}}));
  EXPECT_THAT(distance.notes().constant, testing::ElementsAre("constant", "rounding"));
  EXPECT_THAT(distance.notes().misfit, testing::ElementsAre("misfit"));
  EXPECT_THAT(distance.notes().outside, testing::ElementsAre("beyond"));
  // What is left out adds nothing.
  const double near = distance(std::vector{0.1, 8.0, 100.0, 1.5, 0.3});
  EXPECT_EQ(near, 0.0);
}

TEST(AbcDistance, AllConstantIsEmptyAndSaysSo) {
  const AbcDistance distance(two, std::vector{1.0, 3.0}, rows({{1, 2}, {1, 2}}));
  EXPECT_TRUE(distance.empty());
  const Error error = distance.nothing_moves(2);
  EXPECT_EQ(error.code, "statistics-constant");
  EXPECT_EQ(error.message,
            "no statistic that the observation has moved in 2 simulations: they say nothing about the parameters; "
            "`latency` is never what was observed");
}

TEST(AbcDistance, NoValueIsItsOwnKindOfFar) {
  const Array2 sample = rows({{1, none}, {2, 5}, {3, 6}, {4, 7}});
  const AbcDistance silent(two, std::vector{2.0, none}, sample);
  EXPECT_EQ(silent(std::vector{2.0, none}), 0.0);
  EXPECT_TRUE(std::isinf(silent(std::vector{2.0, 5.0})));
  const AbcDistance spiking(two, std::vector{2.0, 6.0}, sample);
  EXPECT_EQ(spiking(std::vector{2.0, 6.0}), 0.0);
  EXPECT_TRUE(std::isinf(spiking(std::vector{2.0, none})));
  EXPECT_TRUE(std::isinf(spiking(std::vector{2.0, std::numeric_limits<double>::infinity()})));
  // The spread is that of the values there are: median 6, deviations 1 0 1.
  EXPECT_NEAR(spiking.scale()[1], 1.4826, 1e-12);
  EXPECT_TRUE(comparable(std::vector{1.0, none}, std::vector{2.0, none}));
  EXPECT_FALSE(comparable(std::vector{1.0, 1.0}, std::vector{2.0, none}));
}

TEST(AbcDistance, ObservationsAreChecked) {
  const auto size = check_observation(two, std::vector{1.0});
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().front().message, "the observation has 1 values, the simulator has 2 statistics");
  const double infinite = std::numeric_limits<double>::infinity();
  const auto both = check_observation(two, std::vector{infinite, -infinite});
  ASSERT_FALSE(both);
  ASSERT_EQ(both.error().size(), 2U);
  EXPECT_EQ(both.error()[0].code, "observation-not-finite");
  EXPECT_EQ(both.error()[1].message, "the observed value of `latency` is infinite");
  EXPECT_TRUE(check_observation(two, std::vector{1.0, none}));
}

}  // namespace
}  // namespace hillock::infer
