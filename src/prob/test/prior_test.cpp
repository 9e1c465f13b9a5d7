#include "prob/prior.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "prob/special.hpp"

namespace hillock::prob {
namespace {

Prior make(const std::string& family, const std::vector<double>& arguments) {
  Result<Prior> prior = Prior::make(family, arguments);
  EXPECT_TRUE(prior.has_value()) << (prior ? "" : render(prior.error()));
  return *prior;
}

/// Wide, narrow and ordinary members of every family; the suite below runs on each.
std::vector<Prior> all_priors() {
  return {make("uniform", {-3.0, 5.0}),    make("uniform", {1e-7, 0.4}),   make("uniform", {1e6, 1e6 + 1.0}),
          make("loguniform", {1e-7, 1e3}), make("loguniform", {2.0, 2.1}), make("loguniform", {1e-300, 1e300}),
          make("normal", {-2.0, 0.5}),     make("normal", {1e-9, 1e-12}),  make("lognormal", {3e-3, 0.7}),
          make("lognormal", {50.0, 2.0}),  make("halfnormal", {1e-10}),    make("halfnormal", {2.5}),
          make("exponential", {0.02}),     make("exponential", {1e6})};
}

std::string label(const Prior& prior) {
  std::string text(to_string(prior.family()));
  for (const double a : prior.arguments()) text += " " + std::to_string(a);
  return text;
}

TEST(Prior, DensityIntegratesToOneWithItsMeanAndVariance) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    // The trapezium rule on R converges geometrically for analytic densities with light tails. A logistic density has
    // its nearest poles at +-i pi, so step h leaves an error of exp(-2 pi^2 / h), 1e-171 at h = 0.05; a normal one
    // leaves exp(-2 (pi sd/h)^2), 1e-85 at h = sd/10. Cut-offs at 60 leave exp(-60) = 1e-26. What remains is rounding.
    double centre = 0.0, step = 0.05;
    if (prior.family() == Family::normal || prior.family() == Family::lognormal) {
      step = prior.arguments()[1] / 10.0;
      centre = prior.family() == Family::normal ? prior.mean() : std::log(prior.arguments()[0]);
    } else if (prior.family() == Family::halfnormal || prior.family() == Family::exponential) {
      centre = std::log(prior.arguments()[0]);
    }
    double total = 0.0, first = 0.0;
    double u_first = 0.0, u_second = 0.0;
    const double scale = std::isfinite(prior.variance()) ? std::sqrt(prior.variance()) : 1.0;
    double second = 0.0;
    for (int i = -1200; i <= 1200; ++i) {
      const double u = centre + step * i;
      const double weight = std::exp(prior.log_density_unconstrained(u).value) * step;
      const double z = (prior.to_constrained(u) - prior.mean()) / scale;
      total += weight;
      if (weight > 0.0) first += weight * z, second += weight * z * z;
      u_first += weight * (u - centre);
      u_second += weight * (u - centre) * (u - centre);
    }
    EXPECT_NEAR(total, 1.0, 1e-12);
    EXPECT_NEAR((u_second - u_first * u_first) / prior.unconstrained_variance(), 1.0, 1e-9);
    // loguniform on 600 decades has a variance of 1e597: not a double.
    if (!std::isfinite(prior.variance())) continue;
    // The lognormal's second moment with sd_log 2 sits at z = 4 and needs u up to 4 + 12 sd: covered by 120 sd. The
    // width of the narrow normal is 1e-3 of its mean, which costs z three digits.
    EXPECT_NEAR(first, 0.0, 1e-9);
    EXPECT_NEAR(second, 1.0, 1e-9);
  }
}

TEST(Prior, DensitiesOnBothScalesAgree) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    for (const double p : {1e-6, 0.01, 0.2, 0.5, 0.77, 0.99, 1 - 1e-6}) {
      const double u = prior.to_unconstrained(prior.quantile(p));
      const double x = prior.to_constrained(u);
      const Transformed t = prior.transform(u);
      // log densities of size 700 at worst (1e-300), relative rounding 1e-16 each, and x - mean loses three digits in
      // the narrow normal.
      EXPECT_NEAR(prior.log_density(x) + t.log_dx_du, prior.log_density_unconstrained(u).value, 1e-10);
      EXPECT_NEAR(std::log(t.dx_du), t.log_dx_du, 1e-10);
    }
  }
}

/// Central difference, once extrapolated: truncation of order h^4 times the fifth derivative, rounding 2^-53 |f| / h.
template <class F>
double slope(F f, double u, double h) {
  const auto central = [&](double step) { return (f(u + step) - f(u - step)) / (2.0 * step); };
  return (4.0 * central(h / 2) - central(h)) / 3.0;
}

TEST(Prior, DerivativesAreFiniteDifferences) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    const double sd = std::sqrt(prior.unconstrained_variance());
    for (const double p : {0.001, 0.1, 0.4, 0.5, 0.8, 0.999}) {
      const double u = prior.to_unconstrained(prior.quantile(p));
      const double h = 1e-3 * sd;
      const Transformed t = prior.transform(u);
      const LogSlope at = prior.log_density_unconstrained(u);
      const double width =
          prior.family() == Family::loguniform ? std::log(prior.arguments()[1] / prior.arguments()[0]) : 1.0;
      // h^4 (width sd)^4 of truncation in the wide loguniform; 1e-13 / 1e-3 of rounding elsewhere.
      const double relative = std::isfinite(width) && width < 50 ? 1e-7 : 1e-3;
      const double dx = slope([&](double v) { return prior.to_constrained(v); }, u, h);
      // The narrow uniform sits at 1e6: x carries rounding 1e-10, and dx/du is 0.25 at best.
      const double floor = 1e-10 * std::fabs(prior.to_constrained(u)) / h / 1e3;
      EXPECT_NEAR(dx, t.dx_du, relative * t.dx_du + floor);
      const double dlog = slope([&](double v) { return prior.transform(v).log_dx_du; }, u, h);
      EXPECT_NEAR(dlog, t.dlog_dx_du, relative * (1.0 + std::fabs(t.dlog_dx_du)));
      const double dp = slope([&](double v) { return prior.log_density_unconstrained(v).value; }, u, h);
      EXPECT_NEAR(dp * sd, at.derivative * sd, 1e-7 * (1.0 + std::fabs(at.derivative * sd)));
    }
  }
}

TEST(Prior, RoundTrips) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    for (double p = 0.001; p < 1.0; p += 0.037) {
      const double x = prior.quantile(p);
      const double u = prior.to_unconstrained(x);
      const double back = prior.to_constrained(u);
      // Rounding of u, 1e-16 |u|, times the condition number |u dx/du / x|; |u| < 700, d log x/d log u < 1400.
      EXPECT_NEAR(back, x, 1e-12 * std::fabs(x) + 4e-16 * prior.transform(u).dx_du * (1.0 + std::fabs(u)) * 1000);
      EXPECT_NEAR(prior.cdf(x), p, 1e-9);
    }
  }
}

TEST(Prior, FarOutNothingIsNaN) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    for (const double u :
         {-1e300, -1e6, -5000.0, -746.0, -700.0, -40.0, 0.0, 40.0, 700.0, 710.0, 746.0, 5000.0, 1e6, 1e300}) {
      SCOPED_TRACE(u);
      const Transformed t = prior.transform(u);
      EXPECT_TRUE(std::isfinite(t.x));
      EXPECT_GE(t.x, prior.lower());
      EXPECT_LE(t.x, prior.upper());
      EXPECT_TRUE(std::isfinite(t.dx_du));
      EXPECT_GE(t.dx_du, 0.0);
      EXPECT_TRUE(std::isfinite(t.log_dx_du));
      EXPECT_TRUE(std::isfinite(t.dlog_dx_du));
      const LogSlope at = prior.log_density_unconstrained(u);
      EXPECT_FALSE(std::isnan(at.value));
      EXPECT_FALSE(std::isnan(at.derivative));
      if (prior.family() == Family::uniform || prior.family() == Family::loguniform) {
        EXPECT_TRUE(std::isfinite(at.value));
        // The logistic density falls as exp(-|u|), exactly where the rest has underflowed.
        if (std::fabs(u) < 40.0) continue;
        EXPECT_DOUBLE_EQ(at.value, -std::fabs(u));
        EXPECT_DOUBLE_EQ(at.derivative, u > 0 ? -1.0 : 1.0);
      }
    }
  }
}

TEST(Prior, LeavesAndReachesTheBoundsSmoothly) {
  const Prior prior = make("uniform", {1.0, 2.0});
  // Near the upper end the distance to it is exp(-u) to within rounding of x at 2, 2^-52.
  EXPECT_NEAR(2.0 - prior.to_constrained(30.0), std::exp(-30.0), 2.3e-16);
  EXPECT_EQ(prior.to_unconstrained(1.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(prior.to_unconstrained(2.0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(prior.log_density(0.999), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(prior.log_density(std::numeric_limits<double>::quiet_NaN()), -std::numeric_limits<double>::infinity());
  // A prior whose width is a few doubles still draws from strictly inside.
  const Prior thin = make("uniform", {1.0, 1.0 + 1e-15});
  for (std::uint64_t i = 0; i < 200; ++i) {
    Rng rng(1, stream_id("thin"), i);
    EXPECT_TRUE(std::isfinite(thin.to_unconstrained(thin.sample(rng))));
  }
}

TEST(Prior, SamplesFollowTheDistribution) {
  for (const Prior& prior : all_priors()) {
    SCOPED_TRACE(label(prior));
    // Kolmogorov-Smirnov on cdf(draws), 4000 of them; the seed is fixed, a fair sampler fails at 1e-6 per family.
    constexpr std::size_t n = 4000;
    std::vector<double> p(n);
    for (std::size_t i = 0; i < n; ++i) {
      Rng rng(20240607, stream_id("test"), i);
      p[i] = prior.cdf(prior.sample(rng));
    }
    std::sort(p.begin(), p.end());
    double distance = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      distance = std::max({distance, p[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p[i]});
    }
    EXPECT_GT(kolmogorov_survival(distance * std::sqrt(static_cast<double>(n))), 1e-6);
    // And the median is where the quantile says, against the density: half the mass on either side (cdf above is
    // independent of quantile).
    EXPECT_NEAR(prior.cdf(prior.quantile(0.5)), 0.5, 1e-9);
  }
}

struct Refusal {
  std::string family;
  std::vector<double> arguments;
  std::vector<std::string> codes;
  std::string message;  ///< of the first error
  std::string hint;
};

TEST(Prior, RefusesAllMistakesAtOnceInWords) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Refusal> table = {
      {"uniform",
       {2.0, 1.0},
       {"prior-bounds"},
       "the lower bound of `uniform` must be below the upper one, found 2 and 1",
       "write uniform(lower, upper)"},
      {"uniform",
       {1.0, 1.0},
       {"prior-bounds"},
       "the lower bound of `uniform` must be below the upper one, found 1 and 1",
       "write uniform(lower, upper)"},
      {"loguniform",
       {0.0, 1.0},
       {"prior-not-positive"},
       "the lower bound of `loguniform` must be above 0, found 0",
       "write loguniform(lower, upper)"},
      {"loguniform",
       {-1.0, -2.0},
       {"prior-not-positive", "prior-not-positive", "prior-bounds"},
       "the lower bound of `loguniform` must be above 0, found -1",
       "write loguniform(lower, upper)"},
      {"normal",
       {0.0, 0.0},
       {"prior-not-positive"},
       "the standard deviation of `normal` must be above 0, found 0",
       "write normal(mean, sd)"},
      {"lognormal",
       {-1.0, -1.0},
       {"prior-not-positive", "prior-not-positive"},
       "the median of `lognormal` must be above 0, found -1",
       "write lognormal(median, sd of the logarithm)"},
      {"halfnormal",
       {nan},
       {"prior-not-finite"},
       "argument 1 of `halfnormal` must be a finite number, found nan",
       "write halfnormal(sd)"},
      {"exponential",
       {1.0, 2.0},
       {"prior-arguments"},
       "`exponential` takes 1 argument, found 2",
       "write exponential(mean)"},
      {"uniform",
       {-1.5e308, 1.5e308},
       {"prior-bounds"},
       "the bounds of `uniform` are too far apart for a double",
       "write uniform(lower, upper)"},
      {"loguniforn",
       {1.0, 2.0},
       {"prior-family"},
       "there is no prior `loguniforn`; known are uniform, loguniform, normal, lognormal, halfnormal, exponential",
       "did you mean `loguniform`?"},
  };
  for (const Refusal& row : table) {
    SCOPED_TRACE(row.message);
    const Result<Prior> prior = Prior::make(row.family, row.arguments, "p1");
    ASSERT_FALSE(prior.has_value());
    std::vector<std::string> codes;
    for (const Error& error : prior.error()) codes.push_back(error.code);
    EXPECT_EQ(codes, row.codes);
    EXPECT_EQ(prior.error()[0].message, row.message);
    EXPECT_EQ(prior.error()[0].hint, row.hint);
    EXPECT_EQ(prior.error()[0].where, "p1");
  }
}

}  // namespace
}  // namespace hillock::prob
