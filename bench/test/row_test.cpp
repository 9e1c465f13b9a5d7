#include "row.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hillock::bench {
namespace {

TEST(Row, AGoalForTheValue) {
  EXPECT_EQ(Row(row("a", 0.9, "s").at_most(1.0)).met(), true);
  EXPECT_EQ(Row(row("a", 1.1, "s").at_most(1.0)).met(), false);
  EXPECT_EQ(Row(row("a", 84.9, "%").within(85.0, 95.0)).met(), false);
  EXPECT_EQ(Row(row("a", 95.1, "%").within(85.0, 95.0)).met(), false);
  EXPECT_EQ(Row(row("a", 90.0, "%").within(85.0, 95.0)).met(), true);
  EXPECT_EQ(Row(row("a", 1.0, "s")).met(), std::nullopt);
}

TEST(Row, AGoalForTheRatio) {
  const Row slow = row("a", 59.0, "1/s").against("limit", 100.0).ratio_at_least(0.6);
  EXPECT_DOUBLE_EQ(*slow.ratio(), 0.59);
  EXPECT_EQ(slow.met(), false);
  EXPECT_EQ(slow.target(), ">= 0.6 x peer");
  EXPECT_EQ(Row(row("a", 60.0, "1/s").against("limit", 100.0).ratio_at_least(0.6)).met(), true);
  // The peer's value alone changes nothing for a goal of the value.
  EXPECT_EQ(Row(row("a", 21.0, "s").against("published", 200.0).at_most(20.0)).met(), false);
}

TEST(Row, WhatWasNotMeasuredIsNotMet) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Row(row("a", nan, "s").at_most(1.0)).met(), false);
  EXPECT_EQ(Row(row("a", nan, "s").at_least(1.0)).met(), false);
  EXPECT_EQ(Row(row("a", 1.0, "s").ratio_at_most(1.0)).met(), false) << "a ratio without a peer";
}

}  // namespace
}  // namespace hillock::bench
