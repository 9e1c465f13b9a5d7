#include "base/error.hpp"

#include <gtest/gtest.h>

#include <string>

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
