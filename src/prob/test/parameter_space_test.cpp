#include "prob/parameter_space.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::prob {
namespace {

ParameterSpace example() {
  const double rate[] = {1e-4, 1e6}, voltage[] = {1e-4, 400.0}, offset[] = {0.0, 3.0};
  return *ParameterSpace::make(
      {"p1", "p2", "offset"},
      {*Prior::make("loguniform", rate), *Prior::make("uniform", voltage), *Prior::make("normal", offset)});
}

TEST(ParameterSpace, SumsItsPriorsAndKeepsTheirColumns) {
  const ParameterSpace space = example();
  Array2 u(2, 3);
  u.values = {0.3, -1.0, 2.0, -50.0, 4.0, 0.0};
  std::vector<double> value(2);
  Array2 gradient(2, 3);
  space.log_density_unconstrained(u, value, &gradient);
  const Array2 x = space.to_constrained(u);
  const Array2 jacobian = space.jacobian(u);
  for (std::size_t r = 0; r < 2; ++r) {
    double sum = 0.0;
    for (std::size_t c = 0; c < 3; ++c) {
      const LogSlope at = space.prior(c).log_density_unconstrained(u(r, c));
      sum += at.value;
      EXPECT_EQ(gradient(r, c), at.derivative);
      EXPECT_EQ(x(r, c), space.prior(c).to_constrained(u(r, c)));
      EXPECT_EQ(jacobian(r, c), space.prior(c).transform(u(r, c)).dx_du);
    }
    EXPECT_EQ(value[r], sum);
  }
  std::vector<double> value_alone(2);
  space.log_density_unconstrained(u, value_alone, nullptr);
  EXPECT_EQ(value_alone, value);
}

TEST(ParameterSpace, ADrawIsItsAddress) {
  const ParameterSpace space = example();
  const Array2 all = space.sample(7, 0, 100);
  const Array2 some = space.sample(7, 40, 10);
  for (std::size_t r = 0; r < 10; ++r) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(some(r, c), all(40 + r, c));
  }
  EXPECT_NE(space.sample(8, 0, 1).values, space.sample(7, 0, 1).values);
  const Array2 back = space.to_constrained(space.to_unconstrained(all));
  // Condition of the logit map at its worst here: x known to 2e-16, log x to 2e-16 * 25.
  for (std::size_t i = 0; i < all.values.size(); ++i)
    EXPECT_NEAR(back.values[i], all.values[i], 1e-12 * std::fabs(all.values[i]));
}

TEST(ParameterSpace, NamesAreFoundAndMayNotRepeat) {
  EXPECT_EQ(example().find("p2"), 1U);
  EXPECT_EQ(example().find("p9"), std::nullopt);
  const double bounds[] = {0.0, 1.0};
  const Prior prior = *Prior::make("uniform", bounds);
  const auto twice = ParameterSpace::make({"a", "b", "a", "b", "c", "a"}, std::vector<Prior>(6, prior));
  ASSERT_FALSE(twice.has_value());
  ASSERT_EQ(twice.error().size(), 2U);
  EXPECT_EQ(twice.error()[0].message, "the parameter `a` is given more than once");
  EXPECT_EQ(twice.error()[1].message, "the parameter `b` is given more than once");
}

}  // namespace
}  // namespace hillock::prob
