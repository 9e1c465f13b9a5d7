#include "report/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hillock::report {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Picture, EveryLineHasAPanelAndItsName) {
  const std::string svg =
      draw({"a <cell>", "time [ms]", {0, 1, 2}, false, true, {{"v [mV]", {-70, 0, -60}}, {"w", {1, 2, 3}}}, {0.5, 9}});
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"430\" "));
  EXPECT_EQ(count(svg, "<path"), 2U);
  EXPECT_EQ(count(svg, "<circle"), 6U);
  EXPECT_EQ(count(svg, "class=\"mark\""), 1U);  // 9 is outside
  EXPECT_NE(svg.find("v [mV]"), std::string::npos);
  EXPECT_NE(svg.find("a &lt;cell&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("<cell>"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Picture, StandsOnePointNaNAndLengths) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(count(draw({"one", "x", {1}, false, false, {{"y", {2}}}, {}}), "<path"), 1U);
  const std::string none = draw({"none", "x", {1, 2}, false, false, {{"y", {nan, nan}}}, {}});
  EXPECT_NE(none.find("y: no value"), std::string::npos);
  EXPECT_EQ(none.find("nan"), std::string::npos);
  Picture tall{"long", "t", {}, false, false, {{"y", {}}}, {}};
  for (int i = 0; i < 1000000; ++i) {
    tall.x.push_back(i);
    tall.lines[0].values.push_back(i == 777777 ? 5.0 : std::sin(i * 0.001));
  }
  const std::string svg = draw(tall);
  EXPECT_LT(svg.size(), 60000U);
  // The one extreme among a million is at the top of the panel.
  EXPECT_NE(svg.find(",46"), std::string::npos);
}

}  // namespace
}  // namespace hillock::report
