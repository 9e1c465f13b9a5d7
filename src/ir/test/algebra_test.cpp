#include "ir/algebra.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/interpret.hpp"
#include "ir/test/random_expression.hpp"

namespace hillock::ir {
namespace {

class Rules : public testing::Test {
 protected:
  Graph g;
  Algebra al{g};
  NodeId x = g.symbol(SymbolId{0}), y = g.symbol(SymbolId{1}), zero = g.constant(0.0), one = g.constant(1.0);
};

TEST_F(Rules, NeutralAndAbsorbingElements) {
  EXPECT_EQ(al.add(x, zero), x);
  EXPECT_EQ(al.add(zero, x), x);
  EXPECT_EQ(al.sub(x, zero), x);
  EXPECT_EQ(al.sub(zero, x), al.neg(x));
  EXPECT_EQ(al.sub(x, x), zero);
  EXPECT_EQ(al.mul(x, one), x);
  EXPECT_EQ(al.mul(one, x), x);
  EXPECT_EQ(al.mul(x, zero), zero);
  EXPECT_EQ(al.mul(x, g.constant(-1.0)), al.neg(x));
  EXPECT_EQ(al.div(x, one), x);
  EXPECT_EQ(al.div(x, g.constant(-1.0)), al.neg(x));
  EXPECT_EQ(al.div(zero, x), zero);
  EXPECT_EQ(al.make(Op::pow, x, one), x);
  EXPECT_EQ(al.make(Op::pow, x, zero), one);
}

TEST_F(Rules, SumsAndProductsCommute) {
  EXPECT_EQ(al.add(x, y), al.add(y, x));
  EXPECT_EQ(al.mul(x, y), al.mul(y, x));
  EXPECT_NE(al.sub(x, y), al.sub(y, x));
  EXPECT_NE(al.div(x, y), al.div(y, x));
}

TEST_F(Rules, SignsMoveOutwards) {
  EXPECT_EQ(al.neg(al.neg(x)), x);
  EXPECT_EQ(al.neg(al.sub(x, y)), al.sub(y, x));
  EXPECT_EQ(al.add(x, al.neg(y)), al.sub(x, y));
  EXPECT_EQ(al.add(al.neg(x), y), al.sub(y, x));
  EXPECT_EQ(al.sub(x, al.neg(y)), al.add(x, y));
  EXPECT_EQ(al.mul(al.neg(x), al.neg(y)), al.mul(x, y));
  EXPECT_EQ(al.mul(al.neg(x), y), al.neg(al.mul(x, y)));
  EXPECT_EQ(al.div(al.neg(x), al.neg(y)), al.div(x, y));
  EXPECT_EQ(al.div(x, al.neg(y)), al.neg(al.div(x, y)));
}

TEST_F(Rules, ConditionsThatAreKnown) {
  const NodeId test = g.make(Op::lt, x, y);
  EXPECT_EQ(al.select(g.boolean(true), x, y), x);
  EXPECT_EQ(al.select(g.boolean(false), x, y), y);
  EXPECT_EQ(al.select(test, x, x), x);
  EXPECT_EQ(al.make(Op::lnot, al.make(Op::lnot, test)), test);
}

TEST_F(Rules, ConstantsAreFoldedToWhatTheInterpreterSays) {
  Rng rng(1, stream_id("fold"));
  for (const OpInfo& row : all_ops()) {
    if (row.arity == 0) continue;
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::array<double, 3> v{};
      std::vector<NodeId> args;
      for (std::size_t i = 0; i < static_cast<std::size_t>(row.arity); ++i) {
        const bool boolean = row.units == UnitRule::logic || (row.units == UnitRule::choose && i == 0);
        v[i] = boolean ? static_cast<double>(rng.below(2)) : std::round(8.0 * rng.uniform() - 4.0) / 2.0;
        args.push_back(boolean ? g.boolean(v[i] != 0.0) : g.constant(v[i]));
      }
      const NodeId folded = al.make(row.op, args);
      ASSERT_TRUE(g.is_constant(folded)) << row.name;
      EXPECT_EQ(g[folded].type, row.result) << row.name;
      const double want = apply(row.op, v[0], v[1], v[2]);
      // 0 * x and 0 - x do without the sign of a zero; 0*inf cannot occur among these numbers.
      if (std::isnan(want)) {
        EXPECT_TRUE(std::isnan(g[folded].value)) << row.name;
      } else {
        EXPECT_EQ(g[folded].value, want) << row.name << " " << v[0] << " " << v[1] << " " << v[2];
      }
    }
  }
}

TEST(Simplify, KeepsTheValueOfRandomExpressions) {
  // Every rule is exact: it removes operations that would not have rounded, or moves a sign. So the values are equal,
  // not nearly equal; only the sign of a zero may differ.
  Rng rng(7, stream_id("simplify"));
  int smaller = 0;
  for (int repeat = 0; repeat < 2000; ++repeat) {
    Graph from;
    double at[3];
    fixture::RandomExpression random(from, rng, true);
    for (std::uint32_t s = 0; s < 3; ++s) random.leaf(from.symbol(SymbolId{s}), at[s] = 4.0 * rng.uniform() - 2.0);
    for (const double c : {0.0, 1.0, -1.0}) random.leaf(from.constant(c), c);
    const NodeId root = random.grow(25);
    Graph to;
    const NodeId simple = simplify(from, std::span(&root, 1), to)[0];
    ASSERT_EQ(evaluate(to, simple, at), evaluate(from, root, at)) << to_text(from, root, {});
    const std::size_t old_size = reachable(from, std::span(&root, 1)).size();
    const std::size_t new_size = reachable(to, std::span(&simple, 1)).size();
    EXPECT_LE(new_size, old_size + 1);  // a sign that is moved may become a node of its own where it was shared
    smaller += new_size < old_size ? 1 : 0;
  }
  EXPECT_GT(smaller, 500);
}

TEST(Simplify, SubstitutionOfAConstantFoldsWhatDependsOnIt) {
  Graph from;
  const NodeId x = from.symbol(SymbolId{0}), y = from.symbol(SymbolId{1});
  const NodeId root = from.make(Op::mul, from.make(Op::exp, from.make(Op::sub, x, x)), from.make(Op::add, y, x));
  Graph to;
  const NodeId substitute[1] = {to.constant(0.0)};
  const NodeId simple = simplify(from, std::span(&root, 1), to, substitute)[0];
  EXPECT_EQ(simple, to.symbol(SymbolId{1}));  // exp(0) (y + 0)
}

}  // namespace
}  // namespace hillock::ir
