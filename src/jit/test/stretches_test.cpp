/// Where the compiler branches around rare sides, and that no lane notices.

#include "jit/stretches.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/program.hpp"
#include "jit/kernel.hpp"

namespace hillock::jit {
namespace {

using ir::NodeId;
using ir::Op;

std::vector<Stretch> cut(const ir::Graph& g, const std::vector<NodeId>& roots) {
  std::vector<NodeId> nodes;
  for (const NodeId id : ir::reachable(g, roots))
    if (g[id].op != Op::constant && g[id].op != Op::symbol) nodes.push_back(id);
  return stretches(g, nodes, roots, [&](NodeId id) { return g[id].args; });
}

TEST(Stretches, RareSidesStandApartAndSharedPartsDoNot) {
  ir::Graph g;
  const NodeId x = g.symbol(ir::SymbolId{0});
  const NodeId shared = g.make(Op::mul, x, x);
  const NodeId only_rare = g.make(Op::sqrt, shared);
  const NodeId is_rare = g.make(Op::gt, x, g.constant(1.0));
  const NodeId first = g.make(Op::seldom, is_rare, only_rare, shared);
  const NodeId nested = g.make(Op::seldom, g.make(Op::gt, first, x), g.make(Op::div, first, x), first);
  const auto out = cut(g, {nested});
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].always, (std::vector{shared, is_rare}));
  EXPECT_EQ(out[0].choices, std::vector{first});
  EXPECT_EQ(out[0].rare, std::vector{only_rare});
  EXPECT_EQ(out[1].choices, std::vector{nested});
  EXPECT_EQ(out[1].rare.size(), 1U);
}

TEST(Stretches, EveryNodeHasOnePlaceHoweverDeepTheChoicesNest) {
  ir::Graph g;
  const NodeId x = g.symbol(ir::SymbolId{0});
  NodeId at = x;
  for (int i = 0; i < 100; ++i)
    at = g.make(Op::seldom, g.make(Op::gt, at, g.constant(i)), g.make(Op::sqrt, at), g.make(Op::add, at, x));
  std::size_t placed = 0;
  for (const Stretch& s : cut(g, {at})) placed += s.always.size() + s.choices.size() + s.rare.size();
  EXPECT_EQ(placed, 400U);
}

TEST(Stretches, ALaneHasTheInterpretersBitsWhateverItsNeighboursWant) {
  // Each lane wants its own mixture of rare sides, at its own steps: exprel near and far, choices of choices.
  ir::Program p;
  p.parameters = 2;
  p.columns = 0;
  ir::Algebra al(p.graph);
  const NodeId x = p.carried(p.carry("x", p.parameter(0)));
  const NodeId y = p.carried(p.carry("y", p.parameter(1)));
  const NodeId near = al.make(Op::exprel, al.mul(x, y));
  const std::array<NodeId, 3> choice{al.make(Op::gt, near, al.number(1.2)), al.make(Op::exp, al.neg(near)), near};
  const NodeId chosen = p.graph.make(Op::seldom, choice);
  p.advance = {{0, al.sub(al.mul(al.number(1.9), chosen), x)}, {1, al.sub(al.mul(x, al.number(0.7)), y)}};
  const ir::Loop loop = ir::bind(p, ir::Timeline{300, 0, {}, std::vector<std::uint8_t>(300)});
  Rng rng(5, stream_id("stretches"));
  for (const Isa isa : {Isa::avx512, Isa::avx2}) {
    if (!runs_here(isa)) continue;
    for (int vectors = 1; vectors <= 4; ++vectors) {
      auto kernel = Kernel::compile(loop, {isa, vectors});
      ASSERT_TRUE(kernel.has_value());
      const auto lanes = static_cast<std::size_t>(kernel->lanes());
      std::vector<double> in(2 * lanes), out(2 * lanes);
      for (double& v : in) v = 3.0 * rng.normal();
      in[lanes - 1] = std::numeric_limits<double>::quiet_NaN();
      kernel->run(loop, in.data(), out.data(), nullptr);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        std::array<double, 2> want{};
        ir::interpret(loop, std::array{in[lane], in[lanes + lane]}, want);
        for (std::size_t c = 0; c < 2; ++c) {
          const double got = out[c * lanes + lane];
          if (std::isnan(want[c])) EXPECT_TRUE(std::isnan(got));
          else EXPECT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(want[c])) << lane;
        }
      }
    }
  }
}

}  // namespace
}  // namespace hillock::jit
