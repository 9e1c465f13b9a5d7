#include "verify/holm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace hillock::verify {
namespace {

TEST(Holm, WorkedExample) {
  // Sorted .005 .01 .03 .04 times 4 3 2 1, then made non-decreasing: .02 .03 .06 .06.
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
}

TEST(Holm, TestsNotRunAreNotCounted) {
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, std::nan(""), 0.9});
  EXPECT_NEAR(adjusted[0], 0.02, 1e-15);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_EQ(adjusted[2], 0.9);
  EXPECT_TRUE(holm({}).empty());
  EXPECT_EQ(holm(std::vector<double>{0.7, 0.8})[0], 1.0);
}

TEST(Holm, KeepsTheFamilyWiseLevelAndUnadjustedDoesNot) {
  Rng rng(1, stream_id("holm test"));
  int adjusted_alarms = 0;
  int plain_alarms = 0;
  constexpr int families = 20000;
  for (int f = 0; f < families; ++f) {
    std::vector<double> p(10);
    for (double& v : p) v = rng.uniform();
    bool plain = false;
    for (const double v : p) plain = plain || v < 0.05;
    bool adjusted = false;
    for (const double v : holm(p)) adjusted = adjusted || v < 0.05;
    plain_alarms += plain ? 1 : 0;
    adjusted_alarms += adjusted ? 1 : 0;
  }
  // 1 - (1 - 0.005)^10 = 0.0489; se sqrt(.05 * .95 / 20000) = 0.0015. Unadjusted: 1 - 0.95^10 = 0.40.
  EXPECT_LT(adjusted_alarms, families * (0.05 + 4 * 0.0015));
  EXPECT_GT(adjusted_alarms, families * (0.0489 - 4 * 0.0015));
  EXPECT_GT(plain_alarms, families * 0.35);
}

}  // namespace
}  // namespace hillock::verify
