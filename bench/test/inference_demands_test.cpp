// What is demanded of the scores, decided only by what is there.

#include "inference/demands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "inference/tasks.hpp"

namespace hillock::bench {
namespace {

using testing::HasSubstr;

/// Every task at every budget: NPE 0.70, SNLE 0.60, SMC-ABC (which does not count) 0.51.
PublishedMedians published() {
  std::string text = "source,task,algorithm,num_simulations,c2st_median\n";
  for (const std::string& task : tasks())
    for (const char* n : {"1000", "10000", "100000"}) {
      const std::string source = task == "gaussian_mixture" ? "gmm_rerun" : "main_paper";
      text += source + "," + task + ",NPE," + n + ",0.70\n";
      text += source + "," + task + ",SNLE," + n + ",0.60\n";
      text += source + "," + task + ",SMC-ABC," + n + ",0.51\n";
    }
  text += "main_paper,gaussian_mixture,SNLE,1000,0.52\n";  // of another definition of the task
  return *PublishedMedians::parse(text, "medians.csv");
}

Outcome scored(double c2st) {
  Outcome o;
  o.method = "nle", o.wall_s = 10.0, o.simulations = 1000.0, o.c2st = c2st;
  return o;
}

/// All cells complete, each with this score.
std::vector<CellGroup> everything(double c2st) {
  std::vector<CellGroup> groups;
  for (const std::string& task : tasks())
    for (const char* budget : {"1000", "10000", "100000", "60s"})
      groups.push_back({task, *parse_budget(budget), std::vector<Outcome>(observations, scored(c2st)), ""});
  return groups;
}

Table judged(const std::vector<CellGroup>& groups) {
  Table table;
  add_demands(groups, published(), table);
  return table;
}

TEST(PublishedMedians, TheBestOfSixAlgorithms) {
  const PublishedMedians p = published();
  EXPECT_EQ(p.best("two_moons", 1000)->c2st, 0.60);
  EXPECT_EQ(p.best("two_moons", 1000)->algorithm, "SNLE");
  EXPECT_EQ(p.best("gaussian_mixture", 1000)->c2st, 0.60) << "of the task's definition in use";
  EXPECT_EQ(p.find("two_moons", "NPE", 10000), 0.70);
  EXPECT_FALSE(p.find("two_moons", "NPE", 5));
  EXPECT_FALSE(p.best("three_moons", 1000));
}

TEST(PublishedMedians, SaysWhatIsWrongWithTheFile) {
  const auto none = PublishedMedians::parse("source,task,num_simulations\n", "m.csv");
  ASSERT_FALSE(none);
  ASSERT_EQ(none.error().size(), 2U);
  EXPECT_EQ(none.error()[0].message, "there is no column \"algorithm\"");
  const std::string header = "source,task,algorithm,num_simulations,c2st_median\n";
  for (const char* line : {"main_paper,sir,NPE,1000", "main_paper,sir,NPE,many,0.5", "main_paper,sir,NPE,1000,1.5",
                           "main_paper,sir,NPE,1000,nan", "main_paper", "main_paper,sir,NPE,0,0.5"}) {
    const auto bad = PublishedMedians::parse(header + line + "\n", "m.csv");
    ASSERT_FALSE(bad) << line;
    EXPECT_EQ(bad.error()[0].code, "published-number");
    EXPECT_EQ(bad.error()[0].message, "line 2 has no number of simulations, or no C2ST between 0 and 1");
  }
}

TEST(PublishedMedians, TheDataSetsFile) {
  const std::string path = std::string(HILLOCK_SHARED_DIR) + "/data/sbibm/published_medians.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "the shared data are not here";
  const auto p = PublishedMedians::read(path);
  ASSERT_TRUE(p) << render(p.error());
  for (const std::string& task : tasks())
    for (const std::uint64_t n : {1000U, 10000U, 100000U}) {
      ASSERT_TRUE(p->best(task, n)) << task << n;
      EXPECT_LE(p->best(task, n)->c2st, *p->find(task, "NPE", n));
    }
}

TEST(Demands, AllMet) {
  const Table t = judged(everything(0.55));
  ASSERT_EQ(t.rows.size(), 6U);
  EXPECT_EQ(t.rows[0].value, 30.0);
  for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(t.rows[k].met(), true) << t.rows[k].name;
  EXPECT_EQ(t.rows[2].value, 10.0);
  ASSERT_EQ(t.sheets.size(), 1U);
  EXPECT_EQ(t.sheets[0].lines.size(), 40U);
}

TEST(Demands, EachFailsAlone) {
  // Seven cells above the best published, none above NPE + 0.02.
  std::vector<CellGroup> groups = everything(0.55);
  int changed = 0;
  for (CellGroup& g : groups)
    if (g.budget.seconds == 0.0 && changed < 7) g.outcomes.assign(observations, scored(0.61)), ++changed;
  Table t = judged(groups);
  EXPECT_EQ(t.rows[0].value, 23.0);
  EXPECT_EQ(t.rows[0].met(), false);
  EXPECT_EQ(t.rows[1].met(), true);
  // One cell far above NPE.
  groups = everything(0.55);
  groups[1].outcomes.assign(observations, scored(0.725));
  t = judged(groups);
  EXPECT_EQ(t.rows[0].met(), true);
  EXPECT_NEAR(t.rows[1].value, 0.025, 1e-12);
  EXPECT_EQ(t.rows[1].met(), false);
  EXPECT_THAT(t.rows[1].name, HasSubstr("(gaussian_linear, 10000)"));
  // Three tasks above 0.55 in 60 s, slcp and bernoulli_glm among them, these within their own goals.
  groups = everything(0.55);
  for (CellGroup& g : groups)
    if (g.budget.seconds > 0.0 && (g.task == "slcp" || g.task == "bernoulli_glm" || g.task == "sir"))
      g.outcomes.assign(observations, scored(0.565));
  t = judged(groups);
  EXPECT_EQ(t.rows[2].value, 7.0);
  EXPECT_EQ(t.rows[2].met(), false);
  EXPECT_EQ(t.rows[3].met(), true);
  EXPECT_EQ(t.rows[4].met(), true);
  for (CellGroup& g : groups)
    if (g.budget.seconds > 0.0 && (g.task == "slcp" || g.task == "bernoulli_glm"))
      g.outcomes.assign(observations, scored(0.585));
  t = judged(groups);
  EXPECT_EQ(t.rows[3].met(), false);
  EXPECT_EQ(t.rows[4].met(), false);
}

TEST(Demands, MedianLeastAndLargest) {
  std::vector<CellGroup> groups = {{"two_moons", {1000, 0.0}, {}, ""}};
  for (const double c2st : {0.9, 0.5, 0.6, 0.7}) groups[0].outcomes.push_back(scored(c2st));
  groups[0].outcomes[1].method = "tsnpe";
  EXPECT_DOUBLE_EQ(c2st_of(groups[0]), 0.65);
  const auto line = judged(groups).sheets[0].lines[0];
  EXPECT_DOUBLE_EQ(std::get<double>(line[2]), 0.65);
  EXPECT_EQ(std::get<double>(line[3]), 0.5);
  EXPECT_EQ(std::get<double>(line[4]), 0.9);
  EXPECT_EQ(std::get<double>(line[5]), 4.0);
  EXPECT_EQ(std::get<std::string>(line[6]), "nle 3, tsnpe 1");
}

TEST(Demands, WhatIsNotThereDecidesNothing) {
  // Nothing.
  Table t = judged({});
  for (const Row& r : t.rows) EXPECT_NE(r.met(), true) << r.name;
  EXPECT_EQ(t.rows[0].target(), "");
  EXPECT_THAT(t.rows[0].name, HasSubstr("of the 0 that are there (undecided: at least 24 of 30 are asked)"));
  // Four observations are no five.
  std::vector<CellGroup> groups = everything(0.55);
  for (CellGroup& g : groups) g.outcomes.pop_back();
  t = judged(groups);
  EXPECT_EQ(t.rows[0].value, 0.0);
  EXPECT_EQ(t.rows[0].target(), "");
  // A fit that ended badly has no score, and says what it ended with.
  groups = everything(0.55);
  groups[0].outcomes[0] = Outcome{};
  groups[0].outcomes[0].exit_code = 1;
  groups[0].outcomes[0].message = "no such thing\nand more";
  t = judged(groups);
  EXPECT_EQ(t.rows[0].value, 29.0);
  EXPECT_EQ(t.rows[0].met(), true) << "29 of 30 are enough whatever the other one is";
  EXPECT_EQ(t.rows[1].target(), "") << "it might be the worst";
  EXPECT_EQ(std::get<std::string>(t.sheets[0].lines[0][6]), "ended with 1: no such thing 1, nle 4");
  // Cells without a study say so.
  groups = {{"slcp_distractors", {1000, 0.0}, {}, "no study"}};
  EXPECT_EQ(std::get<std::string>(judged(groups).sheets[0].lines[0][6]), "not there: no study");
  // Seven cells too bad: no missing one can mend it.
  groups.clear();
  for (std::size_t k = 0; k < 7; ++k)
    groups.push_back({tasks()[k], {1000, 0.0}, std::vector<Outcome>(observations, scored(0.75)), ""});
  t = judged(groups);
  EXPECT_EQ(t.rows[0].met(), false);
  EXPECT_EQ(t.rows[1].met(), false);
}

}  // namespace
}  // namespace hillock::bench
