/// Passes of `bind`: what goes in and what comes out, as text; that each may be left out; what their table says.

#include "ir/passes/pass.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ir/algebra.hpp"
#include "ir/passes/derive_columns.hpp"
#include "ir/passes/narrow.hpp"
#include "ir/test/random_program.hpp"

namespace hillock::ir {
namespace {

/// x and y move, p and q stand still, c is a column.
class Passes : public testing::Test {
 protected:
  Passes() { begin(); }
  void begin() {
    p_ = Program();
    p_.parameters = 2;
    p_.columns = 1;
    x_ = p_.carried(p_.carry("x", num(1.0)));
    y_ = p_.carried(p_.carry("y", num(2.0)));
    p = p_.parameter(0), q = p_.parameter(1), c = p_.column(0);
  }
  NodeId num(double v) { return p_.graph.constant(v); }
  NodeId make(Op op, NodeId a) { return p_.graph.make(op, a); }
  NodeId make(Op op, NodeId a, NodeId b) { return p_.graph.make(op, a, b); }
  /// x and y are advanced to these.
  void advance(NodeId to_x, NodeId to_y) { p_.advance = {{0, to_x}, {1, to_y}}; }
  std::string text(std::size_t k) const {
    std::vector<std::string> names;
    for (const Variable& v : p_.variables) {
      static constexpr const char* parameters[] = {"p", "q"};
      static constexpr const char* carried[] = {"x", "y"};
      names.push_back(v.source == Source::parameter ? parameters[v.index]
                      : v.source == Source::carried ? carried[v.index]
                                                    : "c" + std::to_string(v.index));
    }
    return to_text(p_.graph, p_.advance[k].value, names);
  }
  Program p_;
  NodeId x_, y_, p, q, c;
};

TEST_F(Passes, HoistReciprocals) {
  advance(make(Op::div, x_, make(Op::exp, p)), make(Op::div, make(Op::div, p, x_), make(Op::add, y_, q)));
  hoist_reciprocals(p_);
  EXPECT_EQ(text(0), "(x * (1 / exp(p)))");
  EXPECT_EQ(text(1), "((p / x) / (y + q))");  // what moves below stays
}

TEST_F(Passes, MergeDivisions) {
  advance(make(Op::div, p, make(Op::exprel, x_)), make(Op::div, x_, make(Op::div, y_, p)));
  merge_divisions(p_);
  EXPECT_EQ(text(0), "(p * bernoulli(x))");
  EXPECT_EQ(text(1), "((x * p) / y)");
}

TEST_F(Passes, ShareReciprocals) {
  const NodeId below = make(Op::add, num(1.0), make(Op::exp, x_));
  advance(make(Op::div, p, below), make(Op::add, make(Op::div, y_, below), make(Op::div, p, x_)));
  share_reciprocals(p_);
  EXPECT_EQ(text(0), "(p * (1 / (1 + exp(x))))");
  EXPECT_EQ(text(1), "((y * (1 / (1 + exp(x)))) + (p / x))");  // a divisor of one division stays
}

TEST_F(Passes, DivideByExponentials) {
  advance(make(Op::bernoulli, x_), y_);
  divide_by_exponentials(p_);
  EXPECT_EQ(text(0), "bernoulli(x)");  // nothing to share with
  advance(make(Op::bernoulli, x_), make(Op::div, p, y_));
  divide_by_exponentials(p_);
  EXPECT_EQ(text(0), "(select((x == 0), 1, x) / select((x == 0), 1, expm1(x)))");
}

TEST_F(Passes, ShareDivisions) {
  advance(make(Op::div, p, x_), make(Op::div, q, y_));
  share_divisions(p_);
  EXPECT_NE(text(0).find("(x * y)"), std::string::npos) << text(0);
  EXPECT_NE(text(1).find("(x * y)"), std::string::npos) << text(1);
}

TEST_F(Passes, ShareExponentials) {
  advance(make(Op::exp, make(Op::mul, x_, num(0.5))), make(Op::exp, make(Op::mul, x_, num(0.25))));
  share_exponentials(p_);
  EXPECT_EQ(text(1).find("exp((x * 0.5))"), std::string::npos) << text(1);
  EXPECT_NE(text(0).find("exp((x * 0.25))"), std::string::npos) << text(0);  // its square, near 0
}

TEST_F(Passes, CollectTerms) {
  advance(make(Op::exp, make(Op::mul, make(Op::sub, x_, p), num(3.0))), y_);
  collect_terms(p_);
  EXPECT_EQ(text(0), "exp(((x * 3) - (p * 3)))");
}

TEST_F(Passes, Contract) {
  advance(make(Op::add, make(Op::mul, p, x_), q), make(Op::sub, q, make(Op::mul, x_, y_)));
  contract(p_);
  EXPECT_EQ(text(0), "fma(p, x, q)");
  EXPECT_EQ(text(1), "fma((-x), y, q)");
  begin();
  const NodeId product = make(Op::mul, x_, x_);
  advance(make(Op::add, product, q), make(Op::sqrt, product));
  contract(p_);
  EXPECT_EQ(text(0), "((x * x) + q)");  // somebody else reads it
  begin();
  advance(make(Op::add, y_, make(Op::add, make(Op::mul, p, x_), make(Op::mul, q, x_))), y_);
  contract(p_);
  EXPECT_EQ(text(0), "fma(q, x, fma(p, x, y))");
}

TEST_F(Passes, LowerFunctions) {
  advance(make(Op::floordiv, x_, y_), make(Op::tanh, x_));
  lower_functions(p_);
  EXPECT_EQ(text(0), "floor((x / y))");
  EXPECT_EQ(text(1).find("tanh"), std::string::npos);
}

TEST_F(Passes, FoldColumns) {
  advance(make(Op::mul, c, x_), y_);
  fold_constant_columns(p_, Timeline{2, 1, {3.0, 3.0}, {0, 0}});
  EXPECT_EQ(text(0), "(x * 3)");
}

TEST_F(Passes, DeriveColumns) {
  advance(make(Op::mul, make(Op::exp, make(Op::mul, c, num(2.0))), x_), make(Op::add, y_, make(Op::mul, c, p)));
  const DerivedColumns derived = derive_columns(p_, Timeline{2, 1, {3.0, 4.0}, {0, 0}});
  EXPECT_EQ(text(0), "(c1 * x)");
  EXPECT_EQ(text(1), "(y + (c0 * p))");  // a parameter is each lane's own
  ASSERT_EQ(derived.wanted.size(), 1U);
  EXPECT_EQ(to_text(derived.graph, derived.wanted[0], std::vector<std::string>(derived.symbols, "c0")),
            "exp((c0 * 2))");
}

TEST_F(Passes, OfSinglesRunOnThoseAlone) {
  const auto applying = [&] {
    std::set<std::string_view> names;
    for (const Pass& pass : passes())
      if (pass.applies != nullptr && pass.applies(p_)) names.insert(pass.name);
    return names;
  };
  EXPECT_TRUE(applying().empty());
  const std::uint32_t first = 0;
  keep_in_single(p_, std::span(&first, 1));
  EXPECT_EQ(applying(), (std::set<std::string_view>{"divide_by_exponentials", "narrow"}));
}

TEST(PassTable, HasEachOnceWithASentence) {
  std::set<std::string_view> names;
  for (const Pass& pass : passes()) {
    EXPECT_TRUE(names.insert(pass.name).second) << pass.name;
    EXPECT_TRUE(pass.sentence.ends_with('.')) << pass.name;
    EXPECT_NE(pass.run, nullptr);
  }
}

TEST(PassTable, WhatMayBeLeftOutLeavesTheValues) {
  Rng rng(31, stream_id("left out"));
  std::size_t compared = 0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const fixture::RandomProgram random = fixture::random_program(rng);
    const auto run = [&](const BindOptions& options) {
      const Loop loop = bind(random.program, random.timeline, options);
      std::vector<double> out(loop.carried);
      interpret(loop, random.parameters, out);
      out.resize(random.program.init.size());  // a pass may carry more
      return out;
    };
    const std::vector<double> all = run({});
    for (const Pass& pass : passes()) {
      if (!pass.optional) continue;
      const std::vector<double> without = run({true, {pass.name}});
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!std::isfinite(all[i]) || std::fabs(all[i]) > 1e6) continue;
        EXPECT_NEAR(without[i], all[i], 1e-7 * std::max(1.0, std::fabs(all[i]))) << pass.name << " " << repeat;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 200U);
}

}  // namespace
}  // namespace hillock::ir
