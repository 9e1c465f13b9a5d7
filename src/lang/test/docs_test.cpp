// docs/language.md: its models load, and its lists are complete.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ir/op.hpp"
#include "lang/format.hpp"
#include "lang/limits.hpp"
#include "lang/load.hpp"
#include "lang/words.hpp"

namespace hillock::lang {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(HILLOCK_SOURCE_DIR) + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> blocks(const std::string& text, const std::string& tag) {
  std::vector<std::string> out;
  const std::string open = "```" + tag + "\n";
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const std::size_t begin = at + open.size();
    out.push_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return out;
}

TEST(Docs, ModelsLoadAndAreCanonical) {
  const std::string docs = file_text("/docs/language.md");
  const auto models = blocks(docs, "model");
  ASSERT_EQ(models.size(), 4U);
  for (const std::string& text : models) {
    const auto model = load_model(text, "docs/language.md");
    EXPECT_TRUE(model.has_value()) << (model ? "" : render(model.error()));
    EXPECT_EQ(format_model(text, "docs").value_or(""), text);
  }
}

TEST(Docs, ListEveryFunctionStatementAndLimit) {
  const std::string docs = file_text("/docs/language.md");
  for (const ir::OpInfo& op : ir::all_ops()) {
    if (!op.written) continue;
    const std::string name(op.name);
    EXPECT_TRUE(docs.find("`" + name + "`") != std::string::npos || docs.find("`" + name + "(") != std::string::npos)
        << name;
  }
  for (const std::string_view word : statement_words())
    EXPECT_NE(docs.find("| `" + std::string(word) + " "), std::string::npos) << word;
  for (const std::size_t limit :
       {max_word_bytes, static_cast<std::size_t>(max_nesting), max_expression_nodes, max_statements, max_errors})
    EXPECT_NE(docs.find(std::to_string(limit)), std::string::npos) << limit;
  EXPECT_EQ(max_text_bytes, 8U * 1024 * 1024);
  EXPECT_EQ(max_line_bytes, 64U * 1024);
}

TEST(Docs, ListEveryErrorCode) {
  const std::string docs = file_text("/docs/language.md");
  // Every code is the first argument of add(), add_whole() or give_up(), or of a UnitMistake.
  std::set<std::string> codes{"unit-unknown", "unit-syntax", "too-many-errors"};
  for (const auto& file : std::filesystem::directory_iterator(std::string(HILLOCK_SOURCE_DIR) + "/src/lang")) {
    if (file.path().extension() != ".cpp") continue;
    const std::string source = file_text("/src/lang/" + file.path().filename().string());
    ASSERT_FALSE(source.empty()) << file.path();
    for (const std::string call : {"add(", "add_whole(", "give_up("}) {
      for (std::size_t at = source.find(call); at != std::string::npos; at = source.find(call, at + 1)) {
        const std::size_t quote = source.find_first_not_of(" \n", at + call.size());
        if (source[quote] != '"') continue;
        const std::string code = source.substr(quote + 1, source.find('"', quote + 1) - quote - 1);
        if (!code.empty()) codes.insert(code);
      }
    }
  }
  EXPECT_GE(codes.size(), 30U);
  for (const std::string& one : codes) EXPECT_NE(docs.find("`" + one + "`"), std::string::npos) << one;
}

}  // namespace
}  // namespace hillock::lang
