#include "base/option_ranges.hpp"

#include <gtest/gtest.h>

namespace hillock {
namespace {

TEST(OptionRanges, AllIsWell) {
  OptionRanges ranges;
  ranges.need(true, "step", 1.0, "above 0");
  EXPECT_TRUE(std::move(ranges).result().has_value());
}

TEST(OptionRanges, EverythingThatIsWrongAtOnce) {
  OptionRanges ranges;
  ranges.need(false, "step", -0.5, "above 0");
  ranges.need(true, "draws", 3, "at least 1");
  ranges.need(false, "level", 2e9, "between 0 and 1");
  const Result<void> result = std::move(ranges).result();
  ASSERT_FALSE(result.has_value());
  ASSERT_EQ(result.error().size(), 2U);
  EXPECT_EQ(result.error()[0].code, "option-range");
  EXPECT_EQ(result.error()[0].message, "`step` must be above 0, found -0.5");
  EXPECT_EQ(result.error()[1].message, "`level` must be between 0 and 1, found 2e+09");
  EXPECT_EQ(result.error()[1].where, "level");
}

}  // namespace
}  // namespace hillock
