// Priors as images of standard normal numbers.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "prob/prior.hpp"
#include "prob/special.hpp"
#include "prob/test/functions.hpp"

namespace hillock::prob {
namespace {

std::vector<Prior> all() {
  return {fixed("uniform", {-3.0, 5.0}),    fixed("uniform", {0.0, 1.0}),    fixed("uniform", {1e6, 1e6 + 1.0}),
          fixed("loguniform", {1e-7, 1e3}), fixed("loguniform", {2.0, 2.1}), fixed("normal", {-2.0, 0.5}),
          fixed("normal", {1e-9, 1e-9}),    fixed("lognormal", {3e-3, 0.7}), fixed("lognormal", {50.0, 2.0}),
          fixed("halfnormal", {1e-10}),     fixed("halfnormal", {2.5}),      fixed("exponential", {0.02}),
          fixed("exponential", {1e6})};
}

TEST(StandardNormal, RoundTripsTo8StandardDeviations) {
  for (const Prior& prior : all())
    for (double z = -8.0; z <= 8.0; z += 0.015625) {
      const double x = prior.from_standard_normal(z);
      // x is a double: what it cannot hold (1 - 6e-16 next to the bound 1) is an ulp of x, seen through dz/dx.
      const double ulp = std::nextafter(std::fabs(x), HUGE_VAL) - std::fabs(x);
      const double lost = ulp * std::exp(-prior.log_dx_dz(x, z));
      if (lost > 0.1) continue;  // beyond the last doubles before a bound
      ASSERT_NEAR(prior.to_standard_normal(x), z, 1e-12 + 2.0 * lost) << to_string(prior.family()) << " " << z;
    }
  // Where the bound is 0, both tails of it keep their digits; half lines and normal ones do on both sides.
  for (const Prior& prior : {fixed("normal", {0.0, 3.0}), fixed("lognormal", {0.1, 0.5}), fixed("halfnormal", {4.0}),
                             fixed("exponential", {2.0})})
    for (double z = -8.0; z <= 8.0; z += 0.125)
      EXPECT_NEAR(prior.to_standard_normal(prior.from_standard_normal(z)), z, 1e-12) << to_string(prior.family());
  const Prior unit = fixed("uniform", {0.0, 1.0});
  for (double z = -8.0; z <= 0.0; z += 0.125)
    EXPECT_NEAR(unit.to_standard_normal(unit.from_standard_normal(z)), z, 1e-12);
}

// Under the map, P(X <= x) = Phi(z): by the cdf below the median, by the closed form of the tail above it.
TEST(StandardNormal, ProbabilitiesAgreeOnBothSides) {
  for (const Prior& prior : all())
    for (double z = -8.0; z <= 8.0; z += 0.25) {
      const double x = prior.from_standard_normal(z);
      const double p = prior.cdf(x);
      // A cdf is good to some ulp of 1, and to x's own rounding times its density.
      const double ulp = std::nextafter(std::fabs(x), HUGE_VAL) - std::fabs(x);
      EXPECT_NEAR(p, normal_cdf(z), 4e-16 + 2.0 * ulp * std::exp(prior.log_density(x)))
          << to_string(prior.family()) << " " << z;
    }
  const Prior e = fixed("exponential", {2.0});
  EXPECT_NEAR(e.from_standard_normal(8.0) / (-2.0 * std::log(normal_survival(8.0))), 1.0, 1e-14);
  const Prior h = fixed("halfnormal", {1.0});
  EXPECT_NEAR(std::erfc(h.from_standard_normal(6.0) / std::numbers::sqrt2) / normal_survival(6.0), 1.0, 1e-13);
}

TEST(StandardNormal, RisesAndStaysStrictlyInsideAsFarAs37) {
  for (const Prior& prior : all()) {
    double before = -HUGE_VAL;
    for (double z = -37.0; z <= 37.0; z += 0.0078125) {
      const double x = prior.from_standard_normal(z);
      ASSERT_TRUE(std::isfinite(x));
      ASSERT_GE(x, before) << to_string(prior.family()) << " " << z;
      ASSERT_GT(x, prior.lower());
      ASSERT_LT(x, prior.upper());
      ASSERT_TRUE(std::isfinite(prior.to_standard_normal(x)));
      ASSERT_TRUE(std::isfinite(prior.log_dx_dz(x, z)));
      before = x;
    }
    for (const double z : {-1e300, -1e10, -40.0, 40.0, 1e10, 1e300}) {
      const double x = prior.from_standard_normal(z);
      EXPECT_TRUE(std::isfinite(x) && x > prior.lower() && x < prior.upper()) << to_string(prior.family()) << z;
    }
    EXPECT_TRUE(std::isnan(prior.from_standard_normal(NAN)) && std::isnan(prior.to_standard_normal(NAN)));
    if (std::isfinite(prior.lower())) {
      EXPECT_EQ(prior.to_standard_normal(prior.lower()), -HUGE_VAL);
    }
    if (std::isfinite(prior.upper())) {
      EXPECT_EQ(prior.to_standard_normal(prior.upper()), HUGE_VAL);
    }
  }
}

TEST(StandardNormal, TheSlopeIsTheDerivativeAndCarriesTheDensity) {
  for (const Prior& prior : all())
    for (double z = -4.0; z <= 4.0; z += 0.5) {
      const double h = 1e-4, x = prior.from_standard_normal(z);
      const double slope = (prior.from_standard_normal(z + h) - prior.from_standard_normal(z - h)) / (2.0 * h);
      // Central differences: h^2/6 of the third derivative relative to the first (z^2 and (sd of log)^3 at most: 64 +
      // ...), and x's rounding over h.
      const double rounding = 4e-16 * std::fabs(x) / h / slope;
      EXPECT_NEAR(slope / std::exp(prior.log_dx_dz(x, z)), 1.0, 1e-6 + rounding) << to_string(prior.family()) << z;
      const double carried = -0.5 * z * z - 0.5 * std::log(2.0 * std::numbers::pi) - prior.log_dx_dz(x, z);
      // One rounding of x, through the density's slope.
      EXPECT_NEAR(prior.log_density(x), carried, 1e-12 + rounding) << to_string(prior.family()) << " " << z;
    }
}

TEST(StandardNormal, OfAComputedPriorIsThatOfTheSameOne) {
  for (const Prior& prior : all()) {
    const auto same = Prior::of(prior.family(), prior.arguments());
    ASSERT_TRUE(same);
    EXPECT_EQ(same->quantile(0.3), prior.quantile(0.3));
  }
  const auto none = [](Family family, std::vector<double> arguments) { return !Prior::of(family, arguments); };
  EXPECT_TRUE(none(Family::normal, {0.0, 0.0}));
  EXPECT_TRUE(none(Family::normal, {0.0, -1.0}));
  EXPECT_TRUE(none(Family::normal, {NAN, 1.0}));
  EXPECT_TRUE(none(Family::normal, {0.0, HUGE_VAL}));
  EXPECT_TRUE(none(Family::normal, {0.0}));
  EXPECT_TRUE(none(Family::lognormal, {0.0, 1.0}));
  EXPECT_TRUE(none(Family::halfnormal, {0.0}));
  EXPECT_TRUE(none(Family::exponential, {-1.0}));
  EXPECT_TRUE(none(Family::uniform, {1.0, 1.0}));
  EXPECT_TRUE(none(Family::loguniform, {0.0, 1.0}));
}

TEST(StandardNormal, SlopesInTheArguments) {
  const Prior cases[] = {fixed("normal", {0.4, 0.7}), fixed("lognormal", {0.3, 0.6}), fixed("halfnormal", {1.4}),
                         fixed("exponential", {0.8})};
  for (const Prior& prior : cases)
    for (const double u : {-1.0, -0.2, 0.5, 1.1})
      for (std::size_t a = 0; a < prior.arguments().size(); ++a) {
        const double h = 1e-5;
        std::vector<double> up(prior.arguments().begin(), prior.arguments().end()), down = up;
        up[a] += h, down[a] -= h;
        const double slope = (Prior::of(prior.family(), up)->log_density_unconstrained(u).value -
                              Prior::of(prior.family(), down)->log_density_unconstrained(u).value) /
                             (2.0 * h);
        // h^2 = 1e-10 of a third derivative of at most some hundred, rounding 1e-15/1e-5.
        EXPECT_NEAR(prior.argument_slopes(u)[a], slope, 1e-7) << to_string(prior.family()) << a;
      }
}

}  // namespace
}  // namespace hillock::prob
