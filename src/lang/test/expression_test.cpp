#include "lang/expression.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"
#include "lang/prior.hpp"

namespace hillock::lang {
namespace {

const units::Dimension volt = units::find_unit("volt")->dimension;
const std::vector<NamedDimension> time_only = {{"t", units::find_unit("second")->dimension}};

TEST(Expression, AStimulusInTime) {
  const auto sine = parse_expression(
      "-30*mV + 54*mV*sin(0.007/ms*(t - 2500.1*ms)) + 26 mV*sin(0.037/ms*(t - 2500.1*ms))\n + 10*mV*sin(0.19/ms*(t - "
      "2500.1*ms))",
      "data.train.inputs.V", time_only, volt);
  ASSERT_TRUE(sine.has_value()) << render(sine.error());
  for (const double ms : {2500.1, 3000.0, 6400.3}) {
    const double u = ms - 2500.1;
    const double mV = -30 + 54 * std::sin(0.007 * u) + 26 * std::sin(0.037 * u) + 10 * std::sin(0.19 * u);
    // The largest argument is 0.19*4000 = 760 with a rounding of 1e-16 relative: 1e-13 of an amplitude of 90 mV.
    EXPECT_NEAR(ir::evaluate(sine->graph, sine->root, std::vector{ms * 1e-3}), mV * 1e-3, 1e-13);
  }
}

TEST(Expression, NamesAreSymbolsInOrder) {
  const std::vector<NamedDimension> names = {{"t", time_only[0].dimension}, {"a", {}}, {"b", {}}};
  const auto e = parse_expression("b - a", "key", names, {});
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(ir::evaluate(e->graph, e->root, std::vector{9.0, 3.0, 5.0}), 2.0);
}

TEST(Expression, AConditionIsANumber) {
  const auto e = parse_expression("t > 1*ms", "key", time_only, {});
  ASSERT_TRUE(e.has_value());
  EXPECT_EQ(e->graph[e->root].type, ir::Type::real);
}

TEST(Expression, ZeroIsAnyUnit) { EXPECT_TRUE(parse_expression("0", "key", time_only, volt).has_value()); }

struct Case {
  const char* text;
  const char* rendered;
};

TEST(Expression, Mistakes) {
  const Case cases[] = {
      {"-30*mV + 54*ms",
       "data.train.inputs.V: error: cannot add different units: '-30*mV' is volt, '54*ms' is second [unit-mismatch]\n"
       "    -30*mV + 54*ms\n"
       "    ^~~~~~~~~~~~~~\n"},
      {"5*second",
       "data.train.inputs.V: error: the expression must be volt, but is second [unit-mismatch]\n"
       "    5*second\n"
       "    ^~~~~~~~\n"},
      {"-80",
       "data.train.inputs.V: error: the expression must be volt, but is a pure number [unit-mismatch]\n"
       "    -80\n"
       "    ^~~\n"
       "    try: a number alone has no unit: write for example '-80 mV'\n"},
      {"V + 1*mV",
       "data.train.inputs.V: error: there is no 'V' here [unknown-name]\n"
       "    V + 1*mV\n"
       "    ^\n"},
      {"", "data.train.inputs.V: error: expected a value, found the end of the text [syntax]\n"},
      {"1*mV)",
       "data.train.inputs.V: error: expected the end of the expression, found ')' [syntax]\n    1*mV)\n        ^\n"},
      {"dt*volt/second",
       "data.train.inputs.V: error: there is no 'dt' here [unknown-name]\n    dt*volt/second\n    ^~\n    try: 't'\n"},
      {"randn()*mV",
       "data.train.inputs.V: error: the random function 'randn' has no place here [random-misplaced]\n    randn()*mV\n"
       "    ^~~~~\n    try: in a reset, a condition, 'init' or a sub-expression '(constant over dt)'\n"},
  };
  for (const Case& c : cases) {
    const auto e = parse_expression(c.text, "data.train.inputs.V", time_only, volt);
    ASSERT_FALSE(e.has_value()) << c.text;
    EXPECT_EQ(render(e.error()), c.rendered) << c.text;
  }
}

TEST(Prior, FamiliesAndUnits) {
  const units::Unit rate = units::parse_unit("1/ms").value();
  struct Good {
    const char* text;
    const char* family;
    std::vector<double> arguments;
  };
  const Good cases[] = {
      {"loguniform(1e-7/ms, 1e3/ms)", "loguniform", {1e-4, 1e6}},
      {"uniform(0, 2*kHz)", "uniform", {0.0, 2e3}},
      {"normal(-1/ms, 3 hertz)", "normal", {-1e3, 3.0}},
      {"lognormal(1/second, 0.5)", "lognormal", {1.0, 0.5}},
      {"halfnormal(2/ms)", "halfnormal", {2e3}},
      {"exponential(\n 2/ms )", "exponential", {2e3}},
  };
  for (const Good& c : cases) {
    const auto prior = parse_prior(c.text, rate, "prior.k");
    ASSERT_TRUE(prior.has_value()) << c.text << "\n" << render(prior.error());
    EXPECT_EQ(prior->family, c.family);
    ASSERT_EQ(prior->arguments.size(), c.arguments.size());
    // A quotient of two roundings.
    for (std::size_t i = 0; i < c.arguments.size(); ++i)
      EXPECT_NEAR(prior->arguments[i], c.arguments[i], 3e-16 * std::abs(c.arguments[i]));
  }
}

TEST(Prior, Mistakes) {
  const units::Unit rate = units::parse_unit("1/ms").value();
  const Case cases[] = {
      {"loguniform(1e3/ms, 1e-7/ms)",
       "prior.k: error: the lower bound of 'loguniform' must be below the upper one [prior-bounds]\n    "
       "loguniform(1e3/ms, 1e-7/ms)\n"
       "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~\n    try: swap them\n"},
      {"uniform(1/ms, 1/ms)",
       "prior.k: error: the lower bound of 'uniform' must be below the upper one [prior-bounds]\n    uniform(1/ms, "
       "1/ms)\n    ^~~~~~~~~~~~~~~~~~~\n"},
      {"loguniform(0, 1/ms)",
       "prior.k: error: the lower bound of 'loguniform' must be above 0 [prior-not-positive]\n    loguniform(0, "
       "1/ms)\n               ^\n"},
      {"uniform(1*mV, 2)",
       "prior.k: error: the lower bound of 'uniform' must be second^-1, but is volt [unit-mismatch]\n    uniform(1*mV, "
       "2)\n            ^~~~\n"
       "prior.k: error: the upper bound of 'uniform' must be second^-1, but is a pure number [unit-mismatch]\n    "
       "uniform(1*mV, 2)\n"
       "                  ^\n    try: a number alone has no unit: write for example '2/ms'\n"},
      {"unifrom(0, 1)",
       "prior.k: error: there is no prior 'unifrom' [prior-family]\n    unifrom(0, 1)\n    ^~~~~~~\n    try: "
       "'uniform'\n"},
      {"cauchy(0, 1)",
       "prior.k: error: there is no prior 'cauchy' [prior-family]\n    cauchy(0, 1)\n    ^~~~~~\n"
       "    try: one of uniform, loguniform, normal, lognormal, halfnormal, exponential\n"},
      {"normal(1/ms)",
       "prior.k: error: 'normal' takes 2 arguments, found 1 [prior-arguments]\n    normal(1/ms)\n    ^~~~~~~~~~~~\n    "
       "try: 'normal(mean, sd)'\n"},
      {"normal(k0, 1/ms)",
       "prior.k: error: the mean of 'normal' must be a number, found the name 'k0' [not-a-number]\n    normal(k0, "
       "1/ms)\n           ^~\n"
       "    try: write the number itself: it may not change with other values\n"},
      {"normal(1/ms, inf)",
       "prior.k: error: the sd of 'normal' is infinite [not-finite]\n    normal(1/ms, inf)\n                 ^~~\n"},
      {"uniform",
       "prior.k: error: expected '(' and the arguments of 'uniform', found the end of the text [syntax]\n    uniform\n "
       "          ^\n"},
      {"lognormal(1/ms, 1/ms)",
       "prior.k: error: the sd of the logarithm of 'lognormal' must be a pure number, but is second^-1 "
       "[unit-mismatch]\n    lognormal(1/ms, 1/ms)\n"
       "                    ^~~~\n"},
  };
  for (const Case& c : cases) {
    const auto prior = parse_prior(c.text, rate, "prior.k");
    ASSERT_FALSE(prior.has_value()) << c.text;
    EXPECT_EQ(render(prior.error()), c.rendered) << c.text;
  }
}

}  // namespace
}  // namespace hillock::lang
