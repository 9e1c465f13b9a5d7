#include "lang/format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "lang/load.hpp"
#include "lang/parser.hpp"

namespace hillock::lang {
namespace {

std::string formatted(std::string_view text) {
  const auto out = format_model(text, "m");
  EXPECT_TRUE(out.has_value()) << (out ? "" : render(out.error()));
  return out.value_or("");
}

/// Kinds, operators and words of all statements: what a text means, without spaces and places.
std::string meaning(std::string_view text) {
  const auto ast = parse(text, "m");
  EXPECT_TRUE(ast.has_value()) << text;
  if (!ast) return {};
  std::string out;
  for (const Statement& s : ast->statements) {
    out += "[" + std::to_string(static_cast<int>(s.kind)) + " " + std::string(ast->text(s.name)) + " " +
           std::to_string(s.flags.size());
    const auto add = [&](const Expr& e) {
      if (!e.given()) return;
      out += " <";
      for (std::uint32_t i = e.first; i <= e.root; ++i) {
        const ExprNode& n = ast->nodes[i];
        out += " " + std::to_string(static_cast<int>(n.kind)) + "/" + std::to_string(static_cast<int>(n.op)) + "/" +
               std::to_string(n.value);
        if (n.kind == ExprNode::Kind::name || n.kind == ExprNode::Kind::call)
          out += "/" + std::string(ast->text(n.word));
        if (n.kind == ExprNode::Kind::unary || n.kind == ExprNode::Kind::binary) out += "/" + std::to_string(i - n.a);
        if (n.kind == ExprNode::Kind::binary) out += "/" + std::to_string(i - n.b);
        if (n.kind == ExprNode::Kind::call)
          for (std::uint32_t k = 0; k < n.b; ++k) out += "/" + std::to_string(i - ast->arguments[n.a + k]);
      }
      out += " >";
    };
    add(s.value);
    if (s.distribution)
      for (const Expr& e : s.distribution->arguments) add(e);
    for (const RequiredItem& item : s.items) out += std::to_string(static_cast<int>(item.reduce)), add(item.expression);
    for (const Expr& e : {s.low, s.high, s.from, s.to}) add(e);
    for (const ResetAssignment& a : s.assignments) out += std::string(ast->text(a.name)), add(a.value);
    out += "]";
  }
  return out;
}

void expect_faithful(std::string_view text) {
  const std::string once = formatted(text);
  EXPECT_EQ(formatted(once), once) << text;
  EXPECT_EQ(meaning(once), meaning(text)) << text;
}

TEST(Format, EveryStatement) {
  const char* messy =
      "# a comment   \n\n\n\n"
      "param  p:1/ms=0.1/ms~loguniform( 1e-7/ms,1e3/ms )   # trailing\n"
      "const E : mV=-88.4mV ; const F=2*E\n"
      "input V:volt\n"
      "  k1=p*exp ( E/V )\n   *2   # within\n  :1/second (shared , constant   over dt)\n"
      "d a/dt=k1*( 1-a )-( k2*a ):1(unless refractory)\n"
      "g : siemens / metre ** 2 (constant)\n"
      "init a=k1/( k1+k2 )\n"
      "observe I~ar1( p*a , sigma,tau )\n"
      "require max( k1 ),k2 in[ 1/ms,inf ]for V in [-120*mV,60 mV]\n"
      "threshold a>0.5 and not(a>2);reset a=0;b+=1 ;refractory 2*ms\n"
      "event burst a>3\n"
      "# the end";
  const char* clean =
      "# a comment\n\n"
      "param p : 1/ms = 0.1/ms ~ loguniform(1e-7/ms, 1e3/ms)  # trailing\n"
      "const E : mV = -88.4 mV\n"
      "const F = 2*E\n"
      "input V : volt\n"
      "# within\n"
      "k1 = p*exp(E/V)*2 : 1/second (shared, constant over dt)\n"
      "da/dt = k1*(1 - a) - k2*a : 1 (unless refractory)\n"
      "g : siemens/metre**2 (constant)\n"
      "init a = k1/(k1 + k2)\n"
      "observe I ~ ar1(p*a, sigma, tau)\n"
      "require max(k1), k2 in [1/ms, inf] for V in [-120*mV, 60 mV]\n"
      "threshold a > 0.5 and not a > 2\n"
      "reset a = 0; b += 1\n"
      "refractory 2*ms\n"
      "event burst a > 3\n"
      "# the end\n";
  EXPECT_EQ(formatted(messy), clean);
  expect_faithful(messy);
}

TEST(Format, ParenthesesOnlyWhereTheyMeanSomething) {
  const std::pair<const char*, const char*> cases[] = {
      {"((a))", "a"},
      {"(a*b)*c", "a*b*c"},
      {"a*(b*c)", "a*(b*c)"},
      {"a-(b-c)", "a - (b - c)"},
      {"(a-b)-c", "a - b - c"},
      {"a/(b/c)", "a/(b/c)"},
      {"(a+b)*c", "(a + b)*c"},
      {"-(a+b)", "-(a + b)"},
      {"(-a)**2", "(-a)**2"},
      {"-(a**2)", "-a**2"},
      {"a**(b**c)", "a**b**c"},
      {"(a**b)**c", "(a**b)**c"},
      {"a**(-b)", "a**-b"},
      {"a**(b*c)", "a**(b*c)"},
      {"- -a", "--a"},
      {"a-(-b)", "a - -b"},
      {"(a//b)%c", "a // b % c"},
      {"not (a and b)", "not (a and b)"},
      {"(not a) and b", "not a and b"},
      {"not (not a)", "not not a"},
      {"(a or b) and c", "(a or b) and c"},
      {"a or (b and c)", "a or b and c"},
      {"(a<b)==c", "(a < b) == c"},
      {"not (a == b)", "not a == b"},
      {"(5 mV)**2", "(5 mV)**2"},
      {"5 mV ** 2", "5 mV**2"},
      {"5um**-2", "5 um**-2"},
      {"+a", "+a"},
      {"(a)*(b)", "a*b"},
      {"f(g(a),(b))", "f(g(a), b)"},
      {"f()", "f()"},
      {"1.50e-07*x", "1.50e-07*x"},
      {"-5 mV", "-5 mV"},
      {"True and(a<1.)", "True and a < 1."},
  };
  for (const auto& [in, out] : cases) {
    const std::string text = "x = " + std::string(in) + " : 1\n";
    EXPECT_EQ(formatted(text), "x = " + std::string(out) + " : 1\n") << in;
    expect_faithful(text);
  }
}

TEST(Format, LongLinesBreakAfterAnOperator) {
  std::string text = "x = a0";
  for (int i = 1; i < 60; ++i) text += " + f(a" + std::to_string(i) + ", b)";
  text += " : 1\n";
  const std::string out = formatted(text);
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 125U) << line;
  EXPECT_GT(std::ranges::count(out, '\n'), 5);
  expect_faithful(text);
  // An added statement goes on after an operator, too.
  std::string init = "init x = a0";
  for (int i = 1; i < 60; ++i) init += " + a" + std::to_string(i) + "*b" + std::to_string(i);
  expect_faithful(init + "\n");
}

TEST(Format, CommentsAndBlankLinesStay) {
  const char* text =
      "# one\n"
      "\n"
      "# two\n"
      "a = 1 : 1  # three\n"
      "\n"
      "b = 2 : 1\n"
      "# four\n";
  EXPECT_EQ(formatted(text), text);
  expect_faithful("table I( t ) = [ 0,1.5 , -2] nA,dt=0.5 ms; event a I(t)>1*nA; on a w=1 ;w+=2\nw:1\n");
  EXPECT_EQ(formatted("table I( t ) = [ 0,1.5 , -2] nA , dt=0.5 ms; on a w=1 ;w+=2\n"),
            "table I(t) = [0, 1.5, -2] nA, dt = 0.5 ms\non a w = 1; w += 2\n");
  expect_faithful("a = (1 # x\n + 2 # y\n ) : 1 # z\n # w\nb = 1 : 1; c = 2 : 1 # v\n");
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("\n\n# only\n\n"), "# only\n");
}

TEST(Format, TheHergModelIsCanonicalAndMeansTheSame) {
  std::ifstream file(std::string(HILLOCK_SOURCE_DIR) + "/examples/herg/herg.model");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(formatted(text.str()), text.str());
  // Written without any care, it is the same model, node for node.
  std::string squeezed;
  for (const char c : text.str()) squeezed += c == '\n' ? " \n\n" : std::string(1, c);
  const auto a = load_model(text.str(), "herg.model"), b = load_model(formatted(squeezed), "herg.model");
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->graph.size(), b->graph.size());
  for (std::uint32_t i = 0; i < a->graph.size(); ++i)
    EXPECT_EQ(to_text(a->graph, ir::NodeId{i}, a->symbol_names()), to_text(b->graph, ir::NodeId{i}, b->symbol_names()));
}

TEST(Format, NamesAndUnitsMayBeWrong) {
  EXPECT_EQ(formatted("x=y+zz(3):vlot\n"), "x = y + zz(3) : vlot\n");
  EXPECT_FALSE(format_model("x = (1 : 1\n", "m").has_value());
}

TEST(Format, ACommentAmongFlagsStaysAComment) {
  const std::string text = "dx/dt = 1/second : 1 (unless # why\n refractory)\n";
  const auto once = format_model(text, "m.model");
  ASSERT_TRUE(once.has_value());
  EXPECT_NE(once->find("(unless refractory)"), std::string::npos) << *once;
  EXPECT_NE(once->find("# why"), std::string::npos) << *once;
  EXPECT_EQ(format_model(*once, "m.model").value(), *once);
}

TEST(Format, SpacesInAUnitThatSeparateStay) {
  EXPECT_EQ(formatted("x : siemens / metre ** 2 (constant)\n"), "x : siemens/metre**2 (constant)\n");
  for (const std::string unit : {"sie mens", "metre* *2", "1/ /ms", "metre**1 2", "metre**1. 5", "metre**1e -3"}) {
    const std::string text = "x : " + unit + "\nparam x : 1 = 1\n";
    EXPECT_EQ(formatted(text), text);
    EXPECT_FALSE(load_model(text, "m").has_value());
  }
}

TEST(Format, WhatCannotBeRunIsFormatted) {
  expect_faithful(
      "dv/dt=-v/tau+sigma*xi_1*tau**-0.5:volt(unless refractory)\nx=rand()+randn()*poisson(3):1(constant over dt)\n");
}

}  // namespace
}  // namespace hillock::lang
