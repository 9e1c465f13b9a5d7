#include "ir/graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

TEST(Graph, EqualExpressionsAreOneNode) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0}), y = g.symbol(SymbolId{1});
  EXPECT_EQ(g.symbol(SymbolId{0}), x);
  EXPECT_EQ(g.make(Op::mul, x, y), g.make(Op::mul, x, y));
  EXPECT_NE(g.make(Op::mul, x, y), g.make(Op::mul, y, x));  // order is the algebra's business
  const std::size_t before = g.size();
  (void)g.make(Op::exp, g.make(Op::mul, x, y));
  EXPECT_EQ(g.size(), before + 1);
}

TEST(Graph, ConstantsAreToldApartByTheirBits) {
  Graph g;
  EXPECT_NE(g.constant(0.0), g.constant(-0.0));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(g.constant(nan), g.constant(nan));
  EXPECT_NE(g.constant(1.0), g.boolean(true));
  EXPECT_NE(g.symbol(SymbolId{0}), g.symbol(SymbolId{0}, Type::boolean));
}

TEST(Graph, ArgumentsComeBeforeTheirUsers) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0});
  NodeId deep = x;
  for (int i = 0; i < 1000; ++i) deep = g.make(i % 2 == 0 ? Op::sin : Op::neg, deep);
  const NodeId unused = g.make(Op::exp, x);
  const auto order = reachable(g, std::span(&deep, 1));
  EXPECT_EQ(order.size(), 1001U);
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_NE(order[i], unused);
    if (i > 0) {
      EXPECT_LT(index(order[i - 1]), index(order[i]));
    }
    for (const NodeId arg : g[order[i]].args)
      if (arg != no_node) {
        EXPECT_LT(index(arg), index(order[i]));
      }
  }
}

TEST(Graph, ReachableOfSeveralRootsListsASharedNodeOnce) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0});
  const NodeId e = g.make(Op::exp, x);
  const NodeId roots[3] = {g.make(Op::neg, e), g.make(Op::sin, e), e};
  EXPECT_EQ(reachable(g, roots), (std::vector<NodeId>{x, e, roots[0], roots[1]}));
  EXPECT_TRUE(reachable(g, {}).empty());
}

TEST(Graph, RebuildReplacesWhatItIsToldAndKeepsTheRest) {
  Graph from;
  const NodeId x = from.symbol(SymbolId{0}), y = from.symbol(SymbolId{1});
  const NodeId condition = from.make(Op::lt, x, y);
  const NodeId roots[2] = {from.make(Op::select, condition, from.make(Op::sub, x, y), from.constant(2.5)),
                           from.make(Op::to_real, from.make(Op::lor, condition, from.boolean(true)))};
  Graph to;
  (void)to.constant(99.0);  // what is there already does no harm
  const NodeId seven = to.constant(7.0);
  const auto moved = rebuild(from, roots, [&](NodeId id, const Node& node, std::span<const NodeId> args) {
    return id == x ? seven : same_node(to, node, args);
  });
  ASSERT_EQ(moved.size(), 2U);
  const std::string names[2] = {"x", "y"};
  EXPECT_EQ(to_text(from, roots[0], names), "select((x < y), (x - y), 2.5)");
  EXPECT_EQ(to_text(to, moved[0], names), "select((7 < y), (7 - y), 2.5)");
  EXPECT_EQ(to_text(to, moved[1], names), "to_real(((7 < y) or True))");
}

TEST(Graph, TextShowsEveryKindOfOp) {
  Graph g;
  const std::string names[2] = {"V", "p1"};
  const NodeId v = g.symbol(SymbolId{0}), p = g.symbol(SymbolId{1}), z = g.symbol(SymbolId{2});
  const auto text = [&](NodeId id) { return to_text(g, id, names); };
  EXPECT_EQ(text(g.make(Op::mul, p, g.make(Op::exp, g.make(Op::neg, v)))), "(p1 * exp((-V)))");
  EXPECT_EQ(text(g.make(Op::pow, v, g.constant(0.1))), "(V ** 0.1)");
  EXPECT_EQ(text(g.make(Op::floordiv, v, p)), "(V // p1)");
  EXPECT_EQ(text(g.make(Op::min, v, p)), "min(V, p1)");
  EXPECT_EQ(text(g.make(Op::trunc, v)), "int(V)");
  EXPECT_EQ(text(g.make(Op::clip, v, p, z)), "clip(V, p1, $2)");  // a symbol without a name
  EXPECT_EQ(text(g.make(Op::lnot, g.make(Op::ge, v, p))), "(not (V >= p1))");
  EXPECT_EQ(text(g.make(Op::scale2, v, p)), "scale2(V, p1)");
  EXPECT_EQ(text(g.make(Op::fma, v, p, z)), "fma(V, p1, $2)");
}

TEST(Graph, AMisfitIsABugOfOurs) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0}), yes = g.boolean(true);
  EXPECT_THROW((void)g.make(Op::add, x, yes), Bug);
  EXPECT_THROW((void)g.make(Op::select, x, x, x), Bug);
  EXPECT_THROW((void)g.make(Op::exp, x, x), Bug);
  EXPECT_THROW((void)g.make(Op::exp, NodeId{1000}), Bug);
  EXPECT_THROW((void)g.make(Op::land, yes, x), Bug);
}

TEST(OpTable, EveryRowSaysWhatItIs) {
  for (const OpInfo& row : all_ops()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_TRUE(row.sentence.ends_with('.')) << row.name;
    EXPECT_EQ(row.arity == 0, row.op == Op::constant || row.op == Op::symbol) << row.name;
    EXPECT_EQ(&info(row.op), &row);
    if (row.written) {
      EXPECT_EQ(find_function(row.name), &row);
    } else {
      EXPECT_EQ(find_function(row.name), nullptr) << row.name;
    }
  }
  EXPECT_EQ(find_function("int")->op, Op::trunc);
  EXPECT_EQ(find_function("scale2"), nullptr);
}

TEST(Evaluator, ComputesManyRootsAgainAndAgain) {
  Graph g;
  const NodeId x = g.symbol(SymbolId{0}), y = g.symbol(SymbolId{1});
  const NodeId roots[3] = {g.make(Op::add, x, y), x, g.make(Op::to_real, g.make(Op::lt, x, y))};
  Evaluator evaluator(g, roots);
  for (const double shift : {0.0, 5.0}) {
    const double values[2] = {1.0 + shift, 3.0};
    double out[3];
    evaluator.run(values, out);
    EXPECT_EQ(out[0], 4.0 + shift);
    EXPECT_EQ(out[1], 1.0 + shift);
    EXPECT_EQ(out[2], shift == 0.0 ? 1.0 : 0.0);
    EXPECT_EQ(evaluate(g, roots[0], values), out[0]);
  }
}

}  // namespace
}  // namespace hillock::ir
