/// Exponentials carried from the row before: the bits stay, and who stays as it is.

#include "ir/passes/take_ahead.hpp"

#include <gtest/gtest.h>

#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

/// v' = v + c exp(p v) w, w' = w + exp(-w) - exp(v + w).
Program two_states() {
  Program p;
  p.parameters = 1;
  p.columns = 1;
  Graph& g = p.graph;
  const std::uint32_t v = p.carry("v", p.parameter(0)), w = p.carry("w", g.constant(0.5));
  const NodeId by_v = g.make(Op::exp, g.make(Op::mul, p.parameter(0), p.carried(v)));
  const NodeId by_w = g.make(Op::exp, g.make(Op::neg, p.carried(w)));
  const NodeId by_both = g.make(Op::exp, g.make(Op::add, p.carried(v), p.carried(w)));
  const NodeId push = g.make(Op::mul, p.column(0), g.make(Op::mul, by_v, p.carried(w)));
  p.advance = {{v, g.make(Op::sub, p.carried(v), push)},
               {w, g.make(Op::add, p.carried(w), g.make(Op::sub, by_w, by_both))}};
  p.outputs = {p.carried(v), by_v};
  return p;
}

std::vector<double> outputs(const Program& p) {
  const Timeline timeline{8, 1, {0.1, 0.2, 0.1, 0.1, 0.3, 0.2, 0.1, 0.4}, {1, 1, 1, 1, 1, 1, 1, 1}};
  const Loop loop = bind(p, timeline, {.lower = false});
  std::vector<double> carried(loop.carried), out(loop.observed * loop.outputs.size());
  interpret(loop, std::vector{0.3}, carried, out);
  return out;
}

TEST(TakeAhead, OnesOfOneStateAreCarriedWithTheSameBits) {
  Program ahead = two_states();
  take_exponentials_ahead(ahead);
  ASSERT_EQ(ahead.init.size(), 4U);
  ASSERT_EQ(ahead.advance.size(), 4U);
  EXPECT_EQ(outputs(ahead), outputs(two_states()));
  // The row itself has one exponential left, that of both.
  int left = 0;
  const std::vector<NodeId> row{ahead.advance[0].value, ahead.advance[1].value};
  for (const NodeId id : reachable(ahead.graph, row))
    if (ahead.graph[id].op == Op::exp) ++left;
  EXPECT_EQ(left, 1);
}

TEST(TakeAhead, ProgramsWithStepsOfTheirOwnOrThatGoBackwardsStayAsTheyAre) {
  Program backwards = two_states();
  backwards.tape = 2;
  take_exponentials_ahead(backwards);
  EXPECT_EQ(backwards.init.size(), 2U);
  Program adaptive = two_states();
  adaptive.adaptive = Adaptive{adaptive.graph.constant(0.0), adaptive.graph.constant(1.0)};
  take_exponentials_ahead(adaptive);
  EXPECT_EQ(adaptive.init.size(), 2U);
}

TEST(TakeAhead, AStateThatChangesInTheMiddleOfARowIsNotRead) {
  Program p = two_states();
  p.observe = {{0, p.graph.make(Op::mul, p.carried(0), p.graph.constant(0.5))}};
  take_exponentials_ahead(p);
  EXPECT_EQ(p.init.size(), 3U);  // that of w
}

}  // namespace
}  // namespace hillock::ir
