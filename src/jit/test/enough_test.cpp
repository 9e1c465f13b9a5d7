/// One test for the conditions of many choices: what it asks, and that it never passes where a condition holds.

#include "jit/enough.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"
#include "ir/program.hpp"
#include "jit/test/machines.hpp"

namespace hillock::jit {
namespace {

using ir::NodeId;
using ir::Op;

TEST(Enough, WhatIsAskedOfManyNumbersIsAskedOnce) {
  ir::Graph g;
  ir::Algebra al(g);
  std::vector<NodeId> x;
  for (std::uint32_t i = 0; i < 4; ++i) x.push_back(g.symbol(ir::SymbolId{i}));
  const auto size = [&](std::size_t i) { return al.make(Op::abs, x[i]); };
  const auto beyond = [&](std::size_t i, double limit) {
    return al.make(Op::lnot, al.make(Op::le, size(i), al.number(limit)));
  };
  const NodeId near = al.make(Op::lt, size(2), al.number(0.01));
  const NodeId large = al.make(Op::ge, x[3], al.number(1e-200));
  const NodeId both = al.make(Op::lnot, al.make(Op::land, large, al.make(Op::le, size(3), al.number(0.5))));
  const NodeId conditions[] = {beyond(0, 0.5), al.make(Op::lor, beyond(1, 0.5), near), both, beyond(1, 30.0)};
  const EnoughTest test = enough_for(g, conditions, [&](NodeId id) { return id == x[1]; });
  const auto passes = [&](NodeId id, std::array<double, 4> at) { return evaluate(g, id, at) != 0.0; };
  // What stands still: |x1| <= 0.5 and |x1| <= 30.
  EXPECT_TRUE(passes(test.once, {9.0, -0.5, 0.0, 0.0}));
  EXPECT_FALSE(passes(test.once, {0.0, 0.51, 0.0, 0.0}));
  // The rest: x0^2 + x3^2 <= 0.25, |x2| >= 0.01, x3 >= 1e-200.
  int comparisons = 0;
  for (const NodeId id : ir::reachable(g, std::span(&test.every_row, 1)))
    comparisons += g[id].op == Op::le || g[id].op == Op::ge ? 1 : 0;
  EXPECT_EQ(comparisons, 3);
  EXPECT_TRUE(passes(test.every_row, {-0.3, 99.0, 0.01, 0.39}));
  EXPECT_TRUE(passes(test.every_row, {0.499, 99.0, -7.0, 1e-3}));
  EXPECT_FALSE(passes(test.every_row, {0.51, 0.0, 1.0, 1e-3}));
  EXPECT_FALSE(passes(test.every_row, {0.1, 0.0, 0.0099, 1e-3}));
  EXPECT_FALSE(passes(test.every_row, {0.1, 0.0, 1.0, -0.1}));
  EXPECT_FALSE(passes(test.every_row, {std::numeric_limits<double>::quiet_NaN(), 0.0, 1.0, 0.1}));
}

TEST(Enough, SquaresPassOnlyWhereEveryNumberIsWithin) {
  Rng rng(1, stream_id("squares"));
  for (const double limit : {0.625, 30.0, 1e20, 1e-3}) {
    const double most = limit_of_squares(limit, ir::Type::real);
    for (int repeat = 0; repeat < 10000; ++repeat) {
      double sum = 0.0;
      for (std::size_t i = 0; i < most_squares; ++i) {
        const bool over = i == static_cast<std::size_t>(repeat) % most_squares;
        const double x = over ? std::nextafter(limit, 2 * limit) : limit * std::ldexp(rng.normal(), -repeat % 60);
        sum = i == 0 ? x * x : std::fma(x, x, sum);
      }
      ASSERT_GT(sum, most) << limit;
    }
    EXPECT_GT(most, 0.99 * limit * limit);
  }
  // No squares where they overflow or vanish: then each number is asked.
  EXPECT_EQ(limit_of_squares(1e200, ir::Type::real), 0.0);
  EXPECT_EQ(limit_of_squares(1e-200, ir::Type::real), 0.0);
  EXPECT_EQ(limit_of_squares(1e20, ir::Type::single), 0.0);
  EXPECT_EQ(limit_of_squares(0.0, ir::Type::real), 0.0);
}

/// Fourteen numbers, each with a choice of its own: beyond a limit a whole other value. Lanes have one number each at
/// or beyond its limit, or NaN, or none.
TEST(Enough, NoLaneMissesAChoice) {
  constexpr std::size_t count = 14;
  for (const bool inside : {true, false}) {  // wanted: |x| <= 2, or |x| >= 2
    ir::Program p;
    p.parameters = count;
    ir::Algebra al(p.graph);
    for (std::uint32_t i = 0; i < count; ++i) {
      const NodeId x = p.carried(p.carry("x", p.parameter(i)));
      const NodeId size = al.make(Op::abs, x);
      const NodeId rare =
          inside ? al.make(Op::lnot, al.make(Op::le, size, al.number(2.0))) : al.make(Op::lt, size, al.number(2.0));
      p.advance.push_back({i, p.graph.make(Op::seldom, rare, al.number(100.0 + i), al.neg(x))});
    }
    const ir::Loop loop = ir::bind(p, ir::Timeline{3, 0, {}, std::vector<std::uint8_t>(3)});
    const double at[] = {2.0,
                         -2.0,
                         std::nextafter(2.0, 3.0),
                         std::nextafter(2.0, 1.0),
                         -std::nextafter(2.0, 3.0),
                         std::numeric_limits<double>::quiet_NaN(),
                         -std::numeric_limits<double>::infinity(),
                         0.0};
    for (const KernelOptions& options : machines(3)) {
      auto kernel = Kernel::compile(loop, options);
      ASSERT_TRUE(kernel.has_value());
      const auto lanes = static_cast<std::size_t>(kernel->lanes());
      for (std::size_t which = 0; which < count; ++which)
        for (const double special : at)
          for (const std::size_t odd : {std::size_t{0}, lanes - 1}) {
            std::vector<double> in(count * lanes, inside ? 0.5 : 3.0), out(count * lanes);
            in[which * lanes + odd] = special;
            kernel->run(loop, in.data(), out.data(), nullptr);
            for (std::size_t lane = 0; lane < lanes; ++lane) {
              std::vector<double> own(count), want(count);
              for (std::size_t i = 0; i < count; ++i) own[i] = in[i * lanes + lane];
              ir::interpret(loop, own, want);
              for (std::size_t i = 0; i < count; ++i)
                ASSERT_TRUE(same_bits(out[i * lanes + lane], want[i])) << which << " " << special << " " << i;
            }
          }
    }
  }
}

}  // namespace
}  // namespace hillock::jit
