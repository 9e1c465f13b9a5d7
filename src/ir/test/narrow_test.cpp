/// Programs in single precision: which number has which precision, and that states do not stand still.

#include "ir/passes/narrow.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/algebra.hpp"

namespace hillock::ir {
namespace {

constexpr double epsilon = 0x1p-24;  // half the spacing of singles at 1

Timeline rows(std::size_t count) { return {count, 0, {}, std::vector<std::uint8_t>(count, 0)}; }

std::vector<double> run(const Program& program, const Timeline& timeline, std::span<const double> parameters = {}) {
  const Loop loop = bind(program, timeline);
  std::vector<double> carried(loop.carried);
  interpret(loop, parameters, carried);
  return carried;
}

/// x' = (goal - x) rate, from 0, as exponential steps are written: x (1 + a) + b.
Program slow_gate(double step_over_tau, double goal) {
  Program p;
  p.parameters = 1;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.0));
  const NodeId slope = al.neg(al.mul(p.parameter(0), al.number(step_over_tau)));
  const NodeId lasting = al.make(Op::exprel, slope);
  const NodeId decay = al.add(al.mul(slope, lasting), al.number(1.0));
  const NodeId offset = al.mul(al.number(goal), al.neg(slope));
  p.advance = {{x, al.add(al.mul(p.carried(x), decay), al.mul(offset, lasting))}};
  return p;
}

TEST(Narrow, AGateThatIsSlowerThanItsDigitsArrives) {
  // After n steps x = goal (1 - exp(-n s)). The rounding of a step's increment (a few epsilon of it) is damped like the
  // gate itself: a few epsilon of the goal in all.
  constexpr double s = 1e-5, goal = 0.7;
  constexpr std::size_t n = 400000;
  const double want = goal * -std::expm1(-static_cast<double>(n) * s);
  const double parameter[1] = {1.0};
  Program p = slow_gate(s, goal);
  keep_in_single(p, std::array{0U});
  EXPECT_NEAR(run(p, rows(n), parameter)[0], want, 6 * epsilon * goal);
  // What compensation is for: without it the gate stops where an increment is below half a digit of x, some 0.002 short
  // (2^-25/s), the more so as 1 + a has lost most digits of a.
  Program plain = slow_gate(s, goal);
  plain.singles = {0};
  EXPECT_GT(std::fabs(run(plain, rows(n), parameter)[0] - want), 1e-3);
}

TEST(Narrow, SumsThatAreWrittenInOtherWaysAreCompensatedToo) {
  // x - d, (x + d) + e, x + d by a condition; 2^-26 is lost by x = 1 each time, and 4096 of them are 2^-14.
  for (int form = 0; form < 3; ++form) {
    Program p;
    Algebra al(p.graph);
    const std::uint32_t x = p.carry("x", al.number(1.0));
    const NodeId y = al.mul(p.carried(x), al.number(0x1p-26));  // 2^-26, nearly
    const NodeId now = p.carried(x);
    NodeId next = form == 0 ? p.graph.make(Op::sub, now, al.neg(y)) : al.add(now, y);
    if (form == 1) next = al.add(al.add(now, al.mul(y, al.number(0.5))), al.mul(y, al.number(0.5)));
    if (form == 2) next = al.select(al.make(Op::gt, now, al.number(0.0)), next, al.number(-1.0));
    p.advance = {{x, next}};
    keep_in_single(p, std::array{x});
    const double want = std::pow(1.0 + 0x1p-26, 4096);
    EXPECT_NEAR(run(p, rows(4096))[0], want, 2 * epsilon) << form;
  }
}

TEST(Narrow, AResetLeavesNothingOver) {
  // x grows by d, and is set back to 1/4 from 1/2 on: what was rounded off before does not survive.
  Program p;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.25));
  const NodeId now = p.carried(x);
  const NodeId grown = al.add(now, al.mul(now, al.number(0.01 / 3)));
  p.advance = {{x, al.select(al.make(Op::gt, now, al.number(0.5)), al.number(0.25), grown)}};
  keep_in_single(p, std::array{x});
  ASSERT_EQ(p.init.size(), 2U);
  // Cycles of the same length from the same start: after 3 whole ones everything is as it was.
  const auto cycle = [&] {
    for (std::size_t n = 1;; ++n)
      if (n > 10 && run(p, rows(n))[0] == 0.25) return n;
  }();
  EXPECT_EQ(run(p, rows(3 * cycle)), run(p, rows(cycle)));
  EXPECT_EQ(run(p, rows(cycle))[1], 0.0);
}

TEST(Narrow, TimesCountsAndSumsKeepTheirDigits) {
  // A time that no single holds is taken over where a state says so; a sum of states has the digits of a double.
  Program p;
  p.columns = 1;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", al.number(0.1)), last = p.carry("last", al.number(0.0)),
                      sum = p.carry("sum", al.number(0.0));
  const NodeId fires = al.make(Op::gt, p.carried(x), al.number(0.9));
  p.advance = {{x, al.select(fires, al.number(0.1), al.add(p.carried(x), al.number(0.0625)))},
               {last, al.select(fires, p.column(0), p.carried(last))}};
  p.observe = {{sum, al.add(p.carried(sum), p.carried(x))}};
  keep_in_single(p, std::array{x});
  constexpr std::size_t n = 30000;
  Timeline t{n, 1, {}, std::vector<std::uint8_t>(n, 1)};
  for (std::size_t r = 0; r < n; ++r) t.values.push_back(1e-4 / 3 * static_cast<double>(r));
  const std::vector<double> got = run(p, t);
  // The state: 0.1 as a single and what is added to it, exact below 2.
  double state = static_cast<double>(0.1F), want_last = 0.0, want_sum = 0.0, rest = 0.0;
  for (std::size_t r = 0; r < n; ++r) {
    want_sum += state;
    const bool spikes = state > static_cast<double>(0.9F);
    if (spikes) want_last = t.values[r], state = static_cast<double>(0.1F), rest = 0.0;
    else {
      const double exact = state + 0.0625 + rest;
      state = static_cast<double>(static_cast<float>(exact)), rest = exact - state;
    }
  }
  EXPECT_EQ(got[last], want_last);
  EXPECT_EQ(got[sum], want_sum);
}

TEST(Narrow, NumbersHaveThePrecisionOfWhatTheyAreComputedOf) {
  Program p;
  p.parameters = 1;
  Algebra al(p.graph);
  const std::uint32_t x = p.carry("x", p.parameter(0)), y = p.carry("y", al.number(0.0));
  const NodeId rate = al.make(Op::exp, p.parameter(0));  // of a parameter alone: in double, rounded once
  p.advance = {{x, al.mul(p.carried(x), rate)}, {y, al.add(p.carried(y), p.carried(x))}};
  p.outputs = {p.carried(x)};
  p.singles = {x};
  narrow(p);
  const auto is = [&](NodeId id, Op op, Type type) { return p.graph[id].op == op && p.graph[id].type == type; };
  EXPECT_TRUE(is(p.init[x], Op::to_single, Type::single));
  EXPECT_TRUE(is(p.init[y], Op::constant, Type::real));
  EXPECT_TRUE(is(p.advance[0].value, Op::mul, Type::single));
  EXPECT_TRUE(is(p.graph[p.advance[0].value].args[1], Op::to_single, Type::single) ||
              is(p.graph[p.advance[0].value].args[0], Op::to_single, Type::single));
  EXPECT_TRUE(is(p.advance[1].value, Op::add, Type::real));
  EXPECT_TRUE(is(p.outputs[0], Op::to_double, Type::real));
}

TEST(Narrow, OtherProgramsAreUntouched) {
  Program p = slow_gate(0.1, 1.0);
  EXPECT_FALSE(bind(p, rows(3)).single);
  const Loop loop = bind(p, rows(3));
  for (std::uint32_t i = 0; i < loop.graph.size(); ++i) EXPECT_NE(loop.graph[NodeId{i}].type, Type::single);
}

}  // namespace
}  // namespace hillock::ir
