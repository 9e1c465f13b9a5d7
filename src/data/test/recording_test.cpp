#include "data/recording.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace hillock::data {
namespace {

// Times i/rate seconds, as a file in milliseconds of type T holds them.
template <class T>
Sweep grid(std::size_t count, double interval_ms, double start_ms = 0.0) {
  Sweep sweep;
  for (std::size_t i = 0; i < count; ++i)
    sweep.time.push_back(static_cast<double>(static_cast<T>(start_ms + static_cast<double>(i) * interval_ms)) * 1e-3);
  return sweep;
}

TEST(SamplingInterval, IsExactForFloat32TimesOfADecimalGrid) {
  EXPECT_EQ(sampling_interval(grid<float>(80000, 0.1)).value(), 1e-4);
  EXPECT_EQ(sampling_interval(grid<float>(88245, 0.1)).value(), 1e-4);
  EXPECT_EQ(sampling_interval(grid<double>(80000, 0.1)).value(), 1e-4);
  EXPECT_EQ(sampling_interval(grid<double>(80000, 0.1, 123456.7)).value(), 1e-4);
  EXPECT_EQ(sampling_interval(grid<float>(2, 0.1)).value(), 1e-4);
  EXPECT_EQ(sampling_interval(grid<float>(1000, 0.025)).value(), 2.5e-5);
  EXPECT_EQ(sampling_interval(grid<float>(5, 1000.0)).value(), 1.0);
}

TEST(SamplingInterval, IsExactForARoundRate) {
  EXPECT_EQ(sampling_interval(grid<double>(30000, 1000.0 / 30000.0)).value(), 1.0 / 30000.0);
  EXPECT_EQ(sampling_interval(grid<float>(30000, 1000.0 / 30000.0)).value(), 1.0 / 30000.0);
  EXPECT_EQ(sampling_interval(grid<double>(1000, 1000.0 / 24414.0625)).value(), 1.0 / 24414.0625);
}

TEST(SamplingInterval, TimesWrittenWithFewDecimalsAreRounded) {
  Sweep sweep;  // 30 kHz in ms with four decimals: off by up to 0.15 % of an interval
  for (int i = 0; i < 30000; ++i) sweep.time.push_back(std::round(i / 30.0 * 1e4) / 1e4 * 1e-3);
  EXPECT_EQ(sampling_interval(sweep).value(), 1.0 / 30000.0);
}

TEST(SamplingInterval, NamesTheMissingSample) {
  Sweep sweep = grid<float>(80000, 0.1);
  sweep.time.erase(sweep.time.begin() + 40001);
  const auto interval = sampling_interval(sweep);
  ASSERT_FALSE(interval.has_value());
  EXPECT_EQ(interval.error().at(0).code, "sampling-not-uniform");
  EXPECT_NE(interval.error().at(0).message.find("from sample 40000 (4000 ms) to sample 40001 is 0.2"),
            std::string::npos)
      << interval.error().at(0).message;
}

TEST(SamplingInterval, NamesAJumpAndADrift) {
  Sweep jump = grid<double>(100, 0.1);
  for (std::size_t i = 50; i < 100; ++i) jump.time[i] += 0.05e-3;
  const auto jumped = sampling_interval(jump);
  ASSERT_FALSE(jumped.has_value());
  EXPECT_NE(jumped.error().at(0).message.find("from sample 49 "), std::string::npos) << jumped.error().at(0).message;

  Sweep drift = grid<double>(10000, 0.1);  // the interval grows by a thousandth from end to end
  for (std::size_t i = 0; i < drift.time.size(); ++i) drift.time[i] *= 1.0 + 1e-3 * static_cast<double>(i) / 1e4;
  const auto drifted = sampling_interval(drift);
  ASSERT_FALSE(drifted.has_value());
  EXPECT_NE(drifted.error().at(0).message.find("drifts"), std::string::npos) << drifted.error().at(0).message;

  Sweep adaptive;  // an adaptive integrator's output
  Rng rng(1, stream_id("adaptive"));
  for (double t = 0.0; adaptive.time.size() < 100; t += 1e-4 * (0.5 + rng.uniform())) adaptive.time.push_back(t);
  EXPECT_FALSE(sampling_interval(adaptive).has_value());
}

TEST(SamplingInterval, RefusesWhatIsNoTime) {
  Sweep sweep;
  EXPECT_EQ(sampling_interval(sweep).error().at(0).code, "sweep-short");
  sweep.time = {1.0};
  EXPECT_EQ(sampling_interval(sweep).error().at(0).code, "sweep-short");
  sweep.time = {0.0, 1.0, 1.0};
  EXPECT_EQ(render(sampling_interval(sweep).error()),
            "error: time does not increase from sample 1 (1000 ms) to sample 2 (1000 ms) [time-not-increasing]\n");
  sweep.time = {0.0, std::nan(""), 2.0};
  EXPECT_EQ(sampling_interval(sweep).error().at(0).code, "time-not-a-number");
}

TEST(UnitFromName, IsWhatStandsAfterTheLastUnderscore) {
  ASSERT_TRUE(unit_from_name("time_ms"));
  EXPECT_DOUBLE_EQ(unit_from_name("time_ms")->factor, 1e-3);
  EXPECT_EQ(unit_from_name("time_ms")->name, "ms");
  ASSERT_TRUE(unit_from_name("membrane_potential_mV"));
  EXPECT_DOUBLE_EQ(unit_from_name("membrane_potential_mV")->to_si(-80.0), -0.08);
  ASSERT_TRUE(unit_from_name("current_nA"));
  EXPECT_DOUBLE_EQ(unit_from_name("current_nA")->factor, 1e-9);
  ASSERT_TRUE(unit_from_name("density_uA/cm2"));
  EXPECT_DOUBLE_EQ(unit_from_name("density_uA/cm2")->factor, 1e-2);
}

TEST(UnitFromName, CIsDegreesCelsius) {
  for (const char* name : {"temperature_C", "temperature_degC"}) {
    const auto unit = unit_from_name(name);
    ASSERT_TRUE(unit) << name;
    EXPECT_DOUBLE_EQ(unit->to_si(21.3), 294.45) << name;
  }
}

TEST(UnitFromName, NothingWhereThereIsNone) {
  for (const char* name : {"", "time", "_ms", "time_", "ms", "current_trace", "cell_1", "V_/"})
    EXPECT_FALSE(unit_from_name(name)) << name;
}

TEST(Recording, FindsByName) {
  const ArrayFile file{"f", "", {{"a", {1}, {1.0}}, {"b", {}, {2.0}}}};
  EXPECT_EQ(file.find("b"), &file.arrays[1]);
  EXPECT_EQ(file.find("c"), nullptr);
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b"}));
  Sweep sweep;
  sweep.channels = {{"V", {}, {}}, {"I", {}, {}}};
  EXPECT_EQ(sweep.find("I"), &sweep.channels[1]);
  EXPECT_EQ(sweep.find("v"), nullptr);
}

}  // namespace
}  // namespace hillock::data
