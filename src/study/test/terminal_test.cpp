#include "study/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

namespace hillock::study {
namespace {

TEST(Terminal, AFileIsNone) {
  const int file = ::open("/dev/null", O_RDWR);
  ASSERT_GE(file, 0);
  const Terminal t = terminal_on(file);
  EXPECT_FALSE(t.interactive);
  EXPECT_FALSE(t.color);
  EXPECT_EQ(t.width, 0);
  ::close(file);
  EXPECT_FALSE(terminal_on(-1).interactive);
}

TEST(Terminal, KnowsItsWidthAndWhoWantsNoColor) {
  int master = -1, slave = -1;
  winsize size{};
  size.ws_col = 123;
  size.ws_row = 40;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(terminal_on(slave).interactive);
  EXPECT_TRUE(terminal_on(slave).color);
  EXPECT_EQ(terminal_on(slave).width, 123);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(terminal_on(slave).interactive);
  EXPECT_FALSE(terminal_on(slave).color);
  ::setenv("NO_COLOR", "", 1);  // set but empty counts as not set
  EXPECT_TRUE(terminal_on(slave).color);
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(terminal_on(slave).interactive);
  EXPECT_FALSE(terminal_on(slave).color);
  ::close(slave);
  ::close(master);
}

}  // namespace
}  // namespace hillock::study
