/// Derivatives of every op and of random expressions, forward and reverse, against differences in 80-bit arithmetic.

#include "ir/derive.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "ir/interpret.hpp"
#include "ir/lower/lower.hpp"
#include "ir/test/random_code.hpp"
#include "ir/test/random_expression.hpp"
#include "ir/test/reference.hpp"

namespace hillock::ir {
namespace {

using fixture::Real;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Where an op is tried: intervals of its arguments, away from kinks by more than the step of the differences.
struct Domain {
  Op op;
  std::array<double, 3> low, high;
};

void PrintTo(const Domain& d, std::ostream* out) { *out << info(d.op).name; }

const std::vector<Domain>& domains() {
  static const std::vector<Domain> all{
      {Op::add, {-3, -3}, {3, 3}},
      {Op::sub, {-3, -3}, {3, 3}},
      {Op::mul, {-3, -3}, {3, 3}},
      {Op::div, {-3, 0.3}, {3, 3}},
      {Op::div, {-3, -3}, {3, -0.3}},
      {Op::neg, {-3}, {3}},
      {Op::pow, {0.2, -3}, {4, 3}},
      {Op::mod, {-9.9, 10}, {-0.1, 20}},
      {Op::mod, {3.1, 1.4}, {3.9, 1.5}},
      {Op::mod, {3.1, -1.5}, {3.9, -1.4}},
      {Op::floordiv, {3.1, 1.4}, {3.9, 1.5}},
      {Op::fma, {-3, -3, -3}, {3, 3, 3}},
      {Op::select, {0, -3, -3}, {1, 3, 3}},
      {Op::to_real, {0}, {1}},
      {Op::sin, {-20}, {20}},
      {Op::cos, {-20}, {20}},
      {Op::tan, {-1.3}, {1.3}},
      {Op::sinh, {-5}, {5}},
      {Op::cosh, {-5}, {5}},
      {Op::tanh, {-8}, {8}},
      {Op::arcsin, {-0.9}, {0.9}},
      {Op::arccos, {-0.9}, {0.9}},
      {Op::arctan, {-9}, {9}},
      {Op::exp, {-20}, {20}},
      {Op::log, {0.2}, {50}},
      {Op::log10, {0.2}, {50}},
      {Op::expm1, {-20}, {20}},
      {Op::log1p, {-0.8}, {20}},
      {Op::exprel, {-0.03}, {0.03}},
      {Op::exprel, {-40}, {20}},
      {Op::exprel_slope, {-0.3}, {0.3}},
      {Op::exprel_slope, {-30}, {20}},
      {Op::bernoulli, {-0.06}, {0.06}},
      {Op::bernoulli, {-40}, {40}},
      {Op::bernoulli_slope, {-0.3}, {0.3}},
      {Op::bernoulli_slope, {-35}, {40}},
      {Op::sqrt, {0.2}, {50}},
      {Op::ceil, {2.1}, {2.9}},
      {Op::floor, {-2.9}, {-2.1}},
      {Op::trunc, {-2.9}, {-2.1}},
      {Op::abs, {0.1}, {3}},
      {Op::abs, {-3}, {-0.1}},
      {Op::sign, {0.1}, {3}},
      {Op::clip, {-0.9, -2, 1}, {0.9, -1, 2}},
      {Op::clip, {-5, -2, 1}, {-2.1, -1, 2}},
      {Op::clip, {2.1, -2, 1}, {5, -1, 2}},
      {Op::min, {-3, 0.1}, {0, 3}},
      {Op::min, {0.1, -3}, {3, 0}},
      {Op::max, {-3, 0.1}, {0, 3}},
      {Op::max, {0.1, -3}, {3, 0}},
  };
  return all;
}

bool is_boolean_argument(const OpInfo& row, std::size_t i) {
  return row.units == UnitRule::logic || (row.units == UnitRule::choose && i == 0);
}

class EveryOp : public testing::TestWithParam<Domain> {};
INSTANTIATE_TEST_SUITE_P(Derive, EveryOp, testing::ValuesIn(domains()));

TEST_P(EveryOp, ForwardAndReverseAgreeWithDifferences) {
  const Domain& domain = GetParam();
  const OpInfo& row = info(domain.op);
  const auto arity = static_cast<std::size_t>(row.arity);
  Graph g;
  Algebra al(g);
  std::vector<NodeId> args;
  for (std::uint32_t i = 0; i < arity; ++i) {
    args.push_back(g.symbol(SymbolId{i}, is_boolean_argument(row, i) ? Type::boolean : Type::real));
  }
  const NodeId root = g.make(domain.op, args);
  const auto reverse = gradient(al, root, args);
  Rng rng(3, stream_id(row.name));
  for (std::size_t k = 0; k < arity; ++k) {
    if (is_boolean_argument(row, k)) continue;
    std::vector<NodeId> seeds(k + 1, no_node);
    seeds[k] = al.number(1.0);
    const NodeId forward = Tangent(al, seeds).of(root);
    // The lowered derivative must be as good: that is what runs.
    Graph low;
    std::vector<NodeId> moved(g.size(), no_node);
    for (const NodeId id : reachable(g, std::span(&forward, 1))) {
      const Node& node = g[id];
      std::vector<NodeId> its;
      for (int i = 0; i < info(node.op).arity; ++i) its.push_back(moved[index(node.args[static_cast<std::size_t>(i)])]);
      moved[index(id)] = node.op == Op::symbol ? low.symbol(node.symbol, node.type)
                         : node.op == Op::constant
                             ? (node.type == Type::real ? low.constant(node.value) : low.boolean(node.value != 0.0))
                             : lower(low, node.op, its);
    }
    for (int repeat = 0; repeat < 200; ++repeat) {
      double at[3] = {};
      Real exact[3] = {};
      for (std::size_t i = 0; i < arity; ++i) {
        at[i] = domain.low[i] + (domain.high[i] - domain.low[i]) * rng.uniform();
        if (is_boolean_argument(row, i)) at[i] = std::round(at[i]);
        exact[i] = at[i];
      }
      const auto f = [&](Real v) {
        Real moved_at[3] = {exact[0], exact[1], exact[2]};
        moved_at[k] = v;
        return fixture::reference_op(domain.op, moved_at[0], moved_at[1], moved_at[2]);
      };
      const auto want = fixture::slope(f, exact[k], 0x1p-9L * std::clamp(std::fabs(exact[k]), 0x1p-4L, 1.0L));
      ASSERT_LT(want.uncertainty, 1e-9L * (1 + std::fabs(want.value))) << "the differences are not good enough";
      // The formulas have at most six operations of at most 2 ulp (1.3e-15 relative) after at most one cancellation: of
      // 1 - a^2 (arcsin, at 0.9: 10 times), of (e^x - exprel)/x (at 0.02: 100 times); 1e-15 absolute where 1 - t^2 or
      // expm1 + 1 vanishes.
      const Real tolerance = want.uncertainty + 1.5e-13L * std::fabs(want.value) + 1e-15L;
      const double got = evaluate(g, forward, at);
      EXPECT_LE(std::fabs(got - want.value), tolerance)
          << row.name << " argument " << k << " at " << at[0] << ", " << at[1] << ", " << at[2];
      EXPECT_LE(std::fabs(evaluate(low, moved[index(forward)], at) - want.value), tolerance) << row.name << ", lowered";
      // One op: both modes use the same partial derivative, but for the quotient, which forward mode rounds once less.
      EXPECT_NEAR(evaluate(g, reverse[k], at), got, 4e-16 * std::fabs(got)) << row.name;
    }
  }
}

TEST(Derive, EveryRealOpOfAModelIsTried) {
  for (const OpInfo& row : all_ops()) {
    if (row.arity == 0 || row.result == Type::boolean || row.op >= Op::round_even) continue;
    EXPECT_TRUE(std::any_of(domains().begin(), domains().end(), [&](const Domain& d) { return d.op == row.op; }))
        << row.name << " has no domain in this test";
  }
}

/// d op / d argument k at a point, both modes (equal, or the test fails).
double slope_at(Op op, std::vector<double> at, std::size_t k) {
  Graph g;
  Algebra al(g);
  const OpInfo& row = info(op);
  std::vector<NodeId> args;
  for (std::uint32_t i = 0; i < at.size(); ++i)
    args.push_back(g.symbol(SymbolId{i}, is_boolean_argument(row, i) ? Type::boolean : Type::real));
  const NodeId root = g.make(op, args);
  std::vector<NodeId> seeds(k + 1, no_node);
  seeds[k] = al.number(1.0);
  const double forward = evaluate(g, Tangent(al, seeds).of(root), at);
  const double reverse = evaluate(g, gradient(al, root, std::span(&args[k], 1))[0], at);
  if (std::isnan(forward)) {
    EXPECT_TRUE(std::isnan(reverse)) << row.name;
  } else {
    EXPECT_EQ(forward, reverse) << row.name;
  }
  return forward;
}

TEST(Derive, AtAKinkTheBranchTakenCounts) {
  // min(a, b) = a < b ? a : b takes b where they are equal; so do max and its comparison.
  EXPECT_EQ(slope_at(Op::min, {2, 2}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::min, {2, 2}, 1), 1.0);
  EXPECT_EQ(slope_at(Op::max, {2, 2}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::max, {2, 2}, 1), 1.0);
  // On a bound, clip returns x itself.
  EXPECT_EQ(slope_at(Op::clip, {1, 1, 3}, 0), 1.0);
  EXPECT_EQ(slope_at(Op::clip, {1, 1, 3}, 1), 0.0);
  EXPECT_EQ(slope_at(Op::clip, {3, 1, 3}, 0), 1.0);
  EXPECT_EQ(slope_at(Op::clip, {3, 1, 3}, 2), 0.0);
  // Bounds in the wrong order: the upper one wins, in the value and in the derivative.
  EXPECT_EQ(apply(Op::clip, 0, 2, 1), 1.0);
  EXPECT_EQ(slope_at(Op::clip, {0, 2, 1}, 1), 0.0);
  EXPECT_EQ(slope_at(Op::clip, {0, 2, 1}, 2), 1.0);
  EXPECT_EQ(slope_at(Op::abs, {0}, 0), 0.0);
  for (const Op op : {Op::floor, Op::ceil, Op::trunc, Op::sign}) {
    EXPECT_EQ(slope_at(op, {0}, 0), 0.0);
  }
  EXPECT_EQ(slope_at(Op::mod, {3, 1.5}, 0), 1.0);
  EXPECT_EQ(slope_at(Op::mod, {3, 1.5}, 1), -2.0);
  EXPECT_EQ(slope_at(Op::exprel, {0}, 0), 0.5);
}

TEST(Derive, FarOutTheSlopeOfExprelIsThatOfMinusOneOverX) {
  for (const double x : {-41.0, -1e5, -1e12, -1e100})
    EXPECT_NEAR(slope_at(Op::exprel, {x}, 0) * x * x, 1.0, 1e-14) << x;
  EXPECT_EQ(slope_at(Op::exprel, {-inf}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::exprel, {800}, 0), inf);
  // On both sides of where the formula changes: 1/x^2 (1 - (1 - x) e^x).
  for (const double x : {-39.5, -40.5}) EXPECT_NEAR(slope_at(Op::exprel, {x}, 0) * x * x, 1.0, 1e-13) << x;
}

TEST(Derive, NearZeroTheSecondSlopeOfExprelIsItsSeries) {
  // E'' = sum_k x^k/(k! (k+3)), a sum whose terms fall by a factor of 4 at least: a few roundings in all.
  for (const double x : {-0.2499, -0.1, 0.0, 1e-9, 0.2, 0.2499}) {
    Real want = 0;
    for (int k = 30; k >= 0; --k) want = want * x + 1 / (std::tgamma(k + 1.0L) * (k + 3));
    EXPECT_NEAR(slope_at(Op::exprel_slope, {x}, 0), static_cast<double>(want), 4e-16 * static_cast<double>(want)) << x;
  }
}

TEST(Derive, FarOutTheSlopeOfBernoulliIsThatOfItsAsymptotes) {
  EXPECT_EQ(slope_at(Op::bernoulli, {0}, 0), -0.5);
  for (const double x : {-50.0, -1e5, -1e100}) EXPECT_NEAR(slope_at(Op::bernoulli, {x}, 0), -1.0, 1e-15) << x;
  for (const double x : {800.0, 1e100, inf}) EXPECT_EQ(slope_at(Op::bernoulli, {x}, 0), 0.0) << x;
}

TEST(Derive, FarOutTheSecondSlopeOfBernoulliIsZero) {
  EXPECT_EQ(slope_at(Op::bernoulli_slope, {0}, 0), 1.0 / 6.0);
  for (const double x : {-800.0, -1e5, -1e100, -inf, 800.0, 1e100, inf})
    EXPECT_EQ(slope_at(Op::bernoulli_slope, {x}, 0), 0.0) << x;
  for (const double x : {-60.0, 60.0}) EXPECT_NEAR(slope_at(Op::bernoulli_slope, {x}, 0) * std::exp(60.0), 58.0, 1e-12);
}

TEST(Derive, NearZeroTheSecondSlopeOfBernoulliIsItsSeries) {
  // B'' = (exp(x) ((x - 2) exp(x) + x + 2))/(exp(x) - 1)^3: with 64 bits, what is lost at 0.05 is 1e-15.
  for (const double x : {-0.2499, -0.1, -0.05, 0.05, 0.2, 0.2499}) {
    const Real y = x, less = std::expm1(y), p = less + 1;
    const Real want = p * ((y - 2) * less + 2 * y) / (less * less * less);
    EXPECT_NEAR(slope_at(Op::bernoulli_slope, {x}, 0), static_cast<double>(want), 3e-14) << x;
  }
}

TEST(Derive, RatesPassByTheirQuotient) {
  // a/exprel(x): B(x) and a B'(x), in both modes; through the quotient too where exprel is what is asked about.
  Graph g;
  Algebra al(g);
  const NodeId a = g.symbol(SymbolId{0}), x = g.symbol(SymbolId{1});
  const NodeId exprel = al.make(Op::exprel, x);
  const NodeId rate = al.div(a, exprel);
  const NodeId leaves[] = {a, x};
  for (const double at : {-60.0, -3.0, -1e-3, 0.0, 0.2, 5.0, 800.0}) {
    const double values[] = {1.7, at};
    const double top = evaluate(g, al.make(Op::bernoulli, x), values);
    const double bottom = 1.7 * evaluate(g, al.make(Op::bernoulli_slope, x), values);
    const std::vector<NodeId> reverse = gradient(al, rate, leaves);
    EXPECT_EQ(evaluate(g, reverse[0], values), top) << at;
    EXPECT_EQ(evaluate(g, reverse[1], values), bottom) << at;
    EXPECT_EQ(evaluate(g, Tangent(al, {al.number(1.0), no_node}).of(rate), values), top) << at;
    EXPECT_EQ(evaluate(g, Tangent(al, {no_node, al.number(1.0)}).of(rate), values), bottom) << at;
    if (at > 700) continue;
    const double e = evaluate(g, exprel, values);
    EXPECT_NEAR(evaluate(g, gradient(al, rate, std::span(&exprel, 1))[0], values), -1.7 / (e * e), 1e-12 / (e * e));
    EXPECT_NEAR(evaluate(g, Tangent(al, {}, {{exprel, al.number(2.0)}}).of(rate), values), -3.4 / (e * e),
                1e-12 / (e * e));
  }
}

TEST(Derive, AtTheEdgesOfDomains) {
  EXPECT_EQ(slope_at(Op::log, {0}, 0), inf);
  EXPECT_EQ(slope_at(Op::log1p, {-1}, 0), inf);
  EXPECT_EQ(slope_at(Op::sqrt, {0}, 0), inf);
  EXPECT_EQ(slope_at(Op::arcsin, {1}, 0), inf);
  EXPECT_EQ(slope_at(Op::arccos, {-1}, 0), -inf);
  EXPECT_TRUE(std::isnan(slope_at(Op::arcsin, {1.5}, 0)));
  EXPECT_TRUE(std::isnan(slope_at(Op::sqrt, {-1}, 0)));
  // 0^b = 0 for b > 0 and stays so; 0^1 has slope 1 in its base, 0^2 slope 0.
  EXPECT_EQ(slope_at(Op::pow, {0, 2}, 1), 0.0);
  EXPECT_EQ(slope_at(Op::pow, {0, 1}, 0), 1.0);
  EXPECT_EQ(slope_at(Op::pow, {0, 0}, 0), 0.0);  // x^0 = 1
  EXPECT_EQ(slope_at(Op::pow, {0, 2}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::pow, {-2, 3}, 0), 12.0);  // a negative base with a whole exponent
  EXPECT_EQ(slope_at(Op::exp, {-inf}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::tanh, {inf}, 0), 0.0);
  EXPECT_EQ(slope_at(Op::arctan, {-inf}, 0), 0.0);
}

TEST(Derive, NaNPassesThroughEveryFunction) {
  for (const OpInfo& row : all_ops()) {
    if (!row.written || row.arity != 1) continue;
    EXPECT_TRUE(std::isnan(apply(row.op, nan, 0, 0))) << row.name;
    Graph g;
    const NodeId x = g.symbol(SymbolId{0});
    EXPECT_TRUE(std::isnan(evaluate(g, lower(g, row.op, std::span(&x, 1)), std::span(&nan, 1)))) << row.name;
  }
  for (const Op op : {Op::add, Op::sub, Op::mul, Op::div, Op::mod, Op::floordiv})
    for (const auto& [a, b] : {std::pair{nan, 2.0}, {2.0, nan}}) {
      EXPECT_TRUE(std::isnan(apply(op, a, b, 0))) << info(op).name;
      Graph g;
      const NodeId args[2] = {g.symbol(SymbolId{0}), g.symbol(SymbolId{1})};
      const double at[2] = {a, b};
      EXPECT_TRUE(std::isnan(evaluate(g, lower(g, op, args), at))) << info(op).name;
    }
  EXPECT_TRUE(std::isnan(apply(Op::clip, nan, 0, 1)));
  EXPECT_EQ(apply(Op::lt, nan, 1, 0), 0.0);
  EXPECT_EQ(apply(Op::eq, nan, nan, 0), 0.0);
  EXPECT_EQ(apply(Op::ne, nan, nan, 0), 1.0);
}

TEST(Derive, TheBranchNotTakenDoesNotReachTheDerivative) {
  // The slope of sqrt is infinite at 0 and NaN below, and where sqrt(x) does not count, nobody asked.
  const auto expect_slope = [](auto build, double at, double want) {
    Graph g;
    Algebra al(g);
    const NodeId x = g.symbol(SymbolId{0});
    const NodeId root = build(g, x);
    std::vector<NodeId> seeds{al.number(1.0)};
    EXPECT_NEAR(evaluate(g, Tangent(al, seeds).of(root), std::span(&at, 1)), want, 1e-15) << to_text(g, root, {});
    EXPECT_NEAR(evaluate(g, gradient(al, root, std::span(&x, 1))[0], std::span(&at, 1)), want, 1e-15)
        << "reverse, " << to_text(g, root, {});
  };
  const auto guarded = [](Graph& g, NodeId x) {
    return g.make(Op::select, g.make(Op::gt, x, g.constant(0.0)), g.make(Op::sqrt, x), g.make(Op::mul, x, x));
  };
  const auto nested = [&](Graph& g, NodeId x) {
    return g.make(Op::exp, g.make(Op::mul, guarded(g, x), g.constant(0.5)));
  };
  expect_slope(nested, -1.0, -std::exp(0.5));  // exp(x^2/2) x
  // The root is read twice, in two choices by one condition, and below a minus.
  const auto twice = [&](Graph& g, NodeId x) {
    const NodeId root = g.make(Op::sqrt, x), positive = g.make(Op::gt, x, g.constant(0.0));
    const NodeId one = g.make(Op::select, positive, root, x);
    const NodeId two = g.make(Op::select, positive, g.make(Op::neg, g.make(Op::mul, root, root)), x);
    return g.make(Op::sub, g.make(Op::mul, one, two), g.make(Op::neg, two));
  };
  expect_slope(twice, -1.0, -1.0);  // x^2 + x
  expect_slope(twice, 4.0, -4.0);   // -x^(3/2) - x
  // In two choices by different conditions, one of them within another.
  const auto apart = [&](Graph& g, NodeId x) {
    const NodeId root = g.make(Op::sqrt, x);
    const NodeId one = g.make(Op::select, g.make(Op::gt, x, g.constant(0.0)), root, g.make(Op::mul, x, x));
    const NodeId two = g.make(Op::select, g.make(Op::gt, x, g.constant(-0.5)), g.make(Op::mul, root, x), x);
    const NodeId three = g.make(Op::select, g.make(Op::lt, x, g.constant(-0.7)), two, one);
    return g.make(Op::sub, g.make(Op::add, one, three), g.make(Op::neg, two));
  };
  expect_slope(apart, -1.0, 0.0);  // x^2 + 2 x
  expect_slope(apart, 4.0, 3.5);   // 2 sqrt(x) + x^(3/2)
  for (const double at : {0.0, 0.25}) {
    expect_slope([](Graph& g, NodeId x) { return g.make(Op::max, g.make(Op::sqrt, x), g.constant(0.1)); }, at,
                 at > 0 ? 1.0 : 0.0);
    expect_slope(
        [](Graph& g, NodeId x) { return g.make(Op::min, g.constant(-0.1), g.make(Op::neg, g.make(Op::sqrt, x))); }, at,
        at > 0 ? -1.0 : 0.0);
    expect_slope(
        [](Graph& g, NodeId x) { return g.make(Op::clip, g.make(Op::sqrt, x), g.constant(0.1), g.constant(9.0)); }, at,
        at > 0 ? 1.0 : 0.0);
  }
}

TEST(Derive, ReverseStopsAtItsLeaves) {
  Graph g;
  Algebra al(g);
  const NodeId x = g.symbol(SymbolId{0});
  const NodeId inner = g.make(Op::exp, x);
  const NodeId root = g.make(Op::mul, inner, g.make(Op::sin, inner));
  const NodeId leaves[2] = {inner, x};
  const auto slopes = gradient(al, root, leaves);
  const double at = 0.3;
  const double u = std::exp(at);
  EXPECT_NEAR(evaluate(g, slopes[0], std::span(&at, 1)), std::sin(u) + u * std::cos(u), 1e-15);
  EXPECT_TRUE(g.is_constant(slopes[1], 0.0)) << "x is below a leaf";
  const NodeId itself[1] = {root};
  EXPECT_TRUE(g.is_constant(gradient(al, root, itself)[0], 1.0));
}

TEST(Derive, ReversePassesByWhatNoLeafMoves) {
  // Ops without a derivative (here of a table's grid) are no matter where they stand beside the leaf.
  Graph g;
  Algebra al(g);
  const NodeId x = g.symbol(SymbolId{0}), y = g.symbol(SymbolId{1});
  const NodeId scale = al.make(Op::scale2, al.number(1.0), al.make(Op::exponent2, y));
  const std::size_t before = g.size();
  EXPECT_EQ(gradient(al, al.mul(x, scale), std::span(&x, 1))[0], scale);
  EXPECT_LE(g.size(), before + 3);  // the product, 0 and 1
}

TEST(Derive, ForwardTakesWhatIsGiven) {
  Graph g;
  Algebra al(g);
  const NodeId x = g.symbol(SymbolId{0});
  const NodeId part = g.make(Op::exp, x);
  const NodeId root = g.make(Op::mul, part, part);
  const NodeId slope_of_part = g.constant(10.0);
  Tangent tangent(al, {al.number(1.0)}, {{part, slope_of_part}});
  const double at = 0.0;
  EXPECT_EQ(evaluate(g, tangent.of(root), std::span(&at, 1)), 20.0);
}

TEST(Derive, DependsOnIsWhatTheExpressionReads) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0}), y = g.symbol(SymbolId{1});
  const NodeId root = g.make(Op::select, g.make(Op::lt, x, g.constant(1.0)), x, g.constant(2.0));
  EXPECT_TRUE(depends_on(g, root, SymbolId{0}));
  EXPECT_FALSE(depends_on(g, root, SymbolId{1}));
  EXPECT_TRUE(depends_on(g, g.make(Op::add, root, y), SymbolId{1}));
}

/// How far rounding can take the value of each node: every op of at most 2 ulp (1 ulp <= 2^-52 |value|), but for the
/// derivative of exprel, (e^x - exprel(x))/x, good to 50 (lower_test: TheSlopeOfExprel...), and the errors of its
/// arguments times its partial derivatives.
double rounding_bound(const Graph& graph, NodeId root, std::span<const double> at) {
  Graph g = graph;
  Algebra al(g);
  const auto order = reachable(graph, std::span(&root, 1));
  std::vector<NodeId> roots(order);
  std::vector<std::array<std::size_t, 3>> partials(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node node = g[order[i]];
    if (node.type != Type::real || node.op == Op::symbol || node.op == Op::constant) continue;
    const auto arity = static_cast<std::size_t>(info(node.op).arity);
    for (std::size_t k = 0; k < arity; ++k) {
      if (g[node.args[k]].type != Type::real) continue;
      partials[i][k] = roots.size();
      roots.push_back(partial(al, node.op, std::span(node.args.data(), arity), order[i], static_cast<int>(k)));
    }
  }
  std::vector<double> out(roots.size());
  Evaluator(g, roots).run(at, out);
  std::vector<double> bound(graph.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node& node = graph[order[i]];
    if (node.type != Type::real || node.op == Op::symbol || node.op == Op::constant) continue;
    double& b = bound[index(order[i])];
    b = (node.op == Op::exprel_slope || node.op == Op::bernoulli_slope ? 50 : 2) * 0x1p-52 * std::fabs(out[i]);
    for (std::size_t k = 0; k < static_cast<std::size_t>(info(node.op).arity); ++k)
      if (partials[i][k] != 0) b += std::fabs(out[partials[i][k]]) * bound[index(node.args[k])];
  }
  return bound[index(root)];
}

TEST(RandomExpressions, LoweredAndWrittenDifferByRoundingAlone) {
  Rng rng(11, stream_id("lowered"));
  for (int repeat = 0; repeat < 1500; ++repeat) {
    Graph g;
    double at[3];
    Real exact[3];
    fixture::RandomExpression random(g, rng, true);
    for (std::uint32_t s = 0; s < 3; ++s) {
      random.leaf(g.symbol(SymbolId{s}), at[s] = 4.0 * rng.uniform() - 2.0);
      exact[s] = at[s];
    }
    const NodeId root = random.grow(25);
    Graph low;
    std::vector<NodeId> moved(g.size(), no_node);
    for (const NodeId id : reachable(g, std::span(&root, 1))) {
      const Node& node = g[id];
      std::vector<NodeId> args;
      for (int i = 0; i < info(node.op).arity; ++i)
        args.push_back(moved[index(node.args[static_cast<std::size_t>(i)])]);
      moved[index(id)] = node.op == Op::symbol ? low.symbol(node.symbol, node.type)
                         : node.op == Op::constant
                             ? (node.type == Type::real ? low.constant(node.value) : low.boolean(node.value != 0.0))
                             : lower(low, node.op, args);
    }
    const Real truth = fixture::reference_value(g, root, exact);
    // First order in the errors; doubled for the rest.
    const double bound = 2 * rounding_bound(g, root, at) + 1e-300;
    EXPECT_LE(std::fabs(evaluate(g, root, at) - truth), bound) << to_text(g, root, {});
    EXPECT_LE(std::fabs(evaluate(low, moved[index(root)], at) - truth), bound) << "lowered: " << to_text(g, root, {});
  }
}

TEST(RandomExpressions, ForwardReverseAndDifferencesAgree) {
  Rng rng(fixture::random_seed(), stream_id("derive"));
  const int count = fixture::random_graphs();
  int unusable = 0, compared = 0, steep = 0;
  for (int repeat = 0; repeat < count; ++repeat) {
    Graph g;
    double at[3];
    Real exact[3];
    fixture::RandomExpression random(g, rng, true);
    for (std::uint32_t s = 0; s < 3; ++s) {
      random.leaf(g.symbol(SymbolId{s}), at[s] = 4.0 * rng.uniform() - 2.0);
      exact[s] = at[s];
    }
    const NodeId root = random.grow(25);
    Algebra al(g);
    const NodeId leaves[3] = {g.symbol(SymbolId{0}), g.symbol(SymbolId{1}), g.symbol(SymbolId{2})};
    const std::size_t before = g.size();
    const auto reverse = gradient(al, root, leaves);
    const std::string text = to_text(g, root, {});
    // The reference rounds as well, 2^11 times finer, to be divided by an eighth of the step of 2^-12 and extrapolated
    // (`slope` knows the size of the value alone, not of what cancels inside).
    const double of_reference = 0x1p-11 * rounding_bound(g, root, at) / 0x1p-15 * 2;
    for (std::size_t k = 0; k < 3; ++k) {
      std::vector<NodeId> seeds(k + 1, no_node);
      seeds[k] = al.number(1.0);
      const NodeId forward = Tangent(al, seeds).of(root);
      const double got = evaluate(g, forward, at);
      const double back = evaluate(g, reverse[k], at);
      // Each is a sum of products over paths; their roundings are those of the derivative's own expression.
      // Constants that became one are roundings that the expressions do not show.
      const double folded = 0x1p-50 * (std::fabs(got) + std::fabs(back));
      const double rounding = 2 * (rounding_bound(g, forward, at) + rounding_bound(g, reverse[k], at)) + folded;
      EXPECT_LE(std::fabs(got - back), rounding + 1e-300) << text;
      const auto f = [&](Real v) {
        Real moved[3] = {exact[0], exact[1], exact[2]};
        moved[k] = v;
        return fixture::reference_value(g, root, moved);
      };
      const auto want = fixture::slope(f, exact[k], 0x1p-12L);
      // A kink within the step, or a bend too sharp for it, shows in the uncertainty.
      if (!(want.uncertainty < 1e-6L * (1 + std::fabs(want.value)))) {
        ++unusable;
        continue;
      }
      ++compared;
      steep += std::fabs(want.value) > 1e-3L ? 1 : 0;
      EXPECT_LE(std::fabs(got - want.value), 10 * want.uncertainty + rounding + of_reference + 1e-300)
          << text << " by " << k << ": " << got << ", differences say " << static_cast<double>(want.value) << " +- "
          << static_cast<double>(want.uncertainty);
    }
    EXPECT_LT(g.size(), 60 * before) << "derivatives share what they have in common";
  }
  std::printf("%d random expressions: %d derivatives compared with differences, %d too sharp for them\n", count,
              compared, unusable);
  EXPECT_LT(unusable, compared / 20);
  EXPECT_GT(steep, count * 4 / 5);
}

}  // namespace
}  // namespace hillock::ir
