#include "study/stop.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmath>
#include <csignal>
#include <thread>

namespace hillock::study {
namespace {

TEST(StopSignals, TheFirstAsksAndTheSecondEnds) {
  EXPECT_EXIT(
      {
        const StopSignals signals;
        if (StopSignals::requested()) ::_exit(1);
        ::raise(SIGINT);
        if (!StopSignals::requested()) ::_exit(2);
        ::raise(SIGTERM);
        ::_exit(3);
      },
      testing::ExitedWithCode(130), "stopping; what is done is kept");
}

TEST(StopSignals, TheOldHandlersComeBack) {
  EXPECT_EXIT(
      {
        ::signal(SIGINT, [](int) { ::_exit(42); });
        { const StopSignals signals; }
        ::raise(SIGINT);
      },
      testing::ExitedWithCode(42), "");
}

TEST(Budget, IsSpentWhenItsTimeIsOver) {
  const Budget none;
  EXPECT_FALSE(none.limited() || none.spent());
  EXPECT_TRUE(std::isinf(none.left()));
  const Budget zero(0.0);
  EXPECT_TRUE(zero.spent());
  EXPECT_EQ(zero.left(), 0.0);
  const Budget hour(3600.0);
  EXPECT_FALSE(hour.spent());
  EXPECT_LE(hour.left(), 3600.0);
  const Budget shorter(0.02);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_TRUE(shorter.spent());
  EXPECT_GE(shorter.elapsed(), 0.03);
}

TEST(Budget, TextsOfAStopwatch) {
  EXPECT_DOUBLE_EQ(parse_budget("60s").value(), 60.0);
  EXPECT_DOUBLE_EQ(parse_budget("60 s").value(), 60.0);
  EXPECT_DOUBLE_EQ(parse_budget("90").value(), 90.0);
  EXPECT_DOUBLE_EQ(parse_budget("500 ms").value(), 0.5);
  EXPECT_DOUBLE_EQ(parse_budget("1.5 min").value(), 90.0);
  EXPECT_DOUBLE_EQ(parse_budget("5m").value(), 300.0);
  EXPECT_DOUBLE_EQ(parse_budget("2h").value(), 7200.0);
  for (const char* wrong : {"", "soon", "-5s", "0", "5 mV", "5 ms min", "min", "1e400"}) {
    const auto budget = parse_budget(wrong);
    ASSERT_FALSE(budget) << wrong;
    EXPECT_EQ(budget.error()[0].code, "budget-syntax");
  }
}

class Asking final : public Progress {
 public:
  bool stop = false;
  [[nodiscard]] bool should_stop() const override { return stop; }
};

TEST(WithBudget, StopsForItsOwnShareOrItsParent) {
  Asking parent;
  const WithBudget unlimited(parent, std::nullopt);
  const WithBudget spent(parent, 0.0);
  EXPECT_FALSE(unlimited.should_stop());
  EXPECT_TRUE(spent.should_stop());
  parent.stop = true;
  EXPECT_TRUE(unlimited.should_stop());
}

}  // namespace
}  // namespace hillock::study
