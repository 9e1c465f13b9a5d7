// Where functions of time jump, and what they are on either side.

#include "ir/jumps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "ir/algebra.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

class Jumps : public testing::Test {
 protected:
  Graph g;
  Algebra al{g};
  NodeId t = g.symbol(SymbolId{0});
  NodeId num(double x) { return g.constant(x); }
  NodeId on(NodeId condition) { return al.make(Op::to_real, condition); }
  NodeId after(double time) { return on(al.make(Op::gt, t, num(time))); }

  std::vector<double> found(NodeId f, double from = 0.0, double until = 10.0, double resolution = 0.1) {
    return jumps(take_sides(g, f), from, until, resolution, 1000);
  }
  void expect(const std::vector<double>& got, const std::vector<double>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      EXPECT_NEAR(got[i], want[i], 4e-15 * (1 + std::fabs(want[i]))) << i;  // a few roundings
  }
  double value(NodeId f, double at, double inside) {
    const Sided sided = take_sides(g, f);
    const double times[] = {at, inside};
    return evaluate(sided.graph, sided.value, times);
  }
};

TEST_F(Jumps, OfAPulseAreItsEdgesAndEachSideHasItsValue) {
  const NodeId pulse = al.mul(al.mul(after(2.0), on(al.make(Op::lt, t, num(3.7)))), al.add(num(5.0), t));
  expect(found(pulse), {2.0, 3.7});
  EXPECT_EQ(value(pulse, 2.0, 1.9), 0.0);
  EXPECT_EQ(value(pulse, 2.0, 2.1), 7.0);
  EXPECT_EQ(value(pulse, 3.7, 3.6), 8.7);
  EXPECT_EQ(value(pulse, 3.7, 3.8), 0.0);
  expect(found(pulse, 2.5, 3.0), {});
  expect(found(pulse, 2.0, 3.7), {});  // its ends are no jumps inside
}

TEST_F(Jumps, OfWhatGoesOnSmoothlyAreNone) {
  for (const NodeId f :
       {num(3.0), t, al.make(Op::sin, t), al.make(Op::abs, al.sub(t, num(5.0))), al.make(Op::max, t, num(4.0)),
        on(al.make(Op::eq, t, num(4.0))), on(al.make(Op::lt, num(1.0), num(2.0)))})
    expect(found(f), {});
}

TEST_F(Jumps, OfStairsAreTheWholeNumbers) {
  expect(found(al.make(Op::floor, al.div(t, num(2.5)))), {2.5, 5.0, 7.5});
  expect(found(al.make(Op::ceil, al.sub(num(0.5), t)), 0.0, 3.0), {0.5, 1.5, 2.5});
  expect(found(al.make(Op::trunc, al.mul(t, num(0.25)))), {4.0, 8.0});
  expect(found(al.make(Op::floordiv, t, num(4.0))), {4.0, 8.0});
  EXPECT_EQ(value(al.make(Op::floor, t), 3.0, 2.9), 2.0);
  EXPECT_EQ(value(al.make(Op::floor, t), 3.0, 3.1), 3.0);
}

TEST_F(Jumps, OfASawtoothAreItsTeethAndItIsOneLineBetweenThem) {
  const NodeId saw = al.make(Op::mod, t, num(3.0));
  expect(found(saw), {3.0, 6.0, 9.0});
  EXPECT_EQ(value(saw, 6.0, 5.5), 3.0);
  EXPECT_EQ(value(saw, 6.0, 6.5), 0.0);
  EXPECT_NEAR(value(saw, 7.25, 7.25), 1.25, 1e-15);
}

TEST_F(Jumps, OfAPulseTrainAreBothEdgesHoweverShortThePulses) {
  // (t % 3) < w: the edges of the pulses are on no straight line, but after teeth that are.
  for (const double w : {0.9, 0.02}) {
    const NodeId train = on(al.make(Op::lt, al.make(Op::mod, t, num(3.0)), num(w)));
    expect(found(train), {w, 3.0, 3.0 + w, 6.0, 6.0 + w, 9.0, 9.0 + w});
  }
}

TEST_F(Jumps, OfCurvesAreWhereTheyCross) {
  const double pi = std::numbers::pi;
  expect(found(al.make(Op::sign, al.make(Op::sin, t))), {pi, 2 * pi, 3 * pi});
  const NodeId square = al.mul(t, t);
  expect(found(on(al.make(Op::ge, square, num(2.0)))), {std::sqrt(2.0)});
  // Several between two points that are looked at.
  expect(found(al.make(Op::floor, square), 0.0, 2.2, 1.0), {1.0, std::sqrt(2.0), std::sqrt(3.0), 2.0});
}

TEST_F(Jumps, ThatAreTooManyAreNotListed) {
  const NodeId fast = al.make(Op::floor, al.mul(t, num(1e9)));
  EXPECT_EQ(found(fast).size(), 1001U);
  const NodeId wave = al.make(Op::sign, al.make(Op::sin, al.mul(t, num(1e5))));
  EXPECT_EQ(jumps(take_sides(g, wave), 0.0, 10.0, 1e-6, 1000).size(), 1001U);
}

TEST_F(Jumps, OfEquationsAreThoseByStraightLinesOfTimeAlone) {
  constexpr SymbolId side{3};
  const NodeId state = g.symbol(SymbolId{1}), onset = g.symbol(SymbolId{2});
  const NodeId edge = on(al.make(Op::gt, t, onset));
  const NodeId wave = on(al.make(Op::gt, al.make(Op::sin, t), num(0.3)));  // no straight line
  const NodeId high = on(al.make(Op::gt, al.add(state, t), num(1.0)));     // a state's
  const std::vector<NodeId> roots{al.add(al.mul(edge, t), al.add(wave, high)), al.mul(num(2.0), edge)};
  const SidedEquations got = take_sides(g, roots, SymbolId{0}, side, [](SymbolId id) { return id == SymbolId{2}; });
  ASSERT_EQ(got.parts.size(), 1U);  // once, though two equations have it
  EXPECT_FALSE(got.parts[0].whole_numbers);
  const auto at = [&](double time, double of_state, double on_side, std::size_t k) {
    const double values[] = {time, of_state, 5.0, on_side};
    return evaluate(got.graph, got.values[k], values);
  };
  EXPECT_EQ(at(5.0, 0.0, 4.9, 0), 1.0);   // before the edge: sin 5 < 0.3, t > 1
  EXPECT_EQ(at(5.0, 0.0, 5.1, 0), 6.0);   // behind it, at the same time
  EXPECT_EQ(at(5.0, -9.0, 5.1, 0), 5.0);  // the state's part reads the time itself
  EXPECT_EQ(at(0.5, 0.0, 5.1, 0), 1.5);   // so does the wave
  EXPECT_EQ(at(5.0, 0.0, 5.1, 1), 2.0);
  // Where the edge is a state's own, or nothing stands still, there is none.
  EXPECT_TRUE(take_sides(g, roots, SymbolId{0}, side, [](SymbolId) { return false; }).parts.empty());
}

}  // namespace
}  // namespace hillock::ir
