#include "io/csv/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "io/sha256.hpp"
#include "io/test/temporary_folder.hpp"

namespace hillock::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

data::ArrayFile read(const std::string& text) {
  const auto file = parse_csv(text, "f.csv");
  EXPECT_TRUE(file.has_value()) << render(file.error());
  return file.value_or(data::ArrayFile{});
}
std::string text_of(const std::string& text) {
  const auto file = parse_csv(text, "f.csv");
  return file ? "" : render(file.error());
}
std::string code_of(const std::string& text) {
  const auto file = parse_csv(text, "f.csv");
  return file ? "" : file.error().at(0).code;
}

TEST(Csv, ReadsNamesWithUnitsCommentsAndNumbers) {
  const data::ArrayFile file =
      read("# clamp\ntime (ms),command [mV],current_nA\n0,-80,0.5\n  # break\n0.1, +4e1 ,-1E-3\n\n");
  EXPECT_THAT(file.names(), ElementsAre("time_ms", "command_mV", "current_nA"));
  EXPECT_THAT(file.arrays[0].values, ElementsAre(0.0, 0.1));
  EXPECT_THAT(file.arrays[1].values, ElementsAre(-80.0, 40.0));
  EXPECT_THAT(file.arrays[2].values, ElementsAre(0.5, -1e-3));
  EXPECT_THAT(file.arrays[0].shape, ElementsAre(2));
}

TEST(Csv, NormalisesNames) {
  const data::ArrayFile file = read(
      "\"membrane potential (\xc2\xb5V)\",\"T (\xc2\xb0"
      "C)\",\"a, \"\"b\"\"\",density (uA / cm2),gain (1),x ( ),V\xce\xbc\n1,2,3,4,5,6,7\n");
  EXPECT_THAT(file.names(),
              ElementsAre("membrane_potential_uV", "T_C", "a,_\"b\"", "density_uA/cm2", "gain", "x", "Vu"));
}

TEST(Csv, FindsTheSeparator) {
  for (const std::string s : {",", ";", "\t"}) {
    const data::ArrayFile file = read("t" + s + "\"a" + s + "b\"\n1" + s + "2\n");
    ASSERT_EQ(file.arrays.size(), 2U) << s;
    EXPECT_THAT(file.arrays[1].values, ElementsAre(2.0));
  }
  EXPECT_THAT(read("t;v (a, b)\n1;2\n").names(), ElementsAre("t", "v_a,b"));
  EXPECT_THAT(read("x\n1\n2\n").arrays.at(0).values, ElementsAre(1.0, 2.0));  // one column
}

TEST(Csv, AcceptsWindowsFilesAndQuotedNumbers) {
  const data::ArrayFile file = read("\xef\xbb\xbftime_ms;\"V (mV)\"\r\n\"0\";-80\r\n0.1;\"-80.5\"");
  EXPECT_THAT(file.names(), ElementsAre("time_ms", "V_mV"));
  EXPECT_THAT(file.arrays[1].values, ElementsAre(-80.0, -80.5));
}

TEST(Csv, NumbersAreReadToTheLastBit) {
  const data::ArrayFile file = read("x\n0.1\n1.7976931348623157e308\n4.9406564584124654e-324\n1e-400\nnan\n-inf\n");
  EXPECT_EQ(file.arrays[0].values[0], 0.1);
  EXPECT_EQ(file.arrays[0].values[1], 1.7976931348623157e308);
  EXPECT_EQ(file.arrays[0].values[2], 4.9406564584124654e-324);
  EXPECT_EQ(file.arrays[0].values[3], 0.0);
  EXPECT_TRUE(std::isnan(file.arrays[0].values[4]));
  EXPECT_EQ(file.arrays[0].values[5], -HUGE_VAL);
  EXPECT_EQ(code_of("x\n1e400\n"), "csv-number");
}

TEST(Csv, ACommentMayBeTheHeader) {
  EXPECT_THAT(read("# written by numpy.savetxt\n# time_ms,V (mV)\n0,1\n").names(), ElementsAre("time_ms", "V_mV"));
  EXPECT_EQ(text_of("# two words\n0,1\n0.1,2\n"),
            "f.csv:2:1: error: there is no header: the first line holds numbers [csv-header]\n"
            "    0,1\n    ^~~\n    try: name the columns with their units in a line above: time (ms), current (nA)\n");
}

TEST(Csv, ADecimalCommaIsRefusedWithAHint) {
  EXPECT_EQ(text_of("time (ms);V (mV)\n0,1;-80,5\n"),
            "f.csv:2:1: error: found '0,1' in column 'time_ms': a number with a decimal comma [csv-decimal-comma]\n"
            "    0,1;-80,5\n    ^~~\n    try: write decimal points: 0.1\n"
            "f.csv:2:5: error: found '-80,5' in column 'V_mV': a number with a decimal comma [csv-decimal-comma]\n"
            "    0,1;-80,5\n        ^~~~~\n    try: write decimal points: -80.5\n");
  EXPECT_THAT(text_of("time,V\n0,1,-80,5\n"), HasSubstr("try: write decimal points, not commas: -80.5"));
}

TEST(Csv, ARaggedLineIsShown) {
  EXPECT_EQ(text_of("t,v\n0,1\n0.1\n0.2,2,3\n"),
            "f.csv:3:4: error: found 1 fields, the header has 2 [csv-ragged]\n    0.1\n       ^\n"
            "    try: every line has one field for each column of the header\n"
            "f.csv:4:7: error: found 3 fields, the header has 2 [csv-ragged]\n    0.2,2,3\n          ^\n"
            "    try: every line has one field for each column of the header\n");
}

TEST(Csv, WhatIsNoNumberIsShown) {
  EXPECT_EQ(
      text_of("t,v\n0,1\n0.1, n/a\n0.2,\n"),
      "f.csv:3:6: error: found 'n/a' in column 'v'; a number is expected [csv-number]\n    0.1, n/a\n         ^~~\n"
      "f.csv:4:5: error: column 'v' is empty here; a number is expected [csv-number]\n    0.2,\n        ^\n"
      "    try: write nan where nothing was measured\n");
  for (const char* bad : {"0x10", "1 2", "1e", "--1", "+-1", ".", "1.2.3", "1_000", "\"1"})
    EXPECT_EQ(code_of(std::string("t\n") + bad + "\n"), "csv-number") << bad;
}

TEST(Csv, HeadersThatCannotBe) {
  EXPECT_THAT(text_of("time_ms,time (ms)\n0,1\n"),
              HasSubstr("f.csv:1:9: error: there are two columns called 'time_ms' [csv-name-twice]"));
  EXPECT_THAT(text_of("t,,v\n0,1,2\n"), HasSubstr("f.csv:1:3: error: column 2 has no name [csv-header]"));
  EXPECT_THAT(text_of("t,\"v\n0,1\n"), HasSubstr("f.csv:1:3: error: a quote is not closed [csv-header]"));
}

TEST(Csv, NothingToRead) {
  EXPECT_EQ(code_of(""), "csv-empty");
  EXPECT_EQ(code_of("\n\n"), "csv-empty");
  EXPECT_EQ(code_of("# only\n# comments\n"), "csv-empty");
  EXPECT_EQ(text_of("t,v\n"), "f.csv: error: 'f.csv' has a header but no samples below it [csv-empty]\n");
  EXPECT_EQ(code_of(std::string("t,v\n0,\0\n", 8)), "csv-encoding");
  EXPECT_EQ(code_of("\xff\xfet\0"), "csv-encoding");
}

TEST(Csv, ErrorsAreCappedAndLongLinesAreCut) {
  std::string text = "t\n";
  for (int i = 0; i < 1000; ++i) text += "x\n";
  EXPECT_EQ(parse_csv(text, "f.csv").error().size(), 20U);
  std::string long_line = "t\n" + std::string(10'000'000, 'y') + "\n";
  const auto file = parse_csv(long_line, "f.csv");
  ASSERT_FALSE(file.has_value());
  EXPECT_LE(file.error().at(0).span->line_text.size(), 4096U);
  EXPECT_LT(render(file.error()).size(), 1000U);
}

TEST(Csv, CutOffAtEveryByteNeverCrashes) {
  const std::string whole = "\xef\xbb\xbf# c\n\"time (ms)\";V [mV]\r\n0;-80.5\r\n0.1;1e-3\r\n";
  ASSERT_EQ(code_of(whole), "");
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) refused += code_of(whole.substr(0, size)).empty() ? 0 : 1;
  EXPECT_GT(refused, 30);  // up to the first whole row it cannot be a table
}

TEST(Csv, ReadsAFile) {
  const test::TemporaryFolder folder;
  test::put(folder / "a.csv", "t\n1\n");
  const auto file = read_csv(folder / "a.csv");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->sha256, sha256("t\n1\n"));
  EXPECT_EQ(read_csv(folder / "b.csv").error().at(0).code, "file-missing");
}

}  // namespace
}  // namespace hillock::io
