#include "quiet_core.hpp"

#include <gtest/gtest.h>

namespace hillock::bench {
namespace {

TEST(QuietCore, EveryCoreThatMayBeUsedFastestFirst) {
  cpu_set_t before;
  CPU_ZERO(&before);
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  const std::vector<CoreSpeed> cores = core_speeds();
  EXPECT_EQ(static_cast<int>(cores.size()), CPU_COUNT(&before));
  for (const CoreSpeed& c : cores) {
    EXPECT_TRUE(CPU_ISSET(c.core, &before));
    EXPECT_GT(c.rate, 0.0);
    EXPECT_LE(c.rate, cores.front().rate);
  }
  cpu_set_t after;
  CPU_ZERO(&after);
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(QuietCore, WhileItLivesOneCore) {
  const int core = core_speeds().back().core;
  const OnCore here(core);
  EXPECT_EQ(sched_getcpu(), core);
  EXPECT_EQ(core_speeds().size(), 1U);
}

TEST(QuietCore, TheNoteNamesAll) {
  EXPECT_EQ(describe({{3, 2e9}, {0, 1e9}}),
            "What is compared ran on one core, the fastest when it began; 1 is the fastest at the start: core 3 1.00, "
            "core 0 0.50.");
}

}  // namespace
}  // namespace hillock::bench
