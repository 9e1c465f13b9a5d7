/// docs/verdict.md says what the code does: its tables are the generated ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "verify/rules.hpp"
#include "verify/test/sample_verdict.hpp"
#include "verify/verdict_json.hpp"
#include "verify/whiteness.hpp"

namespace hillock::verify {
namespace {

std::string document() {
  std::ifstream in(HILLOCK_SOURCE_DIR "/docs/verdict.md");
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The text between `<!-- generated: NAME -->` and `<!-- end -->`.
std::string section(const std::string& name) {
  const std::string text = document();
  const std::string mark = "<!-- generated: " + name + " -->\n";
  const auto from = text.find(mark);
  if (from == std::string::npos) return "no section " + name;
  return text.substr(from + mark.size(), text.find("<!-- end -->", from) - from - mark.size());
}

TEST(Document, TheTableOfRulesIsTheCodes) {
  EXPECT_EQ(section("rules"), rules_markdown()) << "docs/verdict.md, rules, must read:\n" << rules_markdown();
}

TEST(Document, TheTableOfKeysIsTheCodes) {
  EXPECT_EQ(section("keys"), keys_markdown()) << "docs/verdict.md, keys, must read:\n" << keys_markdown();
}

TEST(Document, EveryResidualTestIsExplained) {
  std::vector<double> input(50000);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<double>(i * 7919 % 1000);
  const auto plan = plan_whiteness({.samples = input.size(), .mask = {}, .input = input, .interval_ms = 0.1});
  ASSERT_TRUE(plan.has_value());
  const auto found = whiteness(input, *plan);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->tests.size(), 12U);
  const std::string text = document();
  for (const auto& test : found->tests) EXPECT_NE(text.find("`" + test.name + "`"), std::string::npos) << test.name;
}

TEST(Document, NothingIsEverCalledMoreThanItIs) {
  std::string all = document() + rules_markdown() + keys_markdown() + to_json(test::supported_verdict());
  std::ranges::transform(all, all.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string word : {"validated", "proven", "true model"})
    for (auto at = all.find(word); at != std::string::npos; at = all.find(word, at + 1))
      EXPECT_EQ(all.substr(at, 10), "provenance") << all.substr(at > 40 ? at - 40 : 0, 80);
}

}  // namespace
}  // namespace hillock::verify
