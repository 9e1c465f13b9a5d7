#include "verify/identifiability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::verify {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Array2 matrix(std::size_t d, std::vector<double> values) {
  Array2 out(d, d);
  out.values = std::move(values);
  return out;
}

TEST(Algebra, ReadsAsAPhysiologistWritesIt) {
  const std::vector<std::string> names = {"p4", "p5", "p6"};
  const std::vector<Scale> log(3, Scale::log);
  const std::vector<Scale> linear(3, Scale::linear);
  EXPECT_EQ(algebra({0.05, 0.71, -0.70}, names, log, 0.15), "p5^0.71 / p6^0.70");
  EXPECT_EQ(algebra({0.05, -0.71, 0.70}, names, log, 0.15), "p5^0.71 / p6^0.70");  // an eigenvector has no sign
  EXPECT_EQ(algebra({0.5, -0.6, 0.62}, names, log, 0.15), "p4^0.50 p6^0.62 / p5^0.60");
  EXPECT_EQ(algebra({-0.5, 0.7, -0.5}, names, log, 0.15), "p5^0.70 / (p4^0.50 p6^0.50)");
  EXPECT_EQ(algebra({0.001, 0.0, -1.0}, names, log, 0.15), "p6");
  EXPECT_EQ(algebra({0.0, 0.8, -0.6}, {"a", "g_M", "g_L"}, linear, 0.15), "g_M - 0.75 g_L");
  EXPECT_EQ(algebra({-0.6, 0.8, 0.0}, {"a", "b", "c"}, linear, 0.15), "b - 0.75 a");
  EXPECT_EQ(algebra({0.0, 0.71, -0.70}, {"a", "p5", "E_L"}, {Scale::log, Scale::log, Scale::linear}, 0.15),
            "0.71 ln(p5) - 0.70 E_L");
  EXPECT_EQ(algebra({0.6, 0.8, 0.0}, {"f", "p5", "E_L"}, {Scale::logit, Scale::log, Scale::linear}, 0.15),
            "0.60 logit(f) + 0.80 ln(p5)");
}

TEST(Algebra, ManySmallLoadingsAreNotNothing) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("w" + std::to_string(i));
  const std::string text = algebra(std::vector<double>(100, 0.1), names, std::vector<Scale>(100, Scale::log), 0.15);
  EXPECT_TRUE(text.starts_with("w0^0.10 w1^0.10 ")) << text.substr(0, 40);
  EXPECT_EQ(algebra({0.0, 0.0}, {"a", "b"}, {Scale::log, Scale::log}, 0.15), "1");
}

TEST(Identifiability, OnlyARatioIsKnown) {
  // y = ln(a / b) seen once with variance v: F = [1 -1; -1 1] / v. Ratio: sd of (ln a - ln b)/sqrt2 is sqrt(v/2);
  // product: nothing.
  constexpr double v = 0.01;
  const auto found = identifiability({.information = matrix(2, {1 / v, -1 / v, -1 / v, 1 / v}),
                                      .names = {"a", "b"},
                                      .scales = {Scale::log, Scale::log},
                                      .prior_sd = {2.0, 2.0}})
                         .value();
  EXPECT_EQ(found.rank, 1U);
  EXPECT_EQ(found.condition_number, infinity);
  ASSERT_EQ(found.directions.size(), 2U);
  const Direction& sloppy = found.directions[0];
  EXPECT_EQ(sloppy.algebra, "a^0.71 b^0.71");
  EXPECT_EQ(sloppy.sd, infinity);
  EXPECT_NEAR(sloppy.posterior_sd, 2.0, 1e-12);  // the prior's
  EXPECT_TRUE(sloppy.prior_dominated);
  const Direction& stiff = found.directions[1];
  EXPECT_EQ(stiff.algebra, "a^0.71 / b^0.71");
  EXPECT_NEAR(stiff.sd, std::sqrt(v / 2.0), 1e-12);
  EXPECT_NEAR(stiff.posterior_sd, 1.0 / std::sqrt(2.0 / v + 0.25), 1e-12);
  EXPECT_FALSE(stiff.prior_dominated);
  EXPECT_EQ(found.expected_sd, (std::vector<double>{infinity, infinity}));
  // Each alone: half of its prior variance is left, and half of the ratio's.
  EXPECT_NEAR(found.posterior_sd[0], std::sqrt(0.5 * (4.0 + 1.0 / (2.0 / v + 0.25))), 1e-12);
  ASSERT_EQ(found.dominated.size(), 1U);
  EXPECT_EQ(found.dominated[0].algebra, "a^0.71 b^0.71");
  EXPECT_FALSE(found.identifiable());
}

TEST(Identifiability, AgreesWithTheExplicitInverse) {
  // 2 x 2 by hand: F = [4 1; 1 3], prior precision diag(1, 1/4): F + L = [5 1; 1 3.25], determinant 15.25.
  const auto found = identifiability({.information = matrix(2, {4, 1, 1, 3}),
                                      .names = {"a", "b"},
                                      .scales = {Scale::linear, Scale::linear},
                                      .prior_sd = {1.0, 2.0}})
                         .value();
  EXPECT_NEAR(found.posterior_sd[0], std::sqrt(3.25 / 15.25), 1e-14);
  EXPECT_NEAR(found.posterior_sd[1], std::sqrt(5.0 / 15.25), 1e-14);
  EXPECT_NEAR(found.expected_sd[0], std::sqrt(3.0 / 11.0), 1e-14);
  EXPECT_NEAR(found.expected_sd[1], std::sqrt(4.0 / 11.0), 1e-14);
  const double root = std::sqrt(5.0);  // eigenvalues (7 +- sqrt 5) / 2
  EXPECT_NEAR(found.condition_number, (7 + root) / (7 - root), 1e-13);
  EXPECT_NEAR(found.directions[0].sd, std::sqrt(2.0 / (7 - root)), 1e-14);
  EXPECT_EQ(found.rank, 2U);
}

TEST(Identifiability, ThePriorDecidesWhatCountsAsKnown) {
  // The same information, sd 0.5 from the data: against a prior sd of 10 known, against 0.5 not. Ratio 1/sqrt(1 + mu),
  // mu = s^2 F: the border 1/2 is at mu = 3, s = 0.866.
  auto with_prior = [](double s) {
    return identifiability({.information = matrix(1, {4.0}), .names = {"p"}, .scales = {Scale::log}, .prior_sd = {s}})
        .value();
  };
  EXPECT_TRUE(with_prior(10.0).identifiable());
  EXPECT_TRUE(with_prior(0.867).identifiable());
  EXPECT_FALSE(with_prior(0.865).identifiable());
  EXPECT_FALSE(with_prior(0.5).identifiable());
  EXPECT_TRUE(with_prior(infinity).identifiable());  // flat, and the data say something
}

TEST(Identifiability, FindsTheDominatedCombinationWhereScalesDiffer) {
  // a is known to 1 % whatever happens; b hardly: prior sd 0.01, the data add nothing. F's own smallest eigenvector is
  // b; with c, wide prior and little information, known well against it.
  const auto found = identifiability({.information = matrix(3, {1e4, 0, 0, 0, 1.0, 0, 0, 0, 0.5}),
                                      .names = {"a", "b", "c"},
                                      .scales = {Scale::log, Scale::log, Scale::log},
                                      .prior_sd = {2.0, 0.01, 100.0}})
                         .value();
  EXPECT_EQ(found.directions[0].algebra, "c");  // sloppiest by the data
  EXPECT_FALSE(found.directions[0].prior_dominated);
  ASSERT_EQ(found.dominated.size(), 1U);
  EXPECT_EQ(found.dominated[0].algebra, "b");
  EXPECT_NEAR(found.dominated[0].sd, 1.0, 1e-12);
}

TEST(Identifiability, NoInformationAtAll) {
  const auto found = identifiability({.information = matrix(2, {0, 0, 0, 0}),
                                      .names = {"a", "b"},
                                      .scales = {Scale::log, Scale::log},
                                      .prior_sd = {1.0, infinity}})
                         .value();
  EXPECT_EQ(found.rank, 0U);
  EXPECT_EQ(found.dominated.size(), 2U);
  EXPECT_EQ(found.expected_sd[0], infinity);
  EXPECT_EQ(identifiability({.information = Array2(0, 0), .names = {}, .scales = {}, .prior_sd = {}}).value().rank, 0U);
}

TEST(Identifiability, AllMistakesAtOnce) {
  const auto found = identifiability({.information = matrix(2, {std::nan(""), 1, 2, 3}),
                                      .names = {"a", "b"},
                                      .scales = {Scale::log, Scale::log},
                                      .prior_sd = {0.0, 1.0}});
  ASSERT_FALSE(found.has_value());
  ASSERT_EQ(found.error().size(), 3U);
  EXPECT_EQ(found.error()[0].code, "information-not-finite");
  EXPECT_EQ(found.error()[0].message, "the information between a and a is nan");
  EXPECT_EQ(found.error()[1].code, "information-not-symmetric");
  EXPECT_EQ(found.error()[2].code, "prior-sd-not-positive");
  const auto negative = identifiability({.information = matrix(2, {1, 0, 0, -1}),
                                         .names = {"a", "b"},
                                         .scales = {Scale::log, Scale::log},
                                         .prior_sd = {1, 1}});
  ASSERT_FALSE(negative.has_value());
  EXPECT_EQ(negative.error()[0].code, "information-not-positive");
}

}  // namespace
}  // namespace hillock::verify
