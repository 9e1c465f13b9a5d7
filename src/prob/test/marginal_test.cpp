#include "prob/marginal.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "prob/test/functions.hpp"

namespace hillock::prob {
namespace {

TEST(Marginals, OfIndependentPriorsAreClosedForms) {
  const ParameterSpace space = ParameterSpace::make({"a"}, {fixed("loguniform", {0.1, 10.0})}).value();
  const Marginals marginals(space);
  EXPECT_EQ(marginals.quantile(0, 0.3), space.prior(0).quantile(0.3));
  EXPECT_EQ(marginals.unconstrained_variance(0), space.prior(0).unconstrained_variance());
  const double at[] = {1.0};
  EXPECT_EQ(marginals.density(0, at)[0], std::exp(space.prior(0).log_density(1.0)));
}

// b | a ~ N(2 a, 0.5), a ~ N(1, 0.3): b ~ N(2, sqrt(0.36 + 0.25)).
TEST(Marginals, OfAConditionalNormalAreThoseOfItsSum) {
  const ParameterSpace space =
      ParameterSpace::make_joint(
          {"a", "b"},
          {fixed("normal", {1.0, 0.3}),
           conditional(Family::normal, {0}, [](auto x, double* out, double*) { out[0] = 2.0 * x[0], out[1] = 0.5; })})
          .value();
  const Marginals marginals(space);
  const Prior wanted = fixed("normal", {2.0, std::sqrt(0.61)});
  const auto n = static_cast<double>(Marginals::draws);
  for (const double p : {0.05, 0.5, 0.95})  // 4 standard errors of the probability
    EXPECT_NEAR(wanted.cdf(marginals.quantile(1, p)), p, 4.0 * std::sqrt(p * (1 - p) / n));
  EXPECT_NEAR(marginals.unconstrained_variance(1) / 0.61, 1.0, 4.0 * std::sqrt(2.0 / n));
  EXPECT_EQ(marginals.quantile(0, 0.5), 1.0);
  const std::vector<double> at = {1.0, 2.0, 3.5};
  const std::vector<double> density = marginals.density(1, at);
  // The conditional density is at most 0.8, its mean over 2048 draws is right to 0.8/2/sqrt(2048) = 0.009.
  for (std::size_t i = 0; i < at.size(); ++i) EXPECT_NEAR(density[i], std::exp(wanted.log_density(at[i])), 4 * 0.009);
}

}  // namespace
}  // namespace hillock::prob
