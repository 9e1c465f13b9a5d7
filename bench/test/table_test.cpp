#include "table.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "io/whole_file.hpp"

namespace hillock::bench {
namespace {

TEST(Table, SheetsAreInTheDocumentAndOnThePage) {
  Table table;
  table.benchmark = "trial";
  table.notes = {"a note"};
  table.rows = {row("a", 1.0, "s")};
  table.sheets = {{"cells",
                   "What it was made of:",
                   {"task", "score", "good"},
                   {{"one", 0.51, true}, {"two", std::nan(""), false}}}};
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "table_test";
  ASSERT_TRUE(write_table(table, (folder / "trial.json").string()));
  const auto json = nlohmann::json::parse(*io::read_whole((folder / "trial.json").string(), 1U << 20U));
  EXPECT_EQ(json.at("rows").size(), 1U);
  EXPECT_EQ(json.at("notes").at(0), "a note");
  ASSERT_EQ(json.at("cells").size(), 2U);
  EXPECT_EQ(json.at("cells")[0].at("score"), 0.51);
  EXPECT_TRUE(json.at("cells")[1].at("score").is_null());
  EXPECT_EQ(json.at("cells")[1].at("good"), false);
  const std::string page = *io::read_whole((folder / "trial.md").string(), 1U << 20U);
  EXPECT_NE(page.find("What it was made of:\n\n| task | score | good |\n|---|---|---|\n| one | 0.51 | yes |\n| two |  "
                      "| **no** |\n"),
            std::string::npos)
      << page;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hillock::bench
