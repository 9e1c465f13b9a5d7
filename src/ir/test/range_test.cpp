// What an expression can be: what intervals know of single operations, and that they never claim too much.

#include "ir/range.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/interpret.hpp"
#include "ir/test/random_expression.hpp"

namespace hillock::ir {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Range real{}, half_line{0.0, infinity, true, true}, unit{0.0, 1.0, true, true};

class Ranges : public testing::Test {
 protected:
  Graph g;
  NodeId f = g.symbol(SymbolId{0}), s = g.symbol(SymbolId{1}), p = g.symbol(SymbolId{2});  // any, above 0, in (0, 1]
  NodeId num(double x) { return g.constant(x); }
  NodeId op(Op o, NodeId a) { return g.make(o, a); }
  NodeId op(Op o, NodeId a, NodeId b) { return g.make(o, a, b); }
  Range of(NodeId root) {
    const Range symbols[] = {real, half_line, unit};
    return ranges_of(g, std::span(&root, 1), symbols)[0];
  }
};

TEST_F(Ranges, WhatIsPositive) {
  for (const NodeId node : {s,
                            op(Op::mul, s, p),
                            op(Op::mul, num(2.0), s),
                            op(Op::div, s, p),
                            op(Op::exp, f),
                            op(Op::sqrt, s),
                            op(Op::add, s, p),
                            op(Op::add, num(1e-9), op(Op::abs, f)),
                            op(Op::add, num(0.1), op(Op::mul, f, f)),
                            op(Op::pow, s, num(2.0)),
                            op(Op::pow, s, num(-0.3)),
                            op(Op::pow, s, f),
                            op(Op::cosh, f),
                            op(Op::exprel, f),
                            op(Op::bernoulli, f),
                            op(Op::max, f, p),
                            op(Op::min, s, p),
                            op(Op::log1p, s),
                            op(Op::tanh, s),
                            op(Op::sub, num(1.1), p),
                            op(Op::neg, op(Op::mul, num(-1.0), s)),
                            g.make(Op::clip, f, num(0.5), num(2.0))})
    EXPECT_TRUE(of(node).positive()) << to_text(g, node, std::vector<std::string>{"f", "s", "p"});
  for (const NodeId node :
       {f, op(Op::abs, f), op(Op::mul, f, f), op(Op::mul, f, s), op(Op::sub, s, p), op(Op::sub, num(1.0), p),
        op(Op::log, p), op(Op::sin, f), op(Op::floor, s), op(Op::pow, f, num(2.0)), op(Op::min, f, p), op(Op::neg, s)})
    EXPECT_FALSE(of(node).positive()) << to_text(g, node, std::vector<std::string>{"f", "s", "p"});
}

TEST_F(Ranges, WhatMayBeNoNumber) {
  for (const NodeId node : {op(Op::log, f), op(Op::sqrt, f), op(Op::div, s, f), op(Op::div, s, op(Op::mul, f, f)),
                            op(Op::pow, f, num(0.5)), op(Op::pow, f, num(-1.0)), op(Op::arcsin, f),
                            op(Op::log, op(Op::sub, num(1.0), p)), op(Op::mod, s, f), op(Op::add, s, num(infinity))})
    EXPECT_FALSE(of(node).defined) << to_text(g, node, std::vector<std::string>{"f", "s", "p"});
  for (const NodeId node : {op(Op::log, s), op(Op::div, f, s), op(Op::pow, f, num(3.0)), op(Op::arcsin, p),
                            op(Op::mod, f, s), op(Op::tan, f)})
    EXPECT_TRUE(of(node).defined) << to_text(g, node, std::vector<std::string>{"f", "s", "p"});
}

TEST_F(Ranges, Ends) {
  const auto is = [&](NodeId node, double low, double high) {
    const Range r = of(node);
    EXPECT_EQ(r.low, low);
    EXPECT_EQ(r.high, high);
  };
  is(op(Op::add, num(2.0), p), 2.0, 3.0);
  is(op(Op::mul, num(-2.0), p), -2.0, 0.0);
  is(op(Op::div, num(1.0), p), 1.0, infinity);
  is(op(Op::pow, op(Op::sub, p, num(0.5)), num(2.0)), 0.0, 0.25);
  is(op(Op::cos, f), -1.0, 1.0);
  is(op(Op::log, p), -infinity, 0.0);
}

// Values at points within the ranges of the names lie in the range of the expression.
TEST(RangesOfRandomExpressions, HoldEveryValue) {
  int defined = 0, narrow = 0;
  for (std::uint64_t k = 0; k < 3000; ++k) {
    Rng rng(20260801, stream_id("ranges"), k);
    Graph g;
    std::vector<Range> symbols;
    fixture::RandomExpression random(g, rng, false);
    for (std::uint32_t i = 0; i < 3; ++i) {
      const double low = std::round(8.0 * rng.uniform() - 4.0);
      const double high = low + std::round(4.0 * rng.uniform());
      symbols.push_back({low, high, low > 0.0 || high < 0.0, true});
      random.leaf(g.symbol(SymbolId{i}), low);
    }
    const NodeId root = random.grow(1 + static_cast<int>(rng.below(8)));
    const Range range = ranges_of(g, std::span(&root, 1), symbols)[0];
    defined += range.defined ? 1 : 0;
    narrow += std::isfinite(range.low) && std::isfinite(range.high) ? 1 : 0;
    for (int point = 0; point < 40; ++point) {
      double at[3];
      for (std::size_t i = 0; i < 3; ++i) {
        const double part = point < 8 ? (point >> i & 1) : rng.uniform();
        at[i] = symbols[i].low + part * (symbols[i].high - symbols[i].low);
      }
      double size = 1.0;  // a sum's rounding is relative to its parts
      for (std::uint32_t i = 0; i <= index(root); ++i) size = std::max(size, std::fabs(evaluate(g, NodeId{i}, at)));
      const double value = evaluate(g, root, at);
      if (!(size < 1e100)) continue;  // overflow: not real arithmetic
      if (std::isnan(value)) {
        EXPECT_FALSE(range.defined) << k;
        continue;
      }
      if (!range.defined) continue;
      EXPECT_GE(value, range.low - 1e-12 * size) << k;
      EXPECT_LE(value, range.high + 1e-12 * size) << k;
      if (range.never_zero && size < 1e15) {
        EXPECT_NE(value, 0.0) << k;
      }
    }
  }
  // Else nothing was tried.
  EXPECT_GT(defined, 1000);
  EXPECT_GT(narrow, 1000);
}

}  // namespace
}  // namespace hillock::ir
