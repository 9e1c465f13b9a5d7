#include "data/assemble.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hillock::data {
namespace {

using testing::ElementsAre;

ArrayFile herg_like() {
  return {"cell.npz",
          "abc",
          {{"time_ms", {3}, {0.0, 0.1, 0.2}},
           {"voltage_mV", {3}, {-80, -80, 40}},
           {"current_nA", {3}, {0.5, 0.25, -1}},
           {"temperature_C", {}, {21.3}}}};
}

std::vector<std::string> codes(const Errors& errors) {
  std::vector<std::string> out;
  for (const Error& error : errors) out.push_back(error.code);
  return out;
}

TEST(Assemble, TakesUnitsFromNamesAndGivesSi) {
  Assembly assembly;
  assembly.channels = {{"V", "voltage_mV", {}}, {"I", "current_nA", {}}};
  assembly.constants = {{"temperature", "temperature_C", {}}};
  const auto recording = assemble(herg_like(), assembly);
  ASSERT_TRUE(recording.has_value()) << render(recording.error());
  ASSERT_EQ(recording->sweeps.size(), 1U);
  const Sweep& sweep = recording->sweeps[0];
  EXPECT_DOUBLE_EQ(sweep.time[2], 2e-4);
  ASSERT_NE(sweep.find("V"), nullptr);
  EXPECT_DOUBLE_EQ(sweep.find("V")->values[2], 0.04);
  EXPECT_EQ(sweep.find("V")->unit.name, "mV");
  EXPECT_DOUBLE_EQ(sweep.find("I")->values[2], -1e-9);
  EXPECT_DOUBLE_EQ(recording->constants.at("temperature"), 294.45);
  EXPECT_EQ(recording->source, "cell.npz");
  EXPECT_EQ(recording->sha256, "abc");
}

TEST(Assemble, AGivenUnitRules) {
  Assembly assembly;
  assembly.time = "time_ms";
  assembly.time_unit = units::parse_unit("second").value();
  assembly.channels = {{"V", "voltage_mV", units::parse_unit("volt").value()}};
  const auto recording = assemble(herg_like(), assembly);
  ASSERT_TRUE(recording.has_value());
  EXPECT_DOUBLE_EQ(recording->sweeps[0].time[2], 0.2);
  EXPECT_DOUBLE_EQ(recording->sweeps[0].find("V")->values[0], -80.0);
}

TEST(Assemble, SaysAllMistakesAtOnce) {
  ArrayFile file = herg_like();
  file.arrays[0].values[2] = 0.1;
  file.arrays[1].values[1] = std::nan("");
  file.arrays[2] = {"current_nA", {2}, {1, 2}};
  file.arrays.push_back({"trace", {3}, {1, 2, 3}});
  file.arrays.push_back({"sweeps_mV", {1, 3}, {1, 2, 3}});
  Assembly assembly;
  assembly.channels = {{"V", "voltage_mV", {}},
                       {"I", "current_nA", {}},
                       {"x", "curent_nA", {}},
                       {"y", "trace", {}},
                       {"z", "sweeps_mV", {}}};
  assembly.constants = {{"T", "voltage_mV", {}}};
  const auto recording = assemble(file, assembly);
  ASSERT_FALSE(recording.has_value());
  EXPECT_THAT(codes(recording.error()),
              ElementsAre("time-not-increasing", "not-a-number", "array-length", "array-missing", "unit-missing",
                          "array-dimensions", "constant-not-scalar"));
  EXPECT_EQ(render(recording.error()[0]),
            "cell.npz: error: the time 'time_ms' does not increase from sample 1 (0.1 ms) to sample 2 (0.1 ms) "
            "[time-not-increasing]\n    try: one sweep per file, in order, without repeated times\n");
  EXPECT_EQ(render(recording.error()[1]),
            "cell.npz: error: array 'voltage_mV' is nan at sample 1 (at 0.1 ms); 1 of its 3 values are no numbers "
            "[not-a-number]\n    try: cut or fill these samples before fitting\n");
  EXPECT_EQ(render(recording.error()[2]),
            "cell.npz: error: array 'current_nA' has 2 values, the time 'time_ms' has 3 [array-length]\n"
            "    try: all channels and the time of a sweep have one value per sample\n");
  EXPECT_EQ(render(recording.error()[3]),
            "cell.npz: error: there is no array 'curent_nA'; the file holds time_ms, voltage_mV, current_nA, "
            "temperature_C, trace, sweeps_mV [array-missing]\n    try: 'current_nA'\n");
}

TEST(Assemble, TheTimeMustBeOneAndATime) {
  ArrayFile file = herg_like();
  file.arrays[0].name = "t";
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("time-missing"));
  file.arrays[0].name = "time_mV";
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("unit-mismatch"));
  file.arrays[0].name = "time";
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("unit-missing"));
  file = herg_like();
  file.arrays.push_back({"time_s", {3}, {1, 2, 3}});
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("time-missing"));
  file = herg_like();
  file.arrays[0] = {"time_ms", {1}, {0.0}};
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("sweep-short"));
  file.arrays[0] = {"time_ms", {3}, {0.0, HUGE_VAL, 1.0}};
  EXPECT_THAT(codes(assemble(file, {}).error()), ElementsAre("not-a-number"));
}

TEST(Assemble, EverythingIsWhatHasAUnit) {
  ArrayFile file = herg_like();
  file.arrays.push_back({"note", {3}, {1, 2, 3}});
  const auto assembly = assembly_of_everything(file);
  ASSERT_TRUE(assembly.has_value());
  const auto recording = assemble(file, *assembly);
  ASSERT_TRUE(recording.has_value()) << render(recording.error());
  EXPECT_NE(recording->sweeps[0].find("voltage"), nullptr);
  EXPECT_NE(recording->sweeps[0].find("current"), nullptr);
  EXPECT_EQ(recording->sweeps[0].channels.size(), 2U);
  EXPECT_EQ(recording->constants.count("temperature"), 1U);
  file.arrays[0].name = "t";
  EXPECT_FALSE(assembly_of_everything(file).has_value());
}

}  // namespace
}  // namespace hillock::data
