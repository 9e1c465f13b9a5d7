// Random numbers by address: the lowered code against Random123 and libm, and the moments of many.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/rng.hpp"
#include "ir/interpret.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {
namespace {

class Lowered {
 public:
  explicit Lowered(Op op) {
    std::array<NodeId, 3> args{};
    for (std::uint32_t i = 0; i < 3; ++i) args[i] = graph_.symbol(SymbolId{i});
    root_ = lower(graph_, op, args);
  }
  double operator()(double counter, double lane, double seed) const {
    const std::array<double, 3> at{counter, lane, seed};
    return evaluate(graph_, root_, at);
  }

 private:
  Graph graph_;
  NodeId root_ = no_node;
};

TEST(Random, PhiloxHasItsPublishedNumbers) {
  // Random123 1.09, kat_vectors: philox4x32 10.
  EXPECT_EQ(philox_block({0, 0, 0, 0}, {0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox_block({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox_block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, UniformNumbersAreThoseOfTheBlockAtTheAddress) {
  constexpr double counter = 5.0 + 7.0 * 0x1p32, lane = 11.0 + 3.0 * 0x1p32, seed = 0x1p51 + 17.0;
  const auto block = philox_block({5, 7, 11, 3}, {17, 1U << 19U});
  const auto uniform = [](std::uint32_t low, std::uint32_t high) {
    const std::uint64_t bits = (low | (static_cast<std::uint64_t>(high) << 32U)) >> 12U;
    return 1.0 - static_cast<double>(bits) * 0x1p-52;
  };
  EXPECT_EQ(apply(Op::random_a, counter, lane, seed), uniform(block[0], block[1]));
  EXPECT_EQ(apply(Op::random_b, counter, lane, seed), uniform(block[2], block[3]));
}

TEST(Random, NormalNumbersAreBoxMullersToTheLastBits) {
  const Lowered a(Op::normal_a), b(Op::normal_b);
  double worst = 0.0;
  for (int i = 0; i < 20'000; ++i) {
    const double lane = i % 37;
    // log, square root and a polynomial each: a few units in the last place, of a number of order 1.
    for (const auto& [op, lowered] : {std::pair{Op::normal_a, &a}, {Op::normal_b, &b}}) {
      const double want = apply(op, i, lane, 9.0);
      worst = std::max(worst, std::fabs((*lowered)(i, lane, 9.0) - want) / std::max(1.0, std::fabs(want)));
    }
  }
  EXPECT_LT(worst, 2e-15);
}

TEST(Random, NormalNumbersAreNormalAndIndependentAlongEveryPartOfTheAddress) {
  const Lowered a(Op::normal_a), b(Op::normal_b);
  constexpr int n = 40'000;
  const double error = 5.0 / std::sqrt(static_cast<double>(n));
  double mean = 0.0, square = 0.0, cube = 0.0, fourth = 0.0;
  double pair = 0.0, next_counter = 0.0, next_lane = 0.0, next_seed = 0.0;
  for (int i = 0; i < n; ++i) {
    const double z = a(i, 1.0, 2.0);
    mean += z / n;
    square += z * z / n;
    cube += z * z * z / n;
    fourth += z * z * z * z / n;
    pair += z * b(i, 1.0, 2.0) / n;
    next_counter += z * a(i + 1, 1.0, 2.0) / n;
    next_lane += z * a(i, 2.0, 2.0) / n;
    next_seed += z * a(i, 1.0, 3.0) / n;
  }
  // Standard errors of the moments of a standard normal: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt n.
  EXPECT_NEAR(mean, 0.0, error);
  EXPECT_NEAR(square, 1.0, std::sqrt(2.0) * error);
  EXPECT_NEAR(cube, 0.0, std::sqrt(15.0) * error);
  EXPECT_NEAR(fourth, 3.0, std::sqrt(96.0) * error);
  for (const double product : {pair, next_counter, next_lane, next_seed}) EXPECT_NEAR(product, 0.0, error);
}

}  // namespace
}  // namespace hillock::ir
