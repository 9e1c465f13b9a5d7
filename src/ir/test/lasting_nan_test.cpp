/// Which NaNs stay, claimed and tried.

#include "ir/lasting_nan.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/algebra.hpp"
#include "ir/test/random_program.hpp"

namespace hillock::ir {
namespace {

TEST(LastingNaN, FollowsTheRulesOfIEEE754) {
  Program p;
  Algebra al(p.graph);
  p.parameters = 1;
  const NodeId zero = al.number(0.0);
  for (const char* name : {"v", "w", "n", "r"}) p.carry(name, zero);
  const NodeId v = p.carried(0), w = p.carried(1), n = p.carried(2), r = p.carried(3);
  const NodeId stepped = al.add(v, al.mul(p.parameter(0), al.make(Op::exp, al.sub(w, v))));
  const NodeId spike = al.make(Op::gt, stepped, al.number(1.0));
  // v is reset where it spikes: a NaN is never above a threshold. w is reset where something else happens.
  p.advance.push_back({0, al.select(spike, zero, stepped)});
  p.advance.push_back({1, al.select(al.make(Op::gt, r, al.number(0.5)), zero, al.mul(w, p.parameter(0)))});
  p.advance.push_back({2, al.add(n, al.select(spike, al.number(1.0), zero))});
  p.advance.push_back({3, al.select(al.make(Op::lnot, spike), r, al.number(1.0))});
  EXPECT_TRUE(nan_lasts(p, 0));
  EXPECT_FALSE(nan_lasts(p, 1));
  EXPECT_TRUE(nan_lasts(p, 2));
  EXPECT_FALSE(nan_lasts(p, 3));
  EXPECT_TRUE(nan_with(p, al.sub(w, v), 0));
  EXPECT_TRUE(nan_with(p, al.make(Op::max, w, v), 0));
  EXPECT_FALSE(nan_with(p, al.sub(w, r), 0));
  EXPECT_FALSE(nan_with(p, al.make(Op::pow, v, zero), 0));  // pow(NaN, 0) is 1
  const NodeId below = al.make(Op::lt, v, zero);
  EXPECT_FALSE(nan_with(p, al.select(below, v, w), 0));
  EXPECT_TRUE(nan_with(p, al.select(al.make(Op::lor, below, al.make(Op::ne, v, v)), v, w), 0));
  EXPECT_TRUE(nan_with(p, al.select(al.make(Op::land, al.make(Op::gt, r, w), below), w, v), 0));
}

/// In random programs, everything that is claimed to stay stays, bound and lowered as they run.
TEST(LastingNaN, StaysInRandomPrograms) {
  std::size_t claims = 0;
  Rng rng(1, stream_id("lasting NaN"));
  for (int i = 0; i < 150; ++i) {
    const fixture::RandomProgram random = fixture::random_program(rng);
    const Loop loop = bind(random.program, random.timeline);
    if (loop.adaptive || loop.rows < 2) continue;
    for (std::uint32_t c = 0; c < random.program.init.size(); ++c) {
      if (!nan_lasts(random.program, c)) continue;
      ++claims;
      std::vector<double> state(loop.state_size());
      interpret(loop, {0, 1}, random.parameters, state);
      state[c] = std::numeric_limits<double>::quiet_NaN();
      // And what the loop has computed of it ahead.
      for (std::size_t more = random.program.init.size(); more < loop.carried; ++more) state[more] = state[c];
      for (std::size_t row = 1; row < loop.rows; ++row) {
        interpret(loop, {row, row + 1}, random.parameters, state);
        ASSERT_TRUE(std::isnan(state[c])) << i << " " << c << " " << row;
      }
    }
  }
  EXPECT_GT(claims, 20U);
}

}  // namespace
}  // namespace hillock::ir
