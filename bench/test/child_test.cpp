#include "child.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::bench {
namespace {

TEST(Child, ANumberAfterWords) {
  EXPECT_EQ(number_after("spikes 5 mean -61.25 sd 3e-2", "mean"), -61.25);
  EXPECT_EQ(number_after("spikes 5 mean -61.25 sd 3e-2", "sd"), 0.03);
  EXPECT_TRUE(std::isnan(number_after("spikes five", "spikes")));
  EXPECT_TRUE(std::isnan(number_after("spikes 5", "kurt")));
  EXPECT_TRUE(std::isnan(number_after("", "")));
}

TEST(Child, SaysWhatAProgramSaid) {
  const ChildResult ran = run_child({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(ran.out, "out\n");
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_GE(ran.wall_s, 0.0);
  EXPECT_GT(ran.peak_mb, 0.1);
  EXPECT_LT(ran.peak_mb, 4096.0) << "a shell: kilobytes are not megabytes";
  EXPECT_EQ(run_child({"/nonexistent/program"}).exit_code, -1);
}

}  // namespace
}  // namespace hillock::bench
