#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/worker/frames.hpp"
#include "io/worker/hello.hpp"
#include "io/worker/json_lines.hpp"

namespace hillock::io::worker {
namespace {

/// Everything that a reader handed over, as text: "17: 1 nan(no-spikes)" or "17! reason".
struct Heard {
  std::vector<std::string> answers;
  Reading reading;
};

std::string text_of(const Answer& answer) {
  std::string out = std::to_string(answer.id);
  if (!answer.failure.empty()) return out + "! " + std::string(answer.failure);
  out += ":";
  for (std::size_t i = 0; i < answer.x.size(); ++i) {
    char number[32];
    std::snprintf(number, sizeof number, " %g", answer.x[i]);
    out += std::isnan(answer.x[i]) ? " nan" : number;
    if (!answer.reasons.empty() && !answer.reasons[i].empty()) out += "(" + answer.reasons[i] + ")";
  }
  return out;
}

Heard hear_json(std::string_view bytes, std::size_t statistics = 2) {
  Heard heard;
  heard.reading = read_json_lines(bytes, {statistics}, [&](const Answer& answer) {
    heard.answers.push_back(text_of(answer));
    return answer.id < 100;
  });
  return heard;
}

/// Expects one answer and no complaint.
std::string one(std::string_view bytes) {
  const Heard heard = hear_json(bytes);
  EXPECT_EQ(heard.reading.nonsense, "");
  EXPECT_EQ(heard.reading.used, bytes.size());
  return heard.answers.size() == 1 ? heard.answers[0] : "not one answer";
}

TEST(JsonLines, QuestionsKeepEveryBitOfTheirNumbers) {
  std::string line;
  ask_json(17, 9007199254740991U, std::vector<double>{0.1, -1e-300, 3.0}, line);
  EXPECT_EQ(line, "{\"id\":17,\"seed\":9007199254740991,\"parameters\":[0.1,-1e-300,3]}\n");
}

TEST(JsonLines, AnswersAreValuesReasonsOrAnError) {
  EXPECT_EQ(one("{\"id\":17,\"x\":[1,-2.5e3]}\n"), "17: 1 -2500");
  EXPECT_EQ(one("{\"x\":[1,2],\"id\":17.0}\r\n"), "17: 1 2") << "some languages have doubles only";
  EXPECT_EQ(one("{\"id\":1,\"x\":[null,2]}\n"), "1: nan(undefined) 2");
  EXPECT_EQ(one("{\"id\":1,\"x\":[null,2],\"reasons\":[\"no-spikes\",null]}\n"), "1: nan(no-spikes) 2");
  EXPECT_EQ(one("{\"id\":1,\"x\":[NaN,2]}\n"), "1: nan 2") << "as Python writes it";
  EXPECT_EQ(one("{\"id\":1,\"x\":[-Infinity,inf]}\n"), "1: nan nan");
  EXPECT_EQ(one("{\"id\":1,\"error\":\"no \\\"NaN\\\" here\\n\"}\n"), "1! program-error: no \"NaN\" here");
  EXPECT_EQ(one("{\"id\":1,\"error\":true}\n"), "1! program-error: without words");
  EXPECT_EQ(one("{\"id\":1,\"error\":null,\"x\":[1,2]}\n"), "1: 1 2");
}

TEST(JsonLines, AWrongAnswerWithItsNumberIsAFailedSimulation) {
  EXPECT_EQ(one("{\"id\":1,\"x\":[1]}\n"), "1! bad-answer: 1 values, expected 2");
  EXPECT_EQ(one("{\"id\":1,\"x\":[1,\"2\"]}\n"), "1! bad-answer: value 1 is no number");
  EXPECT_EQ(one("{\"id\":1,\"x\":[1,[2]]}\n"), "1! bad-answer: value 1 is no number");
  EXPECT_EQ(one("{\"id\":1}\n"), "1! bad-answer: neither \"x\" nor \"error\"");
  EXPECT_EQ(one("{\"id\":1,\"x\":[1,2],\"reasons\":[\"a\"]}\n"), "1! bad-answer: \"reasons\" is no list of 2");
  EXPECT_EQ(one("{\"id\":1,\"x\":[1,2],\"reasons\":[1,2]}\n"), "1! bad-answer: reason 0 is no text");
}

TEST(JsonLines, NonsenseIsNamedAndNothingAfterItIsRead) {
  const auto nonsense = [](std::string_view bytes) {
    const Heard heard = hear_json(bytes);
    EXPECT_EQ(heard.reading.used, 0U);
    return heard.reading.nonsense;
  };
  EXPECT_EQ(nonsense("starting up\n"), "expected a line of JSON with \"id\" and \"x\", found \"starting up\"");
  EXPECT_EQ(nonsense("[1]\n"), "expected a line of JSON with \"id\" and \"x\", found \"[1]\"");
  EXPECT_EQ(nonsense("{\"x\":[1,2]}\n"), "expected the \"id\" of a simulation, found \"{\"x\":[1,2]}\"");
  EXPECT_EQ(nonsense("{\"id\":-1}\n"), "expected the \"id\" of a simulation, found \"{\"id\":-1}\"");
  EXPECT_EQ(nonsense("{\"id\":1.5}\n"), "expected the \"id\" of a simulation, found \"{\"id\":1.5}\"");
  EXPECT_EQ(nonsense("{\"id\":100,\"x\":[1,2]}\n"),
            "nobody waits for simulation 100, found \"{\"id\":100,\"x\":[1,2]}\"");
  EXPECT_EQ(nonsense("\x01\xff\n"), "expected a line of JSON with \"id\" and \"x\", found \"\\x01\\xff\"");
  const std::string endless(longest_line(2) + 1, 'x');
  EXPECT_EQ(nonsense(endless), "a line of more than 65664 bytes, beginning \"" + std::string(60, 'x') + "...\"");
  // Nesting costs no stack.
  const std::string deep = std::string(60000, '[') + "\n";
  EXPECT_NE(nonsense(deep), "");
}

TEST(JsonLines, ALineMayComeInPieces) {
  const std::string bytes = "{\"id\":1,\"x\":[1,2]}\n\n{\"id\":2,\"x\":[3,4]}\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Heard first = hear_json(std::string_view(bytes).substr(0, cut));
    ASSERT_EQ(first.reading.nonsense, "");
    const Heard second = hear_json(std::string_view(bytes).substr(first.reading.used));
    first.answers.insert(first.answers.end(), second.answers.begin(), second.answers.end());
    EXPECT_THAT(first.answers, testing::ElementsAre("1: 1 2", "2: 3 4")) << cut;
  }
}

// ---- frames -------------------------------------------------------------------------------------------------------

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string frame(std::uint64_t first, const std::vector<std::pair<std::uint64_t, std::vector<double>>>& records) {
  std::string out = "HKAN";
  put(out, static_cast<std::uint32_t>(records.size()));
  put(out, first);
  for (const auto& [status, x] : records) {
    put(out, status);
    for (const double value : x) put(out, value);
  }
  out += "HKEN";
  put(out, static_cast<std::uint32_t>(records.size()));
  return out;
}

Heard hear_frames(std::string_view bytes, std::size_t awaited = 100) {
  Heard heard;
  heard.reading = read_frames(bytes, {2, {"blow-up"}}, awaited, [&](const Answer& answer) {
    heard.answers.push_back(text_of(answer));
    return answer.id < 100;
  });
  return heard;
}

TEST(Frames, QuestionsAreWhatTheDocumentSays) {
  std::string out;
  ask_frame(1, 17, out);
  ask_binary(258, std::vector<double>{1.0}, out);
  EXPECT_EQ(out, std::string("HKRQ\x01\0\0\0\x11\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f", 32));
}

TEST(Frames, AnswersAreValuesOrACode) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string bytes = frame(5, {{0, {1, 2}}, {1, {0, 0}}, {7, {0, 0}}}) + frame(8, {{0, {nan, 4}}});
  const Heard heard = hear_frames(bytes);
  EXPECT_EQ(heard.reading.nonsense, "");
  EXPECT_EQ(heard.reading.used, bytes.size());
  EXPECT_THAT(heard.answers,
              testing::ElementsAre("5: 1 2", "6! program-error: blow-up", "7! program-error: code 7", "8: nan 4"));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const Heard part = hear_frames(std::string_view(bytes).substr(0, cut));
    EXPECT_EQ(part.reading.nonsense, "") << cut;
    EXPECT_EQ(part.reading.used, cut < 96 ? 0U : 96U) << cut;  // the first frame: 16 + 3*24 + 8 bytes
  }
}

TEST(Frames, NonsenseIsNamed) {
  EXPECT_EQ(hear_frames("hello\n").reading.nonsense, "expected a frame that begins with HKAN, found \"hello\\n\"");
  EXPECT_EQ(hear_frames("h").reading.nonsense, "expected a frame that begins with HKAN, found \"h\"");
  const std::string huge = std::string("HKAN\xff\xff\xff\xff", 8) + std::string(8, '\0');
  EXPECT_EQ(hear_frames(huge).reading.nonsense, "a frame of 4294967295 answers where 100 are awaited");
  EXPECT_EQ(hear_frames(frame(3, {})).reading.nonsense, "a frame of 0 answers where 100 are awaited");
  std::string wrong = frame(3, {{0, {1, 2}}, {0, {3, 4}}});
  wrong.erase(30, 8);
  wrong += frame(5, {{0, {5, 6}}});
  const Heard heard = hear_frames(wrong);
  EXPECT_EQ(
      heard.reading.nonsense,
      "a frame of 2 answers does not end with HKEN where 2 statistics end, but with \"HKAN\\x01\\x00\\x00\\x00\"");
  EXPECT_TRUE(heard.answers.empty()) << "a frame that is too short takes nothing from the next";
  EXPECT_EQ(hear_frames(frame(99, {{0, {1, 2}}, {0, {1, 2}}})).reading.nonsense,
            "nobody waits for an answer to simulation 100 now");
  EXPECT_EQ(hear_frames(frame(1, {{0, {1, 2}}}) + frame(2, {{0, {1, 2}}}), 1).reading.nonsense,
            "a frame of 1 answers where 0 are awaited");
}

// ---- the greeting -------------------------------------------------------------------------------------------------

TEST(Greeting, SaysNamesAndUnits) {
  EXPECT_EQ(
      hello_line({Protocol::binary, {"g", "E \"x\""}, {"siemens", "volt"}, {"rate"}}),
      "{\"hillock\":1,\"protocol\":\"binary\",\"parameters\":[\"g\",\"E \\\"x\\\"\"],\"units\":[\"siemens\",\"volt\"],"
      "\"statistics\":[\"rate\"]}\n");
}

TEST(Greeting, TheAnswerIsCheckedAndEachMistakeNamed) {
  const auto good = read_welcome(R"({"hillock":1,"statistics":["a","b"],"failures":["blow-up"],"more":{}})");
  ASSERT_TRUE(good) << render(good.error());
  EXPECT_THAT(good->statistics, testing::ElementsAre("a", "b"));
  EXPECT_THAT(good->failures, testing::ElementsAre("blow-up"));
  EXPECT_TRUE(read_welcome(R"({"hillock":1})")->statistics.empty());
  const auto mistake = [](std::string_view line) {
    const auto welcome = read_welcome(line);
    return welcome ? "none" : welcome.error()[0].code + ": " + welcome.error()[0].message;
  };
  EXPECT_EQ(mistake("Loading..."),
            "handshake-syntax: the program's first line must answer the handshake, found \"Loading...\"");
  EXPECT_EQ(mistake("{}"), "handshake-syntax: the program's first line must answer the handshake, found \"{}\"");
  EXPECT_EQ(mistake(R"({"hillock":2})"),
            "handshake-version: the program speaks version 2 of the protocol, this is version 1");
  EXPECT_EQ(mistake(R"({"hillock":[[]]})"),
            "handshake-version: the program speaks version in words of the protocol, this is version 1");
  EXPECT_EQ(mistake(R"({"hillock":1,"statistics":"a"})"),
            "handshake-statistics: \"statistics\" in the program's first line is no list of names");
  EXPECT_EQ(mistake(R"({"hillock":1,"statistics":["a",""]})"),
            "handshake-statistics: \"statistics\" in the program's first line has an entry that is no name");
  EXPECT_EQ(mistake(R"({"hillock":1,"statistics":["a","b","a"]})"),
            "handshake-statistics: \"statistics\" in the program's first line has the name \"a\" twice");
}

TEST(Greeting, WordsOfAProgramAreMadeSafeToShow) {
  EXPECT_EQ(plain_words("caf\xc3\xa9\x1b[31m\xff\n"), "caf\xc3\xa9 [31m?");
  EXPECT_EQ(plain_words(std::string(300, 'x')), std::string(200, 'x') + "...");
}

}  // namespace
}  // namespace hillock::io::worker
