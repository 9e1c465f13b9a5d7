#include "study/new_study.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "study/bind_model.hpp"
#include "study/experiments.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

TEST(NewStudy, WhatItMakesIsAStudyWhoseModelAndDataFit) {
  const Scratch scratch;
  const auto made = new_study(scratch.path("my_channel"));
  ASSERT_TRUE(made) << render(made.error());
  EXPECT_EQ(nlohmann::json::parse(made->json)["files"].size(), 5U);
  const auto study = read_study(scratch.path("my_channel"), {});
  ASSERT_TRUE(study) << render(study.error());
  EXPECT_EQ(study->name, "my_channel");
  const auto model = bind_model(*study);
  ASSERT_TRUE(model) << render(model.error());
  EXPECT_EQ(model->parameters.size(), 6U);
  const auto splits = load_experiments(*study, *model);
  ASSERT_TRUE(splits) << render(splits.error());
  ASSERT_EQ(splits->size(), 2U);
  EXPECT_EQ(splits->at(0).experiment.samples, 3500U);
  EXPECT_NEAR(splits->at(0).experiment.interval, 2e-4, 1e-12);
  EXPECT_EQ(splits->at(1).experiment.samples, 1500U);
}

TEST(NewStudy, IsTheSameEveryTime) {
  EXPECT_EQ(new_study_files("a")[3].content, new_study_files("b")[3].content);
  EXPECT_NE(new_study_files("a")[3].content.substr(0, 2000), new_study_files("a")[4].content.substr(0, 2000));
}

TEST(NewStudy, WritesOverNothing) {
  const Scratch scratch;
  scratch.write("taken/notes.txt", "mine");
  const auto made = new_study(scratch.path("taken"));
  ASSERT_FALSE(made);
  EXPECT_EQ(scratch.without_path(render(made.error())),
            "DIR/taken: error: there is something of that name already [folder-not-empty]\n    try: another name\n");
  EXPECT_FALSE(new_study(scratch.path("taken/notes.txt")));
  EXPECT_EQ(scratch.read("taken/notes.txt"), "mine");
  std::filesystem::create_directories(scratch.path("empty"));
  EXPECT_TRUE(new_study(scratch.path("empty")));
  for (const char* name : {"", ".", "..", "a\"b", "a\nb"}) {
    const auto bad = new_study(name);
    ASSERT_FALSE(bad) << name;
    EXPECT_EQ(bad.error()[0].code, "name-invalid");
  }
}

}  // namespace
}  // namespace hillock::study
