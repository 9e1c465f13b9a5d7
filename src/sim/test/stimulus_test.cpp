#include "sim/stimulus.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/test/models.hpp"

namespace hillock::sim {
namespace {

TEST(Stimulus, SampledAlongStraightLines) {
  const auto s = sampled(1.0, 0.5, {2.0, 4.0, 3.0}, Interpolation::linear);
  EXPECT_EQ(s->at(1.0, 1.1), 2.0);
  EXPECT_EQ(s->at(1.25, 1.25), 3.0);
  EXPECT_EQ(s->at(1.5, 1.4), 4.0);
  EXPECT_EQ(s->at(1.5, 1.6), 4.0);
  EXPECT_NEAR(s->at(1.6, 1.6), 3.8, 1e-15);
  EXPECT_EQ(s->at(0.0, 0.0), 2.0);  // constant outside
  EXPECT_EQ(s->at(9.0, 9.0), 3.0);
  EXPECT_TRUE(s->jumps(0.0, 10.0, 0.1).empty());
}

TEST(Stimulus, SampledAndHeld) {
  const auto s = sampled(1.0, 0.5, {2.0, 4.0, 4.0, 3.0}, Interpolation::previous);
  EXPECT_EQ(s->at(1.0, 1.1), 2.0);
  EXPECT_EQ(s->at(1.5, 1.4), 2.0);  // the limit from the left
  EXPECT_EQ(s->at(1.5, 1.6), 4.0);  // and from the right
  EXPECT_EQ(s->at(99.0, 99.0), 3.0);
  EXPECT_EQ(s->jumps(0.0, 10.0, 0.1), (std::vector<double>{1.5, 2.5}));  // where it changes, and nowhere else
}

TEST(Stimulus, AConstantCommandStaysConstantToTheBit) {
  // Rounding of sample times must not make a held command vary: what depends on it would be computed anew at every row.
  const double value = 0.1 + 0.2;
  const auto s = sampled(0.3, 1e-4, std::vector<double>(1000, value), Interpolation::linear);
  for (int i = 0; i < 999; ++i) {
    const double from = 0.3 + i * 1e-4, to = 0.3 + (i + 1) * 1e-4, middle = 0.5 * (from + to);
    for (const double t : {from, middle, to}) {
      EXPECT_EQ(s->at(t, middle), value);
    }
  }
  // On a ramp, samples are met to the bit from both sides.
  std::vector<double> ramp;
  for (int i = 0; i < 1000; ++i) ramp.push_back(std::sin(0.01 * i));
  const auto r = sampled(0.3, 1e-4, ramp, Interpolation::linear);
  for (int i = 1; i < 999; ++i) {
    const double t = 0.3 + i * 1e-4;
    EXPECT_EQ(r->at(t, t + 3e-5), ramp[static_cast<std::size_t>(i)]);
    EXPECT_EQ(r->at(t, t - 3e-5), ramp[static_cast<std::size_t>(i)]);
  }
}

TEST(Stimulus, ClosedFormsPieceByPiece) {
  ir::Graph line;
  const ir::NodeId t = line.symbol(ir::SymbolId{0});
  const ir::NodeId value = line.make(ir::Op::mul, t, line.constant(10.0));
  ir::Graph flat;
  const ir::NodeId seven = flat.constant(7.0);
  std::vector<Piece> pieces;
  pieces.push_back({0.5, line, value});
  pieces.push_back({std::numeric_limits<double>::infinity(), flat, seven});
  const auto s = piecewise(pieces);
  EXPECT_EQ(s->at(0.25, 0.25), 2.5);
  EXPECT_EQ(s->at(0.5, 0.4), 5.0);
  EXPECT_EQ(s->at(0.5, 0.6), 7.0);
  EXPECT_EQ(s->at(0.5, 0.5), 7.0);  // at `until` the next piece begins
  EXPECT_EQ(s->jumps(0.0, 10.0, 0.1), (std::vector<double>{0.5}));
}

TEST(Stimulus, WithoutSamplesOrPiecesIsABugOfOurs) {
  EXPECT_THROW((void)sampled(0, 1, {}, Interpolation::linear), Bug);
  EXPECT_THROW((void)sampled(0, 0, {1.0}, Interpolation::linear), Bug);
  EXPECT_THROW((void)piecewise({}), Bug);
}

}  // namespace
}  // namespace hillock::sim
