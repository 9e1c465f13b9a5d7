#include "study/toml.hpp"

#include <gtest/gtest.h>

namespace hillock::study {
namespace {

TEST(Toml, EntriesKeepTheOrderInWhichTheyWereWritten) {
  const auto root = parse_toml("zebra = 1\napple = 2\nmango = 3\n", "f.toml");
  ASSERT_TRUE(root);
  std::string order;
  for (const TomlEntry& entry : *root->table()) order += entry.key + " ";
  EXPECT_EQ(order, "zebra apple mango ");
}

TEST(Toml, ColumnsCountBytesAndSpansCoverTheValue) {
  // "µ" and "ö" are two bytes each: the value begins at character 9, byte 11.
  const auto root = parse_toml("\"µöx\" = \"v\"\n", "f.toml");
  ASSERT_TRUE(root);
  const TomlEntry& entry = root->table()->front();
  EXPECT_EQ(entry.key_span.column, 1);
  EXPECT_EQ(entry.value.span.line, 1);
  EXPECT_EQ(entry.value.span.column, 11);
  EXPECT_EQ(entry.value.span.length, 3);
  EXPECT_EQ(entry.value.span.line_text.substr(10, 3), "\"v\"");
}

TEST(Toml, ASyntaxErrorHasItsPlace) {
  const auto root = parse_toml("[study]\nname = hello world\n", "f.toml");
  ASSERT_FALSE(root);
  ASSERT_EQ(root.error().size(), 1U);
  EXPECT_EQ(root.error()[0].code, "toml-syntax");
  ASSERT_TRUE(root.error()[0].span);
  EXPECT_EQ(root.error()[0].span->line, 2);
  EXPECT_GT(root.error()[0].span->column, 0);
}

TEST(Toml, HostileTextsEndInAnErrorNotInAFall) {
  const std::string deep = "a = " + std::string(100000, '[');
  const std::string long_line = "a = \"" + std::string(10U << 20U, 'x');
  for (const std::string& text : {deep, long_line, std::string("a = \"\0\"", 7), std::string("\xff\xfe = 1"),
                                  std::string("a = 1\na = 2"), std::string("["), std::string("a")}) {
    const auto root = parse_toml(text, "f.toml");
    ASSERT_FALSE(root) << text.substr(0, 20);
    EXPECT_EQ(root.error()[0].code, "toml-syntax");
    EXPECT_LT(render(root.error()).size(), 2000U);
  }
}

TEST(Toml, OneLongLineOfManyValuesIsKeptInPart) {
  std::string text = "a = [";
  for (int i = 0; i < 200000; ++i) text += "1,";
  const auto root = parse_toml(text + "]", "f.toml");  // 200 000 copies of a 400 kB line would be 80 GB
  ASSERT_TRUE(root);
  EXPECT_EQ(root->table()->front().value.array()->size(), 200000U);
}

TEST(Toml, QuotedTextComesBack) {
  const std::string awkward = "a\"b\\c\nd\te\x01 \x7f µ [x] = #";
  const auto root = parse_toml("k = " + toml_quoted(awkward) + "\n" + toml_key("a b.c") + " = 1\n", "f.toml");
  ASSERT_TRUE(root) << render(root.error());
  EXPECT_EQ(*root->table()->at(0).value.text(), awkward);
  EXPECT_EQ(root->table()->at(1).key, "a b.c");
  EXPECT_EQ(toml_key("plain_key-1"), "plain_key-1");
  EXPECT_EQ(toml_key(""), "\"\"");
}

TEST(Toml, PutReplacesAndMakesTables) {
  auto root = parse_toml("[a]\nb = 1\nc = 2\n", "f.toml");
  ASSERT_TRUE(root);
  put(*root, {"a", "b"}, {}, {std::string("new"), {}});
  put(*root, {"x", "y", "z"}, {}, {std::int64_t{3}, {}});
  const TomlValue::Table& a = *root->table()->at(0).value.table();
  EXPECT_EQ(*a[0].value.text(), "new");
  EXPECT_EQ(std::get<std::int64_t>(a[1].value.value), 2);
  EXPECT_EQ(std::get<std::int64_t>(root->table()->at(1).value.table()->at(0).value.table()->at(0).value.value), 3);
}

}  // namespace
}  // namespace hillock::study
