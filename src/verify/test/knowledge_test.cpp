#include "verify/knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verify/test/sample_verdict.hpp"

namespace hillock::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<KnowledgeItem>& items) {
  std::vector<std::string> out;
  for (const auto& item : items) out.push_back(item.text);
  return out;
}

ParameterSummary parameter(double contraction) {
  ParameterSummary p;
  p.name = "p1", p.unit = "1/ms";
  p.median = 0.2, p.q05 = 0.1, p.q95 = 0.3, p.prior_q05 = 0.01, p.prior_q95 = 100.0;
  p.contraction = contraction, p.rhat = 1.001, p.ess_bulk = p.ess_tail = 1000.0;
  return p;
}

/// Other protocols and cells were tried, so that only what a test asks about is listed.
std::vector<Generalisation> both_kinds() {
  std::vector<Generalisation> out(2);
  out[1].kind = HeldOut::other_cell;
  return out;
}

TEST(Knowledge, KnownNeedsContractionAndAgreeingChains) {
  auto of = [](const ParameterSummary& p) { return knowledge({p}, nullptr, {}, both_kinds()); };
  ParameterSummary p = parameter(0.99);
  EXPECT_THAT(
      texts(of(p).known),
      ElementsAre("p1 = 0.2 1/ms; 90 % interval 0.1 to 0.3 1/ms. The data narrow its standard deviation 10-fold."));
  EXPECT_THAT(of(p).known_unknown, IsEmpty());
  p.q05_corrected = 0.05, p.q95_corrected = 0.35;
  EXPECT_THAT(
      texts(of(p).known),
      ElementsAre("p1 = 0.2 1/ms; 90 % interval 0.1 to 0.3 1/ms (0.05 to 0.35 with the residuals' autocorrelation "
                  "counted). The data narrow its standard deviation 10-fold."));
  EXPECT_EQ(of(parameter(0.9)).known.size(), 1U);
  EXPECT_THAT(of(parameter(0.89)).known, IsEmpty());
  // The planted faults: contracted, but by chains that disagree, or from too few draws.
  p.rhat = 1.2;
  EXPECT_THAT(of(p).known, IsEmpty());
  EXPECT_THAT(texts(of(p).known_unknown),
              ElementsAre("p1: the chains do not agree (R-hat 1.200), so its interval is not to be trusted."));
  p.rhat = 1.0, p.ess_tail = 100.0;
  EXPECT_THAT(of(p).known, IsEmpty());
  p.rhat = p.ess_bulk = p.ess_tail = not_computed;  // no chains
  EXPECT_EQ(of(p).known.size(), 1U);
  p.is_noise = true;
  EXPECT_THAT(of(p).known, IsEmpty());
}

TEST(Knowledge, WhatIsOpenIsSaid) {
  auto of = [](double contraction) {
    return texts(knowledge({parameter(contraction)}, nullptr, {}, both_kinds()).known_unknown);
  };
  EXPECT_THAT(of(0.3),
              ElementsAre("p1 is open: 90 % interval 0.1 to 0.3 1/ms is little more than the prior's 0.01 to 100 1/ms "
                          "(contraction 0.30)."));
  EXPECT_THAT(of(0.6), ElementsAre("p1 is partly known: 90 % interval 0.1 to 0.3 1/ms, contraction 0.60."));
  EXPECT_THAT(of(not_computed), ElementsAre("p1: how far the data narrow it was not computed."));
}

TEST(Knowledge, CombinationsAreListedSloppiestFirstAndDominatedOnesMarked) {
  Array2 f(3, 3);  // a b known only as a ratio, c well
  f.values = {100, -100, 0, -100, 100, 0, 0, 0, 1e4};
  const auto found = identifiability({.information = f,
                                      .names = {"a", "b", "c"},
                                      .scales = {Scale::log, Scale::log, Scale::log},
                                      .prior_sd = {2.0, 2.0, 2.0}})
                         .value();
  const Knowledge k = knowledge({}, &found, {}, both_kinds(), {.combinations = 2});
  ASSERT_EQ(k.sloppiest.size(), 2U);
  EXPECT_EQ(k.sloppiest[0].algebra, "a^0.71 b^0.71");
  EXPECT_TRUE(k.sloppiest[0].prior_dominated);
  EXPECT_EQ(k.sloppiest[1].algebra, "a^0.71 / b^0.71");
  EXPECT_FALSE(k.sloppiest[1].prior_dominated);
  ASSERT_EQ(k.stiffest.size(), 2U);
  EXPECT_EQ(k.stiffest[0].algebra, "c");
  EXPECT_NEAR(k.stiffest[0].relative_sd, 1.0 / std::sqrt(1e4 + 0.25), 1e-12);
  EXPECT_NEAR(k.stiffest[0].prior_sd, 2.0, 1e-12);
  EXPECT_THAT(texts(k.known_unknown),
              ElementsAre("a^0.71 b^0.71: the data leave 100 % of the prior's standard deviation."));
  EXPECT_THAT(texts(k.known), ElementsAre("c is the best known combination: the sd of its logarithm is 0.01."));
}

TEST(Knowledge, WhatWasNeverTestedIsNamed) {
  const std::vector<Regime> regimes = {
      {.what = "command V",
       .unit = "mV",
       .trained_low = -120,
       .trained_high = 40,
       .tested_low = -88,
       .tested_high = 31,
       .asked_low = -120,
       .asked_high = 60},
      {.what = "temperature", .unit = "degC", .trained_low = 21.3, .trained_high = 21.3},
      {.what = "dose", .unit = "uM"},
      {.what = "calcium", .unit = "1", .trained_low = 1, .trained_high = 2}};
  Knowledge k = knowledge({}, nullptr, regimes, {});
  EXPECT_THAT(texts(k.untested),
              ElementsAre("command V from 40 to 60 mV: asked of the model, in no data.",
                          "command V beyond -88 to 31 mV was fitted but not predicted.",
                          "temperature was 21.3 degC throughout; any other value is untested.",
                          "dose: no data say anything about it.", "calcium outside 1 to 2: in no data.",
                          "No other protocol was predicted.", "No other cell was predicted."));
  k = knowledge({}, nullptr, {}, both_kinds(), {.detectable_amplitude = 0.031});
  EXPECT_THAT(
      texts(k.untested),
      ElementsAre("A slow misfit of less than 0.031 standard deviations of the noise would have been missed with a "
                  "probability of 10 % or more."));
}

}  // namespace
}  // namespace hillock::verify
