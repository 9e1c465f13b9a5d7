// Texts made to break a parser. Each must end, with an error that names the limit it met, or with a model. Time is
// bounded by construction: every pass is a loop over characters, tokens or nodes, whose numbers limits.hpp caps, and
// no pass calls itself deeper than max_nesting.

#include <gtest/gtest.h>

#include "lang/expression.hpp"
#include "lang/format.hpp"
#include "lang/limits.hpp"
#include "lang/load.hpp"
#include "lang/prior.hpp"

namespace hillock::lang {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

/// The codes of the errors of a text, also from the formatter (which must not fare worse).
std::vector<std::string> codes(const std::string& text) {
  (void)format_model(text, "m");
  const auto model = load_model(text, "m");
  std::vector<std::string> out;
  if (!model)
    for (const Error& error : model.error()) {
      out.push_back(error.code);
      EXPECT_LT(render(error).size(), 2000U);
    }
  return out;
}

using Codes = std::vector<std::string>;

TEST(Hostile, Nesting) {
  EXPECT_EQ(codes("x = " + std::string(100'000, '(') + "1" + std::string(100'000, ')') + " : 1\n"),
            Codes{"too-large"});  // one line of 200 kB
  const std::string opens = repeated("((((((((((\n", 10'000), closes = repeated("))))))))))\n", 10'000);
  EXPECT_EQ(codes("x = " + opens + "1" + closes + " : 1\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("x = " + repeated("exp(", 10'000) + "1" + std::string(10'000, ')') + " : 1\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("x = " + std::string(60'000, '-') + "1 : 1\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("x = " + repeated("not ", 10'000) + "True : boolean\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("x = " + repeated("2**", 10'000) + "1 : 1\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("param p : 1 ~ uniform(" + std::string(10'000, '(') + "\n"), Codes{"too-deep"});
  EXPECT_EQ(codes("x = " + std::string(10'000, '(') + " : 1\ny = z : 1\n"),
            (Codes{"too-deep", "unknown-name"}));  // and goes on
  // Just inside the limit.
  EXPECT_EQ(codes("x = " + std::string(90, '(') + "1" + std::string(90, ')') + " : 1\n"), Codes{});
}

TEST(Hostile, Length) {
  EXPECT_EQ(codes("x = " + repeated("1+", 5'000'000) + "1 : 1\n"), Codes{"too-large"});  // a 10 MB line
  EXPECT_EQ(codes("x = " + repeated("1+", 100'000) + "1 : 1\n"), Codes{"too-large"});
  EXPECT_EQ(codes("x = " + repeated("1+\n", 500'000) + "1 : 1\n"), Codes{"too-large"});
  EXPECT_EQ(codes("x = " + repeated("1+1+1+1+1+1+\n", 4'000) + "1 : 1\n"), Codes{});  // a left spine 24 000 deep
  EXPECT_EQ(codes(std::string(1000, 'x') + " = 1 : 1\n"), Codes{"too-large"});
  EXPECT_EQ(codes("x = " + std::string(1000, '1') + " : 1\n"), Codes{"too-large"});
  EXPECT_EQ(codes("x = 1 : 1 # " + std::string(60'000, 'c') + "\n"), Codes{});
  EXPECT_EQ(codes("x = clip(" + repeated("1,", 20'000) + "1) : 1\n"), Codes{"argument-count"});
  EXPECT_EQ(codes("x = 1 : " + repeated("volt*", 10'000) + "volt\n"), Codes{"unit-syntax"});
  EXPECT_EQ(codes("x : 1 (" + repeated("constant,", 5'000) + "constant)\nconst x = 1\n"), Codes{});
}

TEST(Hostile, Bytes) {
  EXPECT_EQ(codes(std::string("x = 1 \0 : 1\n", 12)), Codes{"bad-character"});
  EXPECT_EQ(codes(std::string("# \0\n", 4)), Codes{"bad-character"});
  EXPECT_EQ(codes(std::string(60'000, '\0')), Codes{"bad-character"});
  EXPECT_EQ(codes("x = \xC3\x28 : 1\n"), Codes{"bad-character"});           // a truncated sequence
  EXPECT_EQ(codes("x = \xED\xA0\x80 : 1\n").front(), "bad-character");      // a surrogate
  EXPECT_EQ(codes("x = \xC0\x80 : 1\n").front(), "bad-character");          // an overlong NUL
  EXPECT_EQ(codes("x = \xF4\x90\x80\x80 : 1\n").front(), "bad-character");  // beyond U+10FFFF
  EXPECT_EQ(codes("x = 1 : 1\x1B\n"), Codes{"bad-character"});
  EXPECT_EQ(codes("x = 1 : 1\xE2\x82"), (Codes{"bad-character", "bad-character"}));  // cut at the end of the text
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_FALSE(codes(repeated(all, 100)).empty());
}

TEST(Hostile, Numbers) {
  EXPECT_EQ(codes("x = 1e400 : 1\n"), Codes{"number-range"});
  EXPECT_EQ(codes("x = 1e-400 : 1\n"), Codes{"number-range"});
  EXPECT_EQ(codes("x = 1e99999999999999999999 : 1\n"), Codes{"number-range"});
  EXPECT_EQ(codes("x = 1e308*1e308 : 1\n"), Codes{});  // arithmetic may overflow to inf
  EXPECT_EQ(codes("const x = inf - inf\n"), Codes{"not-finite"});
  EXPECT_EQ(codes("x = (1*mV)**1e300 : 1\n"), Codes{"unit-exponent"});
  EXPECT_EQ(codes("x = (1*mV)**(0/0) : 1\n"), Codes{"unit-exponent"});
  EXPECT_EQ(codes("x = 0x10 : 1\n"), Codes{"syntax"});
  EXPECT_EQ(codes("x = 1_000 : 1\n"), Codes{"syntax"});
  EXPECT_EQ(codes("x = 1j : 1\n"), Codes{"syntax"});
}

TEST(Hostile, DivisionByZeroIsToldWithItsPlace) {
  const auto model = load_model("y = 1/(2 - 2) : 1\nx = 3 % 0 + 1//0.0 : 1\n", "m");
  ASSERT_TRUE(model.has_value()) << render(model.error());
  ASSERT_EQ(model->notes.size(), 3U);
  EXPECT_EQ(model->notes[0].message, "a division by 0: infinite, and NaN where 0 is divided");
  EXPECT_EQ(model->notes[0].span.line, 1);
  EXPECT_EQ(model->notes[0].span.column, 5);
  EXPECT_EQ(model->notes[2].span.line, 2);
}

TEST(Hostile, SafeQuotientsOfDeepExpressions) {
  // The search for removable singularities looks at a few factors and terms, however many there are.
  std::string sums = "x0 = t/second : 1\n";
  for (int i = 1; i < 3000; ++i) {
    const std::string name = "x" + std::to_string(i - 1);
    sums += "x" + std::to_string(i) + " = (" + name + " - " + name + "*2)/(exp(" + name + " + " + name + ") - 1) : 1\n";
  }
  EXPECT_EQ(codes(sums), Codes{});
  EXPECT_EQ(codes("x = " + repeated("t/second*\n", 20'000) + "1 : 1\n"), Codes{});
  EXPECT_EQ(codes("x = " + repeated("2/3*\n", 20'000) + "1 : 1\n"), Codes{});
}

TEST(Hostile, ManyStatements) {
  std::string equations, chain, circle, starts;
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = "x" + std::to_string(i), next = "x" + std::to_string(i + 1);
    equations += "d" + name + "/dt = -" + name + "/tau : volt\n";
    chain += name + " = " + next + " + 1 : 1\n";
    circle += name + " = x" + std::to_string((i + 1) % 100'000) + " : 1\n";
  }
  for (int i = 0; i < 30'000; ++i) {
    const std::string name = "x" + std::to_string(i), next = "x" + std::to_string(i + 1);
    starts += "d" + name + "/dt = 1/second : 1\ninit " + name + " = " + next + " + 1\n";
  }
  EXPECT_EQ(codes(equations + "const tau = 5 ms\n"), Codes{});
  EXPECT_EQ(codes(equations).size(), 1U);  // tau is told once
  EXPECT_EQ(codes(chain + "x100000 = 1 : 1\n"), Codes{});
  EXPECT_EQ(codes(circle), Codes{"cycle"});
  EXPECT_EQ(codes(starts + "dx30000/dt = 1/second : 1\n"), Codes{});
  EXPECT_EQ(codes(repeated("x = 1 : 1\n", 50'000)).size(), max_errors + 1);
  EXPECT_EQ(codes(repeated("a\n", 300'000)).size(), max_errors + 1);
  EXPECT_EQ(codes(repeated("# c\n", 500'000)), Codes{});
  EXPECT_EQ(codes(repeated(";", 60'000)), Codes{});
  // Mistakes whose hints are searched for: only those that are shown are worth a search.
  std::string wrong_units, wrong_functions, wrong_states, wrong_quantities;
  for (int i = 0; i < 50'000; ++i) {
    const std::string name = "x" + std::to_string(i);
    wrong_units += name + " = 1 : vlot" + std::to_string(i) + "\n";
    wrong_functions += name + " = f" + name + "(1) : 1\n";
    wrong_states += "init " + name + " = 1\nd" + name + "y/dt = 1/second : 1\n";
    wrong_quantities += name + " = 3 vlot" + std::to_string(i) + " : 1\n";
  }
  for (const std::string& text : {wrong_units, wrong_functions, wrong_states, wrong_quantities})
    EXPECT_EQ(codes(text).size(), max_errors + 1);
}

TEST(Hostile, ExponentialSharing) {
  // Every line doubles the tree; the graph shares it.
  std::string text = "x0 = t/second : 1\n";
  for (int i = 1; i < 5000; ++i)
    text += "x" + std::to_string(i) + " = x" + std::to_string(i - 1) + " * x" + std::to_string(i - 1) + " : 1\n";
  const auto model = load_model(text, "m");
  ASSERT_TRUE(model.has_value());
  EXPECT_LT(model->graph.size(), 5100U);
}

TEST(Hostile, Cut) {
  // Every prefix of a model is a text that somebody may save.
  const std::string text =
      "param p1 : 1/ms = 1/ms ~ loguniform(1e-7/ms, 1e3/ms); input V : volt\nk1 = p1*exp(-(V)/(5 mV**1)) : 1/second "
      "(shared)\n"
      "da/dt = k1*(1 - a) : 1\ninit a = k1/(k1 + 1/ms)\nobserve I ~ ar1(a, 1, 2 ms)\nrequire max(k1) in [0/ms, inf] "
      "for V in [-1 mV, 1*mV]\n"
      "threshold not (a > 1) and True; reset a = 0; a += 1; refractory 2*ms\nevent e a < 3\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    (void)load_model(std::string_view(text).substr(0, size), "m");
    const auto once = format_model(std::string_view(text).substr(0, size), "m");
    if (!once) continue;
    const auto twice = format_model(*once, "m");
    ASSERT_TRUE(twice.has_value()) << *once;
    EXPECT_EQ(*twice, *once);
  }
}

TEST(Hostile, LoneTexts) {
  const units::Unit one;
  for (const std::string& text : {std::string(100'000, '('), repeated("1+", 1'000'000), std::string("1\0", 2),
                                  std::string("\xFF"), std::string("1e400")}) {
    EXPECT_FALSE(parse_expression(text, "key", {}, {}).has_value());
    EXPECT_FALSE(parse_prior("uniform(" + text + ", 2)", one, "key").has_value());
  }
}

}  // namespace
}  // namespace hillock::lang
