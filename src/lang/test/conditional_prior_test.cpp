// Priors that read parameters before them: what they mean, and every message about them.

#include "lang/conditional_prior.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/interpret.hpp"
#include "lang/format.hpp"
#include "lang/load.hpp"

namespace hillock::lang {
namespace {

ir::Model load(std::string_view text) {
  auto model = load_model(text, "m.model");
  EXPECT_TRUE(model.has_value()) << (model ? "" : render(model.error()));
  return model ? std::move(*model) : ir::Model{};
}

std::string errors_of(std::string_view text) {
  const auto model = load_model(text, "m.model");
  return model ? "no error" : render(model.error());
}

/// Argument k of the prior of a parameter, where others have these values.
double argument(const ir::Model& model, std::size_t parameter, std::size_t k,
                const std::vector<std::pair<std::string, double>>& at) {
  std::vector<double> symbols(model.symbols.size());
  for (const auto& [name, value] : at) symbols[index(*model.find(name))] = value;
  return ir::evaluate(model.graph, model.parameters[parameter].prior->expressions[k].value, symbols);
}

std::vector<std::string> given(const ir::Model& model, std::size_t parameter) {
  std::vector<std::string> out;
  for (const ir::SymbolId id : model.parameters[parameter].prior->given) out.push_back(model.symbol(id).name);
  return out;
}

const std::string hierarchy =
    "param tau1 : ms ~ lognormal(10 ms, 0.5)\n"
    "param s : 1 ~ halfnormal(0.4)\n"
    "param tau2 : ms ~ lognormal(2*tau1, s)\n"
    "param v : mV = -60 mV ~ normal(-70 mV - tau2*(1 mV/ms), 0.5*mV + s*3 mV)\n"
    "param w : mV ~ halfnormal(exp(v/(10*mV))*mV)\n"
    "param r : 1/ms ~ exponential(1/tau2)\n";

TEST(ConditionalPrior, ArgumentsAreExpressionsInSi) {
  const ir::Model m = load(hierarchy);
  EXPECT_FALSE(m.parameters[0].prior->conditional());
  EXPECT_EQ(m.parameters[0].prior->arguments.size(), 2U);
  EXPECT_TRUE(m.parameters[2].prior->conditional());
  EXPECT_TRUE(m.parameters[2].prior->arguments.empty());  // so that nobody takes them for numbers
  EXPECT_DOUBLE_EQ(argument(m, 2, 0, {{"tau1", 0.01}}), 0.02);
  EXPECT_DOUBLE_EQ(argument(m, 2, 1, {{"s", 0.3}}), 0.3);
  EXPECT_DOUBLE_EQ(argument(m, 3, 0, {{"tau2", 0.02}}), -0.09);
  EXPECT_DOUBLE_EQ(argument(m, 3, 1, {{"s", 0.5}}), 0.002);
  EXPECT_DOUBLE_EQ(argument(m, 4, 0, {{"v", -0.02}}), 1e-3 * std::exp(-2.0));
  EXPECT_DOUBLE_EQ(argument(m, 5, 0, {{"tau2", 0.02}}), 50.0);
  EXPECT_THAT(given(m, 2), testing::ElementsAre("tau1", "s"));
  EXPECT_THAT(given(m, 3), testing::ElementsAre("s", "tau2"));
  EXPECT_EQ(m.parameters[3].value, -0.06);
  EXPECT_EQ(m.parameters[3].prior->text, "normal(-70 mV - tau2*(1 mV/ms), 0.5*mV + s*3 mV)");
  // A number beside an expression is an expression too.
  const ir::Model mixed = load("param a : mV ~ normal(0 mV, 1 mV)\nparam b : mV ~ normal(a, 2 mV)\n");
  EXPECT_EQ(argument(mixed, 1, 1, {}), 2e-3);
  EXPECT_THAT(given(mixed, 1), testing::ElementsAre("a"));
}

TEST(ConditionalPrior, ComesBackFromItsCanonicalText) {
  const std::string once = format_model(hierarchy, "m").value();
  EXPECT_EQ(once, hierarchy);
  EXPECT_EQ(format_model("param a:1~normal( 0,1 )\nparam b : 1 ~ normal((2*a),(1+a**2)*0.5)", "m").value(),
            "param a : 1 ~ normal(0, 1)\nparam b : 1 ~ normal(2*a, (1 + a**2)*0.5)\n");
}

TEST(ConditionalPrior, MistakesOfTheText) {
  const std::string a = "param a : mV ~ normal(0 mV, 1 mV)\n";
  const std::pair<std::string, std::string> cases[] = {
      {"param b : mV ~ normal(a, 1 mV)\n" + a,
       "m.model:1:23: error: the prior of 'b' reads 'a', which is declared later, in line 2 [prior-order]\n"
       "    param b : mV ~ normal(a, 1 mV)\n"
       "                          ^\n"
       "    try: move 'param a' above it\n"},
      {"param b : mV ~ normal(b, 1 mV)\n",
       "m.model:1:23: error: the prior of 'b' reads 'b' itself [prior-order]\n"
       "    param b : mV ~ normal(b, 1 mV)\n"
       "                          ^\n"
       "    try: a prior reads parameters that are declared before its own, and nothing else\n"},
      {"param a : 1 ~ normal(c, 1)\nparam b : 1 ~ normal(a, 1)\nparam c : 1 ~ normal(2*b, 1)\n",
       "m.model:1:22: error: priors depend on each other in a circle: a -> c -> b -> a [cycle]\n"
       "    param a : 1 ~ normal(c, 1)\n"
       "                         ^\n"
       "    try: give one of them numbers\n"},
      {a + "dx/dt = -x/ms : mV\nparam b : mV ~ normal(a + x, 1 mV)\n",
       "m.model:3:27: error: the mean of 'normal' reads 'x', a state [prior-not-of-parameters]\n"
       "    param b : mV ~ normal(a + x, 1 mV)\n"
       "                              ^\n"
       "    try: a prior reads parameters that are declared before its own, and nothing else\n"},
      {"input V : mV\nparam b : mV ~ halfnormal(V)\n",
       "m.model:2:27: error: the sd of 'halfnormal' reads 'V', an input [prior-not-of-parameters]\n"
       "    param b : mV ~ halfnormal(V)\n"
       "                              ^\n"
       "    try: a prior reads parameters that are declared before its own, and nothing else\n"},
      {"param b : ms ~ exponential(t)\n",
       "m.model:1:28: error: the mean of 'exponential' reads 't', which changes while the model runs "
       "[prior-not-of-parameters]\n"
       "    param b : ms ~ exponential(t)\n"
       "                               ^\n"
       "    try: a prior reads parameters that are declared before its own, and nothing else\n"},
      {"const E = 3 mV\nparam b : mV ~ normal(E, 1 mV)\n",
       "m.model:2:23: error: the mean of 'normal' reads 'E', a constant [prior-not-of-parameters]\n"
       "    param b : mV ~ normal(E, 1 mV)\n"
       "                          ^\n"
       "    try: write the number itself: a prior reads parameters that are declared before its own, and nothing "
       "else\n"},
      {"table u(t) = [0, 1] mV, dt = 1*ms\nparam s : ms ~ exponential(1*ms)\nparam b : mV ~ normal(u(s), 1 mV)\n",
       "m.model:3:23: error: the mean of 'normal' reads a table, which is a function of time "
       "[prior-not-of-parameters]\n"
       "    param b : mV ~ normal(u(s), 1 mV)\n"
       "                          ^~~~\n"
       "    try: a prior depends on parameters alone\n"},
      {a + "param b : ms ~ normal(a, 1 ms)\n",
       "m.model:2:23: error: the mean of 'normal' must be second, but is volt [unit-mismatch]\n"
       "    param b : ms ~ normal(a, 1 ms)\n"
       "                          ^\n"},
      {a + "param b : mV ~ normal(A, 1 mV)\n",
       "m.model:2:23: error: there is no 'A' here [unknown-name]\n"
       "    param b : mV ~ normal(A, 1 mV)\n"
       "                          ^\n"
       "    try: 'a'\n"},
      {a + "param b : mV ~ uniform(a, 1 mV)\n",
       "m.model:2:24: error: the lower bound of 'uniform' must be a number, found the name 'a' [not-a-number]\n"
       "    param b : mV ~ uniform(a, 1 mV)\n"
       "                           ^\n"
       "    try: write the number itself; for bounds that move with other parameters, 'param x01 : 1 ~ uniform(0, 1)' "
       "and 'x = low + (high - low)*x01 : unit'\n"},
      {"param a : ms ~ exponential(1 ms)\nparam b : ms ~ loguniform(1 ms, a)\n",
       "m.model:2:33: error: the upper bound of 'loguniform' must be a number, found the name 'a' [not-a-number]\n"
       "    param b : ms ~ loguniform(1 ms, a)\n"
       "                                    ^\n"
       "    try: write the number itself; for bounds that move with other parameters, 'param x01 : 1 ~ uniform(0, 1)' "
       "and 'x = low*(high/low)**x01 : unit'\n"},
      {a + "param b : mV ~ normal(a, 0 mV)\n",
       "m.model:2:26: error: the sd of 'normal' must be above 0 [prior-not-positive]\n"
       "    param b : mV ~ normal(a, 0 mV)\n"
       "                             ^~~~\n"},
      {a + "param b : mV ~ normal(a, a)\n",
       "m.model:2:26: error: the sd of 'normal' must be above 0, but may not be for some values of 'a' "
       "[prior-not-positive]\n"
       "    param b : mV ~ normal(a, a)\n"
       "                             ^\n"
       "    try: exp(...) of it, or a prior of 'a' that keeps it above 0\n"},
      {"param a : 1 ~ uniform(-1, 1)\nparam c : 1 ~ halfnormal(1)\nparam b : 1 ~ lognormal(c - a, 1)\n",
       "m.model:3:25: error: the median of 'lognormal' must be above 0, but may not be for some values of 'a' and 'c' "
       "[prior-not-positive]\n"
       "    param b : 1 ~ lognormal(c - a, 1)\n"
       "                            ^~~~~\n"
       "    try: exp(...) of it, or a prior of 'a' and 'c' that keeps it above 0\n"},
      {"param a : 1 ~ normal(0, 1)\nparam b : 1 ~ normal(log(a), 1)\n",
       "m.model:2:22: error: the mean of 'normal' has no value for some values of 'a' [prior-undefined]\n"
       "    param b : 1 ~ normal(log(a), 1)\n"
       "                         ^~~~~~\n"
       "    try: keep log and sqrt to what is above 0, and divide by nothing that can be 0\n"},
  };
  for (const auto& [text, rendered] : cases) EXPECT_EQ(errors_of(text), rendered) << text;
}

TEST(ConditionalPrior, ScalesThatStayAbove0AreTaken) {
  for (const char* scale : {"s", "2*s", "sqrt(s)", "s**2", "exp(a)", "1 + a**2", "s*u", "u", "0.1 + abs(a)", "s/u",
                            "max(a, 0.1)", "clip(a, 0.5, 2)", "1/(1 + exp(-a))", "cosh(a)", "5 - u"})
    EXPECT_EQ(errors_of("param a : 1 ~ normal(0, 1)\nparam s : 1 ~ halfnormal(1)\nparam u : 1 ~ uniform(0, 2)\n"
                        "param b : 1 ~ normal(a, " +
                        std::string(scale) + ")\n"),
              "no error")
        << scale;
  // What reads a conditional prior counts with its family's support.
  EXPECT_EQ(errors_of("param a : 1 ~ normal(0, 1)\nparam b : 1 ~ lognormal(exp(a), 1)\nparam c : 1 ~ normal(a, b)\n"),
            "no error");
  // A parameter that has its prior still to come decides nothing; one with a default counts with that.
  EXPECT_EQ(errors_of("param a : 1\nparam b : 1 ~ normal(0, a)\n"), "no error");
  EXPECT_EQ(errors_of("param a : 1 = 2\nparam b : 1 ~ normal(0, a)\n"), "no error");
  EXPECT_NE(errors_of("param a : 1 = -2\nparam b : 1 ~ normal(0, a)\n"), "no error");
}

// Each reads the one before: time and memory go with the length of the text, not with its square.
TEST(ConditionalPrior, LongChains) {
  std::string text = "param p0 : 1 ~ normal(0, 1)\n", circle;
  for (int i = 1; i < 20000; ++i) {
    const std::string own = "param p" + std::to_string(i) + " : 1 ~ normal(p";
    text += own + std::to_string(i - 1) + ", 1)\n";
    circle += own + std::to_string(i + 1) + ", 1)\n";
  }
  const ir::Model m = load(text);
  EXPECT_THAT(given(m, 19999), testing::ElementsAre("p19998"));
  EXPECT_NE(errors_of(circle + "param p20000 : 1 ~ normal(p1, 1)\n").find("priors depend on each other in a circle"),
            std::string::npos);
}

TEST(ConditionalPrior, OfAStudyReadsTheModel) {
  ir::Model m = load(hierarchy);
  const auto spec = parse_prior("lognormal(3*tau1, 0.2)", m, 2, "prior.tau2");
  ASSERT_TRUE(spec) << render(spec.error());
  m.parameters[2].prior = *spec;
  EXPECT_DOUBLE_EQ(argument(m, 2, 0, {{"tau1", 0.01}}), 0.03);
  EXPECT_THAT(given(m, 2), testing::ElementsAre("tau1"));
  EXPECT_TRUE(range_mistakes(m).empty());
  m.parameters[1].prior = parse_prior("normal(0, 1)", m, 1, "prior.s").value();  // s is an sd elsewhere
  const auto mistakes = range_mistakes(m);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0].parameter, 3U);
  EXPECT_EQ(mistakes[0].error.code, "prior-not-positive");

  const auto refused = [&](const char* text, std::size_t parameter) {
    const auto out = parse_prior(text, m, parameter, "prior.p");
    return out ? std::string("no error") : render(out.error());
  };
  EXPECT_EQ(refused("normal(v, 1 ms)", 0),
            "prior.p: error: the prior of 'tau1' reads 'v', which the model declares later [prior-order]\n"
            "    normal(v, 1 ms)\n"
            "           ^\n"
            "    try: move 'param v' above it in the model\n");
  EXPECT_EQ(refused("normal(tau1, 1 ms)", 0),
            "prior.p: error: the prior of 'tau1' reads 'tau1' itself [prior-order]\n"
            "    normal(tau1, 1 ms)\n"
            "           ^~~~\n"
            "    try: a prior reads parameters that are declared before its own, and nothing else\n");
  EXPECT_NE(refused("normal(dt, 1 ms)", 0).find("prior-not-of-parameters"), std::string::npos);
  EXPECT_NE(refused("normal(tau3, 1 ms)", 2).find("unknown-name"), std::string::npos);
  EXPECT_NE(refused("uniform(tau1, 1 second)", 2).find("must be a number, found the name 'tau1'"), std::string::npos);
  EXPECT_NE(refused("normal(s, 1 ms)", 2).find("unit-mismatch"), std::string::npos);
}

}  // namespace
}  // namespace hillock::lang
