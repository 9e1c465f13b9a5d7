#include "report/escape.hpp"

#include <gtest/gtest.h>

namespace hillock::report {
namespace {

const std::string bad = "\xEF\xBF\xBD";

TEST(Escape, TheFiveCharacters) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}
TEST(Escape, LeavesUnicodeAlone) { EXPECT_EQ(escape_html("µS/cm² ≤ 1 😀"), "µS/cm² ≤ 1 😀"); }

TEST(CleanUtf8, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(clean_utf8("a\xFFz"), "a" + bad + "z");
  EXPECT_EQ(clean_utf8("\xC3"), bad);                                // cut short
  EXPECT_EQ(clean_utf8("\xC0\xAF"), bad + bad);                      // overlong '/'
  EXPECT_EQ(clean_utf8("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(clean_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // above U+10FFFF
}
TEST(CleanUtf8, ReplacesControlsAndDirectionOverrides) {
  EXPECT_EQ(clean_utf8(std::string_view("a\0b\x1b[31m\n\t", 9)), "a" + bad + "b" + bad + "[31m\n");
  EXPECT_EQ(clean_utf8("\xE2\x80\xAE"), bad);  // U+202E
  EXPECT_EQ(clean_utf8("\xC2\x9B"), bad);      // U+009B, the one-byte CSI of some terminals
}

}  // namespace
}  // namespace hillock::report
