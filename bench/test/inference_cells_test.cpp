// Cells have a place of their own, what is kept is found again, and what cannot be read is as none.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <fstream>
#include <set>

#include "inference/cell_store.hpp"
#include "inference/tasks.hpp"
#include "io/whole_file.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;

TEST(InferenceCell, BudgetsAreSimulationsOrSeconds) {
  EXPECT_EQ(*parse_budget("1000"), (Budget{1000, 0.0}));
  EXPECT_EQ(*parse_budget("1e5"), (Budget{100000, 0.0}));
  EXPECT_EQ(*parse_budget("60s"), (Budget{0, 60.0}));
  for (const char* text : {"1000", "60s", "2.5s"}) EXPECT_EQ(parse_budget(text)->name(), text);
  for (const char* text : {"", "s", "0", "-5", "0s", "1.5", "60 min", "1e5x", "nan", "inf", "nans", "1e300", "-1s"}) {
    const auto budget = parse_budget(text);
    ASSERT_FALSE(budget) << text;
    EXPECT_EQ(render(budget.error()),
              std::string("error: \"") + text +
                  "\" is no budget [bench-budget]\n    try: a number of simulations (1000, 1e5) or of "
                  "seconds (60s)\n");
  }
}

TEST(InferenceCell, EachHasAFolderOfItsOwn) {
  std::set<std::string> folders;
  for (const std::string& task : tasks())
    for (const char* budget : {"1000", "60s"})
      for (const char* method : {"auto", "npe"})
        for (const int threads : {1, 2})
          for (int k = 1; k <= observations; ++k)
            folders.insert(Cell{task, *parse_budget(budget), method, threads, k}.folder());
  EXPECT_EQ(folders.size(), 10U * 2 * 2 * 2 * 5);
}

TEST(InferenceCell, VariantsHaveThePosteriorOfTheirParent) {
  const TaskFiles raw = files_of("bernoulli_glm_raw", 2), distractors = files_of("slcp_distractors", 3);
  EXPECT_TRUE(raw.observation.ends_with("/bernoulli_glm/observation_2/observation_raw.csv"));
  EXPECT_EQ(raw.reference, files_of("bernoulli_glm", 2).reference);
  EXPECT_TRUE(distractors.observation.ends_with("/slcp/observation_3/observation_distractors.csv"));
  EXPECT_FALSE(distractors.makefile.empty());
  EXPECT_TRUE(files_of("slcp", 1).makefile.empty());
  EXPECT_NE(files_of("slcp", 1000).lacking(), "");
}

class InferenceStore : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_);
    std::ofstream(judge_) << "a judge\n";
  }
  void TearDown() override { fs::remove_all(root_); }
  [[nodiscard]] CellStore open(const std::string& build) const { return *CellStore::open(root_, build, judge_); }

  const fs::path root_ = fs::path(testing::TempDir()) / "inference_store";
  const std::string judge_ = (root_ / "judge.py").string();
  const Cell cell_{"two_moons", {1000, 0.0}, "auto", 2, 1};
};

TEST_F(InferenceStore, WhatIsKeptIsFoundAgain) {
  CellStore store = open("a");
  EXPECT_FALSE(store.find(cell_));
  Outcome o;
  o.method = "tsnpe", o.why = "because", o.simulations = 1000.0, o.wall_s = 6.5, o.draws = "123";
  ASSERT_TRUE(store.add(cell_, o));
  const auto found = open("a").find(cell_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->method, "tsnpe");
  EXPECT_EQ(found->why, "because");
  EXPECT_EQ(found->wall_s, 6.5);
  EXPECT_FALSE(found->c2st);
  EXPECT_FALSE(open("b").find(cell_)) << "of another build";
  Cell other = cell_;
  other.observation = 2;
  EXPECT_FALSE(store.find(other));

  const fs::path score = store.score_file(cell_, o);
  fs::create_directories(score.parent_path());
  ASSERT_TRUE(io::write_whole(score.string(), R"({"c2st": 0.625})"));
  EXPECT_EQ(store.find(cell_)->c2st, 0.625);
  // The same bits of another build have been judged already; other bits, or another judge, have not.
  CellStore later = open("b");
  ASSERT_TRUE(later.add(cell_, o));
  EXPECT_EQ(later.find(cell_)->c2st, 0.625);
  Outcome others = o;
  others.draws = "124";
  ASSERT_TRUE(later.add(cell_, others));
  EXPECT_FALSE(later.find(cell_)->c2st);
  std::ofstream(judge_) << "another judge\n";
  EXPECT_FALSE(open("a").find(cell_)->c2st);

  store.forget(cell_);
  EXPECT_FALSE(store.find(cell_));
}

TEST_F(InferenceStore, WhatItLacksIsBorrowed) {
  CellStore before = open("a"), now = open("b");
  Outcome o;
  o.draws = "123", o.wall_s = 6.5;
  ASSERT_TRUE(before.add(cell_, o));
  ASSERT_TRUE(before.keep_measurement("memory", {{"peak_mb", 90.0}}));
  now.borrow({"nowhere", "a"});
  auto found = now.find(cell_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->build, "a");
  EXPECT_EQ(now.draws(cell_, *found), root_ / "a" / cell_.folder() / "posterior.nc");
  EXPECT_EQ(now.measurement("memory").value("borrowed", ""), "a");
  EXPECT_TRUE(now.measurement("training").is_null());
  // Its own comes first.
  o.wall_s = 3.0;
  ASSERT_TRUE(now.add(cell_, o));
  ASSERT_TRUE(now.keep_measurement("memory", {{"peak_mb", 80.0}}));
  found = now.find(cell_);
  EXPECT_EQ(found->build, "b");
  EXPECT_EQ(found->wall_s, 3.0);
  EXPECT_FALSE(now.measurement("memory").contains("borrowed"));
}

TEST_F(InferenceStore, WhatCannotBeReadIsAsNone) {
  CellStore store = open("a");
  ASSERT_TRUE(store.add(cell_, Outcome{}));
  const fs::path file = store.folder(cell_) / "outcome.json";
  for (const char* text : {"", "{", "[]", "{}", R"({"exit_code": "zero"})", R"({"exit_code": 0, "message": ""})"}) {
    ASSERT_TRUE(io::write_whole(file.string(), text));
    EXPECT_FALSE(store.find(cell_)) << text;
  }
  EXPECT_TRUE(store.measurement("memory").is_null());
  ASSERT_TRUE(store.keep_measurement("memory", {{"peak_mb", 90.0}}));
  EXPECT_EQ(store.measurement("memory").at("peak_mb"), 90.0);
  EXPECT_FALSE(CellStore::open(root_, "a", (root_ / "no judge").string()));
}

}  // namespace
}  // namespace hillock::bench
