#include "data/mask.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::data {
namespace {

using Windows = std::vector<SampleWindow>;
using Indices = std::vector<std::size_t>;

TEST(Mask, ParsesAWindowOfSamples) {
  EXPECT_EQ(parse_sample_window("2501:2551").value(), (SampleWindow{2501, 2551}));
  EXPECT_EQ(parse_sample_window(" 0 : 0 ").value(), (SampleWindow{0, 0}));
}

TEST(Mask, RefusesWhatIsNoWindow) {
  for (const char* text :
       {"", ":", "5", "5:", ":5", "a:b", "5:4", "-1:3", "1.5:3", "1:2:3", "1:2x", "1:99999999999999999999999"}) {
    const auto window = parse_sample_window(text);
    ASSERT_FALSE(window.has_value()) << text;
    EXPECT_EQ(window.error().at(0).code, "window-syntax") << text;
  }
  EXPECT_EQ(render(parse_sample_window("2551:2501").error()),
            "error: '2551:2501' is not a window of samples: it ends before it begins [window-syntax]\n"
            "    try: write first:last, as in 2501:2551 for the samples 2501 to 2550\n");
}

// 1500.1/0.1 is 15000.999999999998: truncated it is sample 15000. A window must begin at the sample whose time is the
// step's, for every time on the grid and whatever the grid's start.
TEST(Mask, ATimeOnTheGridIsItsSample) {
  ASSERT_EQ(std::floor(1500.1 / 0.1), 15000.0);  // the trap
  EXPECT_EQ(window_from_times(1.5001, 1.5051, 0.0, 1e-4, 80000), (SampleWindow{15001, 15051}));
  EXPECT_EQ(window_from_times(0.2501, 0.2551, 0.0, 1e-4, 80000), (SampleWindow{2501, 2551}));
  for (std::size_t i = 0; i < 80000; i += 7) {
    const double ms = static_cast<double>(i) / 10.0;  // the decimal number a person writes
    EXPECT_EQ(window_from_times(ms * 1e-3, ms * 1e-3 + 0.005, 0.0, 1e-4, 80000).first, i);
    EXPECT_EQ(window_from_times(3.7 + ms * 1e-3, 100.0, 3.7, 1e-4, 80000).first, i);
  }
}

TEST(Mask, ATimeBetweenSamplesTakesTheNextOne) {
  EXPECT_EQ(window_from_times(0.25001, 0.25049, 0.0, 1e-4, 80000), (SampleWindow{2501, 2505}));
  // Half-open: the sample at `to` is not in it.
  EXPECT_EQ(window_from_times(0.1, 0.2, 0.0, 0.1, 10), (SampleWindow{1, 2}));
  // Just beyond a millionth of an interval is another time.
  EXPECT_EQ(window_from_times(1.0 + 2e-6, 9.0, 0.0, 1.0, 10).first, 2U);
  EXPECT_EQ(window_from_times(1.0 + 5e-7, 9.0, 0.0, 1.0, 10).first, 1U);
}

TEST(Mask, WindowsAreClippedToTheRecording) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(window_from_times(-5.0, 1e9, 0.0, 0.1, 10), (SampleWindow{0, 10}));
  EXPECT_EQ(window_from_times(-infinity, infinity, 0.0, 0.1, 10), (SampleWindow{0, 10}));
  EXPECT_EQ(window_from_times(1e9, 2e9, 0.0, 0.1, 10), (SampleWindow{10, 10}));
  EXPECT_EQ(window_from_times(0.5, 0.2, 0.0, 0.1, 10), (SampleWindow{5, 5}));
}

TEST(Mask, ABadGridIsOurBug) {
  EXPECT_THROW((void)window_from_times(0, 1, 0, 0.0, 10), Bug);
  EXPECT_THROW((void)window_from_times(std::nan(""), 1, 0, 0.1, 10), Bug);
}

TEST(Mask, StepsAreWhereTheCommandJumps) {
  //                                 0    1    2    3    4    5    6    7
  const std::vector<double> command{-80, -80, -120, -120, -80, -79, -78, 40};
  EXPECT_EQ(command_steps(command, 5.0), (Indices{2, 4, 7}));
  EXPECT_EQ(command_steps(command, 200.0), Indices{});
  EXPECT_EQ(command_steps(command, 40.0), (Indices{7}));  // larger than the threshold, not equal to it
  EXPECT_EQ(command_steps({}, 1.0), Indices{});
  EXPECT_EQ(command_steps({1.0}, 1.0), Indices{});
}

TEST(Mask, AnUpstrokeOfSeveralSamplesIsOneStep) {
  EXPECT_EQ(command_steps({0, 10, 20, 30, 30, 20, 20, 10}, 5.0), (Indices{1, 5, 7}));
}

// The command of the hERG sine-wave protocol (Beattie et al. 2018) sampled at 0.1 ms: its steps are at 250.1, 300.1,
// 500.1, 1500.1, 2000.1, 3000.1, 6500.1 and 7000.1 ms. The sine waves' steepest slope is
// 54*0.007 + 26*0.037 + 10*0.19 = 3.24 mV/ms, 0.32 mV a sample: no step at a threshold of 5 mV.
TEST(Mask, FindsTheStepsOfTheSineWaveProtocolAndNotItsWaves) {
  std::vector<double> command(80000);
  for (std::size_t i = 0; i < command.size(); ++i) {
    const double t = static_cast<double>(i) / 10.0;
    double v = -80.0;
    if (t >= 250.1 && t < 300.1) v = -120.0;
    else if (t >= 500.1 && t < 1500.1) v = 40.0;
    else if (t >= 1500.1 && t < 2000.1) v = -120.0;
    else if (t >= 3000.1 && t < 6500.1)
      v = -30.0 + 54.0 * std::sin(0.007 * (t - 2500.1)) + 26.0 * std::sin(0.037 * (t - 2500.1)) +
          10.0 * std::sin(0.19 * (t - 2500.1));
    else if (t >= 6500.1 && t < 7000.1) v = -120.0;
    command[i] = v;
  }
  EXPECT_EQ(command_steps(command, 5.0), (Indices{2501, 3001, 5001, 15001, 20001, 30001, 65001, 70001}));
}

TEST(Mask, LeavesOutItsWindowsAndGapsFindsThemAgain) {
  const Windows windows{{2, 4}, {6, 7}, {9, 100}};
  const Mask mask = mask_without(10, windows);
  EXPECT_EQ(mask, (Mask{1, 1, 0, 0, 1, 1, 0, 1, 1, 0}));
  EXPECT_EQ(gaps(mask), (Windows{{2, 4}, {6, 7}, {9, 10}}));
  EXPECT_EQ(gaps(mask_without(10, {{2, 5}, {4, 7}, {7, 8}})), (Windows{{2, 8}}));  // overlapping, touching
  EXPECT_EQ(gaps(mask_without(3, {})), Windows{});
  EXPECT_EQ(gaps(mask_without(3, {{0, 3}})), (Windows{{0, 3}}));
  EXPECT_EQ(gaps({}), Windows{});
  EXPECT_EQ(gaps(mask_without(3, {{5, 9}})), Windows{});  // outside
}

}  // namespace
}  // namespace hillock::data
