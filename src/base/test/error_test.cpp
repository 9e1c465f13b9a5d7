#include "base/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace hillock {
namespace {

TEST(Error, RendersPlaceCaretAndHint) {
  const Error error{"unit-mismatch", "found mV, expected ms", Span{"hh.model", 3, 5, 2, "tau = mV"}, "", "use ms"};
  EXPECT_EQ(render(error),
            "hh.model:3:5: error: found mV, expected ms [unit-mismatch]\n"
            "    tau = mV\n"
            "        ^~\n"
            "    try: use ms\n");
}

TEST(Error, RendersAKeyWhereThereIsNoText) {
  const Error error{"file-missing", "there is no file 'x.npz'", std::nullopt, "data.train.file", ""};
  EXPECT_EQ(render(error), "data.train.file: error: there is no file 'x.npz' [file-missing]\n");
}

TEST(Error, RendersAllErrorsInOrder) {
  const std::string text = render(Errors{Error{"a", "first", {}, "", ""}, Error{"b", "second", {}, "", ""}});
  EXPECT_EQ(text, "error: first [a]\nerror: second [b]\n");
}

TEST(Error, CaretStandsUnderTheByteAfterTabsAndMultibyteCharacters) {
  const Error tab{"c", "m", Span{"f", 1, 2, 1, "\tx"}, "", ""};
  EXPECT_NE(render(tab).find("    \tx\n    \t^\n"), std::string::npos);
  const Error mu{"c", "m", Span{"f", 1, 3, 1, "\xc2\xb5x"}, "", ""};  // one column wide, two bytes long
  EXPECT_NE(render(mu).find("    \xc2\xb5x\n     ^\n"), std::string::npos);
}

TEST(Error, ALineOfTenMegabytesIsShownAsItsNeighbourhood) {
  std::string line(10'000'000, 'a');
  line[5'000'000] = 'X';
  const std::string text = render(Error{"c", "m", Span{"f", 1, 5'000'001, 1, line}, "", ""});
  EXPECT_LT(text.size(), 500U);
  const std::size_t shown = text.find("    ...");
  ASSERT_NE(shown, std::string::npos);
  const std::size_t line_end = text.find('\n', shown);
  const std::size_t caret = text.find('^') - (line_end + 1);
  EXPECT_EQ(text[shown + caret], 'X');
}

TEST(Error, ControlBytesAreNotSentToTheTerminal) {
  const std::string text = render(Error{"c", "m", Span{"f", 1, 1, 1, std::string("a\0\x1b[31m", 7)}, "", ""});
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Error, NearestFindsTheSlipAndNothingFarther) {
  const std::vector<std::string> names{"threads", "starts", "seed"};
  EXPECT_EQ(nearest("thread", names), "threads");
  EXPECT_EQ(nearest("strats", names), "starts");
  EXPECT_EQ(nearest("sed", names), "seed");
  EXPECT_EQ(nearest("temperature", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), names), "");
}

/// Insertions, deletions and replacements that make one word of the other, by the table of all beginnings.
std::size_t distance_by_the_table(const std::string& a, const std::string& b) {
  std::vector<std::size_t> above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j)
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
    above = row;
  }
  return above[b.size()];
}

TEST(Error, NearestIsTheFirstOfTheLeastEditDistance) {
  Rng rng(1, stream_id("words"));
  const auto word = [&](std::size_t longest) {
    std::string out;
    for (std::size_t n = 1 + rng.below(longest); n > 0; --n) out += static_cast<char>('a' + rng.below(3));
    return out;
  };
  int found = 0;
  for (int repeat = 0; repeat < 3000; ++repeat) {
    const std::size_t longest = repeat % 4 == 0 ? 64 : 9;
    const std::string name = word(longest);
    std::vector<std::string> candidates;
    for (int i = 0; i < 6; ++i) {
      candidates.push_back(word(longest));
      // Long words that differ by a slip or three: no two random ones are near.
      if (i == 2) candidates.push_back(name.substr(rng.below(std::min<std::size_t>(3, name.size()))) + word(2));
    }
    std::string want;
    std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const std::string& candidate : candidates)
      if (const std::size_t d = distance_by_the_table(name, candidate); candidate.size() <= 64 && d < least)
        least = d, want = candidate;
    EXPECT_EQ(nearest(name, candidates), want) << name;
    found += want.empty() ? 0 : 1;
  }
  EXPECT_GT(found, 1000);
  EXPECT_LT(found, 3000);
}

TEST(Error, AFailedCheckNamesItsPlace) {
  try {
    HILLOCK_CHECK(1 + 1 == 3, "arithmetic");
    FAIL() << "HILLOCK_CHECK did not throw";
  } catch (const Bug& b) {
    EXPECT_NE(b.what.find("arithmetic"), std::string::npos);
    EXPECT_NE(b.what.find("error_test.cpp:"), std::string::npos);
  }
  EXPECT_NO_THROW(HILLOCK_CHECK(true, "never"));
}

TEST(Error, FailCarriesAllErrors) {
  const Result<int> one = fail("code", "message", "where", "hint");
  ASSERT_FALSE(one.has_value());
  ASSERT_EQ(one.error().size(), 1U);
  EXPECT_EQ(one.error()[0].code, "code");
  EXPECT_EQ(one.error()[0].hint, "hint");
  const Result<int> two = fail(Errors(2));
  EXPECT_EQ(two.error().size(), 2U);
}

}  // namespace
}  // namespace hillock
