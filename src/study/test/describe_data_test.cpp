#include "study/describe_data.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <cmath>

#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

data::ArrayFile file_of(std::vector<data::Array> arrays) { return {"x.npz", "0123456789abcdef", std::move(arrays)}; }

TEST(DescribeData, ArraysWithUnitRangeAndSampling) {
  const Answer answer = describe_arrays(file_of({{"time_ms", {4}, {0, 0.1, 0.2, 0.3}},
                                                 {"voltage_mV", {4}, {-80, -80, 20, 20}},
                                                 {"current_nA", {4}, {1, -2.5, 3, NAN}},
                                                 {"temperature_C", {}, {21.3}},
                                                 {"odd", {2, 2}, {1, 2, 3, 4}}}),
                                        "dir/x.npz");
  EXPECT_EQ(answer.text,
            "dir/x.npz  (5 arrays, sha256 0123456789ab...)\n"
            "  time_ms            4  ms    0 to 0.3, every 0.1 ms\n"
            "  voltage_mV         4  mV    -80 to 20\n"
            "  current_nA         4  nA    -2.5 to 3; 1 not finite\n"
            "  temperature_C      1  degC  21.3\n"
            "  odd            2 x 2  ?     1 to 4\n"
            "\n"
            "In a study (the names before = are the model's; replace each \"?\"):\n"
            "\n"
            "[data.train]\n"
            "file = \"dir/x.npz\"\n"
            "input.voltage = \"voltage_mV\"\n"
            "observe.current = \"current_nA\"\n"
            "const.temperature = \"temperature_C\"\n"
            "# odd has 2 dimensions\n");
  const auto json = nlohmann::json::parse(answer.json);
  EXPECT_EQ(json["arrays"].size(), 5U);
  EXPECT_EQ(json["arrays"][2]["not_finite"], 1);
  EXPECT_EQ(json["arrays"][2]["max"], 3.0);
  EXPECT_TRUE(json["arrays"][4]["unit"].is_null());
  EXPECT_NEAR(json["sampling_interval_s"].get<double>(), 1e-4, 1e-12);
}

TEST(DescribeData, TheLinesItPrintsAreReadByAStudy) {
  const Scratch scratch;
  scratch.write("m.model", "#\n");
  scratch.write("x.csv", "time_ms,voltage_mV,current_nA\n0,-80,1\n0.1,-80,2\n0.2,-80,3\n");
  const auto answer = describe_data(scratch.path("x.csv"));
  ASSERT_TRUE(answer) << render(answer.error());
  const std::string lines = answer->text.substr(answer->text.find("[data.train]"));
  const auto study = resolve_study("[model]\nfile = \"m.model\"\n" + lines, scratch.path("study.toml"), {});
  ASSERT_TRUE(study) << render(study.error()) << lines;
  EXPECT_EQ(study->train().observe[0].source.array, "current_nA");
  EXPECT_EQ(study->train().inputs[0].name, "voltage");
}

TEST(DescribeData, WithoutTimesOrUnitsItAsks) {
  const Answer answer = describe_arrays(file_of({{"2nd trace", {3}, {1, 2, 3}}}), "x.npy");
  EXPECT_NE(answer.text.find("sampling_interval = \"?\"\n"), std::string::npos);
  EXPECT_NE(answer.text.find("observe.x_2nd_trace = { array = \"2nd trace\", unit = \"?\" }\n"), std::string::npos)
      << answer.text;
}

TEST(DescribeData, EmptyAndStrangeFilesDoNotTripIt) {
  EXPECT_NE(describe_arrays(file_of({}), "x").text.find("(0 arrays"), std::string::npos);
  const Answer odd =
      describe_arrays(file_of({{"", {0}, {}}, {"time_ms", {3}, {0, 5, 1}}, {"n", {1}, {INFINITY}}}), "x");
  EXPECT_NE(odd.text.find("no numbers"), std::string::npos);
  EXPECT_TRUE(nlohmann::json::accept(odd.json));
}

TEST(DescribeData, AMissingFileIsAnError) {
  const auto answer = describe_data("/nowhere/x.npz");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error()[0].code, "file-missing");
}

}  // namespace
}  // namespace hillock::study
