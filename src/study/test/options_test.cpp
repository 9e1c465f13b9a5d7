#include "study/options.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "study/option_docs.hpp"

namespace hillock::study {
namespace {

TEST(Options, TheReferencePageIsTheTable) {
  std::ostringstream page;
  page << std::ifstream(HILLOCK_SOURCE_DIR "/docs/reference/options.md").rdbuf();
  EXPECT_EQ(page.str(), options_markdown())
      << "make it again: hillock help options --markdown > docs/reference/options.md";
}

TEST(Options, KeysAreDifferentAndSentencesAreSentences) {
  std::set<std::string> seen;
  for (const std::string& name : option_names()) EXPECT_TRUE(seen.insert(name).second) << name;
  const auto sentence = [](std::string_view key, std::string_view text) {
    ASSERT_GT(text.size(), 10U) << key;
    EXPECT_TRUE(text.back() == '.') << key;
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(text.front()))) << key;
  };
  for (const auto& option : study_options()) sentence(option.key, option.sentence);
  for (const auto& option : split_options()) sentence(option.key, option.sentence);
}

TEST(Options, EveryDefaultIsAllowed) {
  const auto check = [](const auto& option, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    const Limits& limits = option.limits;
    if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
      const auto number = static_cast<double>(value);
      EXPECT_TRUE(limits.open ? number > limits.low && number < limits.high
                              : number >= limits.low && number <= limits.high)
          << option.key;
    }
    if constexpr (std::is_same_v<T, std::string>) {
      EXPECT_TRUE(limits.choices.empty() || std::ranges::find(limits.choices, value) != limits.choices.end())
          << option.key;
    }
  };
  ResolvedStudy study;
  DataSplit split;
  for (const auto& option : study_options()) std::visit([&](auto field) { check(option, field(study)); }, option.field);
  for (const auto& option : split_options()) std::visit([&](auto field) { check(option, field(split)); }, option.field);
}

TEST(Options, NoTwoRowsFillOneField) {
  ResolvedStudy study;
  DataSplit split;
  std::set<const void*> places;
  for (const auto& option : study_options())
    EXPECT_TRUE(places.insert(std::visit([&](auto f) -> const void* { return &f(study); }, option.field)).second)
        << option.key;
  for (const auto& option : split_options())
    EXPECT_TRUE(places.insert(std::visit([&](auto f) -> const void* { return &f(split); }, option.field)).second)
        << option.key;
}

TEST(Options, HelpShowsASectionOrOneOption) {
  const auto search = options_help("search");
  ASSERT_TRUE(search);
  EXPECT_NE(search->find("search.starts"), std::string::npos);
  EXPECT_EQ(search->find("verify."), std::string::npos);
  const auto one = options_help("search.starts");
  ASSERT_TRUE(one);
  EXPECT_EQ(*one,
            "[search]  How the parameters and their posterior are found.\n"
            "  search.starts\n"
            "      How many starts the optimiser makes; their agreement is part of the verdict.\n"
            "      an integer from 1 to 100000; default 48\n");
  const auto mask = options_help("data.test.mask");
  ASSERT_TRUE(mask);
  EXPECT_NE(mask->find("data.<name>.mask.after_steps"), std::string::npos);
  const auto wrong = options_help("serach");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(render(wrong.error()),
            "error: there is no option \"serach\" [key-unknown]\n    try: hillock help options search\n");
}

}  // namespace
}  // namespace hillock::study
