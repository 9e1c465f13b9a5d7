#include "study/terminal_progress.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <thread>

namespace hillock::study {
namespace {

struct Stage {
  double now = 0.0;
  std::string out;
  ProgressOptions options(bool terminal, bool quiet = false) {
    ProgressOptions made;
    made.terminal = terminal;
    made.quiet = quiet;
    made.clock = [this] { return now; };
    made.out = [this](std::string_view text) { out += text; };
    return made;
  }
};

TEST(TerminalProgress, AShortStageSaysNothing) {
  Stage stage;
  TerminalProgress progress(stage.options(true));
  progress.begin("search", 10);
  for (int i = 0; i <= 9; ++i) {
    stage.now = 0.1 * i;
    progress.update(i, "");
  }
  progress.finish();
  EXPECT_EQ(stage.out, "");
}

TEST(TerminalProgress, ABarWithRateTimeLeftAndBest) {
  Stage stage;
  TerminalProgress progress(stage.options(true));
  progress.begin("search", 100);
  stage.now = 2.0;
  progress.update(25, "best 0.0123");
  EXPECT_EQ(stage.out, "\rsearch       [======>                 ]  25 %  12/s  6 s left  best 0.0123\x1b[K");
  stage.out.clear();
  stage.now = 2.05;
  progress.update(26, "");
  EXPECT_EQ(stage.out, "");  // not more often than the eye
  stage.now = 4.0;
  progress.update(100, "");
  EXPECT_EQ(stage.out, "\rsearch       [========================] 100 %  25/s  0 s left\x1b[K");
  stage.out.clear();
  progress.begin("posterior", 0);
  EXPECT_TRUE(stage.out.ends_with("\n"));  // the old bar stays on its own line
  stage.out.clear();
  stage.now = 6.0;
  progress.update(5000, "");
  EXPECT_EQ(stage.out, "\rposterior    2.5k/s\x1b[K");  // unknown total: no bar, no time left
}

TEST(TerminalProgress, PlainLinesSeldom) {
  Stage stage;
  TerminalProgress progress(stage.options(false));
  progress.begin("posterior", 1000);
  for (int i = 0; i <= 1000; ++i) {
    stage.now = 0.02 * i;  // 20 s
    progress.update(i, "");
  }
  progress.finish();
  EXPECT_EQ(std::ranges::count(stage.out, '\n'), 4);  // after 1, 6, 11 and 16 s
  EXPECT_EQ(stage.out.find('\r'), std::string::npos);
  EXPECT_TRUE(stage.out.starts_with("posterior:   5 %  50/s  19 s left\n")) << stage.out;
}

TEST(TerminalProgress, QuietSaysNothingButStillStops) {
  Stage stage;
  bool stop = false;
  ProgressOptions options = stage.options(true, true);
  options.stop = [&] { return stop; };
  TerminalProgress progress(options);
  progress.begin("search", 10);
  stage.now = 50;
  progress.update(5, "x");
  progress.finish();
  EXPECT_EQ(stage.out, "");
  EXPECT_FALSE(progress.should_stop());
  stop = true;
  EXPECT_TRUE(progress.should_stop());
}

TEST(TerminalProgress, ALineNeverRunsOverTheEdge) {
  Stage stage;
  ProgressOptions options = stage.options(true);
  options.width = 40;
  TerminalProgress progress(options);
  progress.begin("a stage with a very long name", 100);
  stage.now = 2.0;
  progress.update(50, "µµµµµµµµµµµµµµµµµµµµµµµµµµ and a long remark");
  const std::string shown = stage.out.substr(1, stage.out.size() - 4);
  const auto characters =
      std::ranges::count_if(shown, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  EXPECT_EQ(characters, 39);
}

TEST(TerminalProgress, MayBeToldFromSeveralThreads) {
  Stage stage;
  TerminalProgress progress(stage.options(true));
  progress.begin("search", 4000);
  stage.now = 2.0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.update(i, "best");
      });
  }
  EXPECT_EQ(std::ranges::count(stage.out, '\r'), 1);  // the clock stood still: drawn once
}

TEST(DurationText, RoundsUp) {
  EXPECT_EQ(duration_text(0.2), "1 s");
  EXPECT_EQ(duration_text(59.9), "1 min 0 s");
  EXPECT_EQ(duration_text(3725), "1 h 2 min");
}

}  // namespace
}  // namespace hillock::study
