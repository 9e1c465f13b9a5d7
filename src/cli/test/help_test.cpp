#include "cli/help.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace hillock::cli {
namespace {

TEST(Help, IsOnePage) {
  std::istringstream page{std::string(help_page())};
  int lines = 0;
  for (std::string line; std::getline(page, line); ++lines) EXPECT_LE(line.size(), 110U) << line;
  EXPECT_LE(lines, 40);
}

}  // namespace
}  // namespace hillock::cli
