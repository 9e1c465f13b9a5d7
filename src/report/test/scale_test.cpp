#include "report/scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace hillock::report {
namespace {

TEST(Scale, MapsItsEndsAndItsMiddle) {
  const Scale s = make_scale(-80, 40, false, 100, 0);
  EXPECT_DOUBLE_EQ(s(-80), 100);
  EXPECT_DOUBLE_EQ(s(40), 0);
  EXPECT_DOUBLE_EQ(s(-20), 50);
  const Scale l = make_scale(1e-4, 1, true, 0, 4);
  EXPECT_NEAR(l(1e-2), 2, 1e-12);  // two of four decades; rounding of log and a division
  EXPECT_TRUE(std::isnan(l(-1)));
  EXPECT_DOUBLE_EQ(l.clamped(1e9), 4);
}

TEST(Scale, OfNoWidthOrNoRangeIsStillAnAxis) {
  for (const double v : {0.0, 5.0, -1e-300, 1e300}) {
    const Scale s = make_scale(v, v, false, 0, 100);
    EXPECT_TRUE(std::isfinite(s(v))) << v;
    EXPECT_LT(s.low, s.high) << v;
  }
  EXPECT_FALSE(make_scale(-1, 10, true, 0, 1).log);
  EXPECT_EQ(make_scale(std::nan(""), 1, false, 0, 1).high, 1);
}

/// Over many axes: ticks lie within, are few, and no two have one label.
TEST(Ticks, LieWithinAndDiffer) {
  for (const double low : {-120.0, 0.0, 1e-7, 0.10452, 2.26e-4, 1e5, -3e-9}) {
    for (const double width : {1e-6, 1e-4, 0.3, 7.0, 900.0, 1e7}) {
      for (const bool log : {false, true}) {
        const double high = low + width * std::max(1e-3, std::abs(low));
        const Scale s = make_scale(low, high, log, 0, 100);
        const auto t = ticks(s, 5);
        ASSERT_GE(t.size(), 1U) << low << " " << high;
        EXPECT_LE(t.size(), 12U) << low << " " << high;
        std::set<std::string> labels;
        for (const Tick& tick : t) {
          EXPECT_GE(s(tick.value), -1e-6) << low << " " << high;
          EXPECT_LE(s(tick.value), 100 + 1e-6) << low << " " << high;
          EXPECT_TRUE(labels.insert(tick.label).second) << tick.label << " twice on " << low << ".." << high;
        }
      }
    }
  }
}

TEST(Ticks, AreRound) {
  std::vector<std::string> labels;
  for (const Tick& t : ticks(make_scale(-130, 50, false, 0, 1), 4)) labels.push_back(t.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"−100", "−50", "0", "50"}));
  labels.clear();
  for (const Tick& t : ticks(make_scale(1e-7, 1e3, true, 0, 1), 6)) labels.push_back(t.label);
  EXPECT_EQ(labels, (std::vector<std::string>{"10⁻⁷", "10⁻⁵", "10⁻³", "10⁻¹", "10¹", "10³"}));
}

TEST(RangeOf, PassesOverWhatIsNotFinite) {
  const double inf = std::numeric_limits<double>::infinity();
  const Range r = range_of(std::vector<double>{std::nan(""), 3, -inf, -2, inf});
  EXPECT_EQ(r.low, -2);
  EXPECT_EQ(r.high, 3);
  EXPECT_TRUE(range_of({}).empty());
  EXPECT_TRUE(range_of(std::vector<double>{std::nan("")}).empty());
}

}  // namespace
}  // namespace hillock::report
