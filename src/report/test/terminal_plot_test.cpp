/// Plots of dots for a terminal.

#include "report/terminal_plot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

namespace hillock::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TEST(TerminalPlot, OfARampIsADiagonalWithItsTicks) {
  std::vector<double> x, y;
  for (int i = 0; i <= 100; ++i) {
    x.push_back(i);
    y.push_back(i);
  }
  EXPECT_EQ(draw({.y_label = "v [mV]", .x_label = "time [ms]", .x = x, .y = y, .width = 40, .height = 4}),
            R"(      v [mV]
  100┤                         ⣀⣀⣠⠤⠴⠒⠚⠉⠉
   50┤                ⢀⣀⣀⡤⠤⠖⠒⠋⠉⠁
     │        ⣀⣀⣠⠤⠴⠒⠚⠉⠉
    0┤⣀⣀⡤⠤⠖⠒⠋⠉⠁
     └┬───────────────┬────────────────┬
      0              50              100
                  time [ms]
)");
}

TEST(TerminalPlot, FitsTheTerminalAtAnyWidth) {
  std::vector<double> x, y;
  for (int i = 0; i < 100000; ++i) {
    x.push_back(0.01 * i);
    y.push_back(-65 + 90 * std::pow(std::sin(0.001 * i), 20));
  }
  for (const int width : {40, 80, 110, 200})
    for (const std::string& line :
         lines_of(draw({.y_label = "v [mV]", .x_label = "time [ms]", .x = x, .y = y, .width = width})))
      EXPECT_LE(columns(line), static_cast<std::size_t>(width)) << line;
}

TEST(TerminalPlot, DrawsTheOneExtremeAmongManySamplesAndMarks) {
  std::vector<double> x, y;
  for (int i = 0; i < 100000; ++i) {
    x.push_back(i);
    y.push_back(i == 50000 ? 1.0 : 0.0);
  }
  const std::vector<double> marks{50000.0, 1e9};
  const auto lines = lines_of(draw({.y_label = "y", .x_label = "x", .x = x, .y = y, .marks = marks, .width = 80}));
  ASSERT_EQ(lines.size(), 17U);                                         // label, marks, 12 rows, axis, numbers, label
  EXPECT_EQ(std::ranges::count(lines[1], static_cast<char>(0xE2)), 1);  // one mark: the other is outside
  for (std::size_t r = 2; r < 13; ++r)                                  // a column of dots from the top
    EXPECT_EQ(columns(lines[r]), columns(lines[1])) << lines[r];
}

TEST(TerminalPlot, LeavesGapsAndStandsWhatHasNoShape) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x{0, 1, 2, 3}, none(4, nan), flat(4, 2.0), gap{0, nan, nan, 1};
  EXPECT_EQ(draw({.y_label = "y", .x_label = "x", .x = x, .y = none}), "");
  EXPECT_EQ(draw({.y_label = "y", .x_label = "x", .x = {}, .y = {}}), "");
  EXPECT_NE(draw({.y_label = "y", .x_label = "x", .x = x, .y = flat}), "");
  // Two points and nothing between them.
  std::size_t dotted = 0;
  for (const std::string& line : lines_of(draw({.y_label = "y", .x_label = "x", .x = x, .y = gap})))
    for (std::size_t at = line.find("\xe2\xa0"); at != std::string::npos; at = line.find("\xe2\xa0", at + 1)) ++dotted;
  for (const std::string& line : lines_of(draw({.y_label = "y", .x_label = "x", .x = x, .y = gap})))
    for (const char* block : {"\xe2\xa1", "\xe2\xa2", "\xe2\xa3"})
      if (line.find(block) != std::string::npos) ++dotted;
  EXPECT_EQ(dotted, 2U);
}

}  // namespace
}  // namespace hillock::report
