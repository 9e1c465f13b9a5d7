#include "study/ledger.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "io/sha256.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

constexpr const char* when = "2026-03-14T15:09:26Z";

TEST(Ledger, EachLineCarriesTheHashOfTheOneBefore) {
  const Scratch scratch;
  Ledger ledger(scratch.path("ledger.jsonl"));
  EXPECT_TRUE(ledger.read().value().empty());
  ASSERT_TRUE(ledger.append({"fit", "train", "aa"}, when));
  ASSERT_TRUE(ledger.append({"predict", "test", "bb"}, when));
  std::istringstream lines(scratch.read("ledger.jsonl"));
  std::string first, second, more;
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_FALSE(std::getline(lines, more));
  const auto json = nlohmann::json::parse(second);
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["time"], when);
  EXPECT_EQ(json["what"], "predict");
  EXPECT_EQ(json["split"], "test");
  EXPECT_EQ(json["data_sha256"], "bb");
  EXPECT_EQ(json["previous"], io::sha256(first));
  ASSERT_EQ(ledger.read().value().size(), 2U);
  EXPECT_EQ(ledger.read().value()[1].split, "test");
}

TEST(Ledger, AChangedOrMissingLineIsSeen) {
  const Scratch scratch;
  Ledger ledger(scratch.path("ledger.jsonl"));
  for (const char* split : {"train", "test", "test", "test"}) ASSERT_TRUE(ledger.append({"fit", split, "aa"}, when));
  const std::string whole = scratch.read("ledger.jsonl");
  std::vector<std::string> lines;
  std::istringstream in(whole);
  for (std::string line; std::getline(in, line);) lines.push_back(line);

  const auto broken_at = [&](const std::string& text) {
    scratch.write("ledger.jsonl", text);
    const auto read = ledger.read();
    EXPECT_FALSE(ledger.append({"fit", "train", "aa"}, when).has_value() == !read.has_value());
    return read ? 0 : read.error()[0].span->line;
  };
  std::string edited = whole;
  edited.replace(edited.find("test"), 4, "TEST");
  EXPECT_EQ(broken_at(edited), 3);  // the line after the edited one does not follow from it
  EXPECT_EQ(broken_at(lines[0] + "\n" + lines[2] + "\n" + lines[3] + "\n"), 2);
  EXPECT_EQ(broken_at(lines[1] + "\n"), 1);
  EXPECT_EQ(broken_at(lines[0] + "\nnonsense\n"), 2);
  EXPECT_EQ(broken_at(whole), 0);
}

TEST(Ledger, ATornLastLineIsLeftOutAndKeptInTheChain) {
  const Scratch scratch;
  Ledger ledger(scratch.path("ledger.jsonl"));
  ASSERT_TRUE(ledger.append({"fit", "train", "aa"}, when));
  ASSERT_TRUE(ledger.append({"fit", "test", "bb"}, when));
  const std::string whole = scratch.read("ledger.jsonl");
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t cut = second + 1; cut < whole.size(); cut += 7) {
    scratch.write("ledger.jsonl", whole.substr(0, cut));
    ASSERT_EQ(ledger.read().value().size(), 1U) << cut;
    ASSERT_TRUE(ledger.append({"again", "train", "cc"}, when));
    const auto looks = ledger.read();
    ASSERT_TRUE(looks) << render(looks.error());
    EXPECT_EQ(looks->back().what, "again");
  }
}

TEST(Ledger, TheTimeIsUtcInIso8601) {
  const std::string now = utc_now();
  ASSERT_EQ(now.size(), 20U);
  EXPECT_EQ(now[10], 'T');
  EXPECT_EQ(now.back(), 'Z');
}

}  // namespace
}  // namespace hillock::study
