// Which method, from what is known before it begins.

#include <gtest/gtest.h>

#include "infer/choose_method.hpp"

namespace hillock::infer {
namespace {

MethodFacts ordinary() {
  MethodFacts f;
  f.parameters = 8;
  f.statistics = f.relevant_statistics = 7;
  f.whole_statistics = 1;
  f.simulations = 30'000;
  return f;
}

TEST(ChooseMethod, ALikelihoodWhereOneCanBeLearnt) {
  MethodFacts f = ordinary();
  EXPECT_EQ(choose_method(f).method, "nle");
  EXPECT_EQ(choose_method(f).density, "auto");
  f.whole_statistics = 7;  // counts
  EXPECT_EQ(choose_method(f).method, "nle");
  // Fewer simulations: more rounds, each of them cheap.
  const std::size_t rounds = choose_method(f).rounds;
  f.simulations = 1000;
  EXPECT_GT(choose_method(f).rounds, rounds);
}

TEST(ChooseMethod, ManyStatisticsUnlessFewOfThemMatter) {
  MethodFacts f = ordinary();
  f.statistics = f.relevant_statistics = 100;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
  f.relevant_statistics = 8;
  EXPECT_EQ(choose_method(f).method, "nle");
  EXPECT_NE(choose_method(f).why.find("few of the statistics"), std::string::npos);
  f.relevant_statistics = 0;  // nothing was seen to matter: not a reason to leave everything out
  EXPECT_EQ(choose_method(f).method, "tsnpe");
}

TEST(ChooseMethod, BinaryDataHaveProbabilitiesHoweverMany) {
  MethodFacts f = ordinary();
  f.statistics = f.relevant_statistics = f.whole_statistics = 100;
  f.binary = true;
  EXPECT_EQ(choose_method(f).method, "nle");
  f.observation_complete = false;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
}

TEST(ChooseMethod, UndefinedStatisticsAreInputs) {
  MethodFacts f = ordinary();
  f.undefined_share = 0.2;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
  EXPECT_NE(choose_method(f).why.find("undefined"), std::string::npos);
}

TEST(ChooseMethod, WhatIsToHoldForOtherTrialsIsAmortised) {
  MethodFacts f = ordinary();
  f.embedded = true;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
  f.amortised = true;
  EXPECT_EQ(choose_method(f).method, "npe");
  EXPECT_EQ(choose_method(f).rounds, 1U);
}

TEST(ChooseMethod, AStatisticThatIsOftenTheSameIsNotGivenADensity) {
  MethodFacts f = ordinary();
  f.atom_share = 0.02;
  EXPECT_EQ(choose_method(f).method, "nle");
  f.atom_share = 0.5;
  EXPECT_EQ(choose_method(f).method, "tsnpe");
  EXPECT_NE(choose_method(f).why.find("same value"), std::string::npos);
  f.whole_statistics = 7;  // of counts that is nothing strange
  EXPECT_EQ(choose_method(f).method, "nle");
}

}  // namespace
}  // namespace hillock::infer
