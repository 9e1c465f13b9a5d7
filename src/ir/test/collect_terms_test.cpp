/// Scales and offsets that stand still: where they go, and that values stay.

#include "ir/passes/collect_terms.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

class CollectTerms : public testing::Test {
 protected:
  Graph g;
  Algebra al{g};
  NodeId v = g.symbol(SymbolId{0}), w = g.symbol(SymbolId{1});  // move
  NodeId p = g.symbol(SymbolId{2}), q = g.symbol(SymbolId{3});  // stand still
  std::vector<std::string> names{"v", "w", "p", "q"};

  NodeId num(double x) { return al.number(x); }
  std::vector<NodeId> collected(const std::vector<NodeId>& roots) {
    return collect_terms(g, roots, [&](NodeId id) {
      for (const NodeId below : reachable(g, std::span(&id, 1)))
        if (below == v || below == w) return false;
      return true;
    });
  }
  std::string text(NodeId id) const { return to_text(g, id, names); }
};

TEST_F(CollectTerms, UnitsAndShiftsBecomeOneFactorAndOneOffset) {
  const NodeId u = al.mul(al.sub(v, p), num(1000.0));
  const NodeId rate = al.make(Op::exp, al.mul(al.sub(num(13.0), u), num(0.25)));
  EXPECT_EQ(text(collected({rate})[0]), "exp((((p * 250) + 3.25) + (v * -250)))");
}

TEST_F(CollectTerms, AFactorGoesIntoASumThatNobodyElseReads) {
  const NodeId sum = al.add(al.mul(num(2.0), al.make(Op::exp, v)), al.mul(p, al.make(Op::sqrt, w)));
  EXPECT_EQ(text(collected({al.mul(num(-3.0), sum)})[0]), "((sqrt(w) * (p * -3)) - (exp(v) * 6))");
  // One that is read elsewhere too is computed once; nor is anything won where no term has a factor.
  const std::vector<NodeId> read_twice{al.mul(num(-3.0), sum), al.make(Op::exp, sum)};
  EXPECT_EQ(text(collected(read_twice)[0]), "(((p * sqrt(w)) + (exp(v) * 2)) * -3)");
  const NodeId bare = al.mul(num(-3.0), al.add(al.make(Op::exp, v), al.make(Op::exp, w)));
  EXPECT_EQ(text(collected({bare})[0]), "(-3 * (exp(v) + exp(w)))");
}

TEST_F(CollectTerms, ASignedProductIsOneProduct) {
  const NodeId x = al.make(Op::exp, v), y = al.make(Op::exp, w);
  const std::vector<NodeId> out =
      collected({al.sub(al.mul(num(-2.0), x), al.mul(num(5.0), y)), al.add(y, al.mul(num(2.0), x))});
  EXPECT_EQ(text(out[0]), "((-(exp(v) * 2)) - (exp(w) * 5))");
  EXPECT_EQ(text(out[1]), "(exp(w) + (exp(v) * 2))");
}

TEST_F(CollectTerms, ProductsGiveTheirFactorsAway) {
  const NodeId current = al.mul(al.mul(p, al.mul(v, v)), al.mul(w, num(0.5)));
  EXPECT_EQ(text(collected({al.add(al.mul(q, current), al.make(Op::exp, v))})[0]),
            "(exp(v) + ((w * (v * v)) * (q * (p * 0.5))))");
}

TEST_F(CollectTerms, WhatIsThereForItsRoundingStays) {
  const NodeId rounded = al.sub(al.add(v, num(0x1.8p52)), num(0x1.8p52));
  const double values[] = {2.75, 0.0, 0.0, 0.0};
  EXPECT_EQ(evaluate(g, collected({rounded})[0], values), 3.0);
  const NodeId far = al.mul(num(1e-200), al.mul(num(1e-200), v));
  const double large[] = {1e300, 0.0, 0.0, 0.0};
  EXPECT_EQ(evaluate(g, collected({far})[0], large), 1e-200 * (1e-200 * 1e300));
}

TEST_F(CollectTerms, ValuesStay) {
  Rng rng(1, stream_id("collect"));
  const auto leaf = [&] {
    const std::uint64_t which = rng.below(5);
    return which == 4 ? num(std::ldexp(1.0 + rng.uniform(), static_cast<int>(rng.below(7)) - 3))
                      : std::array{v, w, p, q}[which];
  };
  for (int repeat = 0; repeat < 2000; ++repeat) {
    std::vector<NodeId> nodes;
    for (int i = 0; i < 4; ++i) nodes.push_back(leaf());
    for (int i = 0; i < 20; ++i) {
      const NodeId a = nodes[rng.below(nodes.size())], b = rng.below(2) == 0 ? leaf() : nodes[rng.below(nodes.size())];
      switch (rng.below(6)) {
        case 0:
        case 1: nodes.push_back(al.add(a, b)); break;
        case 2: nodes.push_back(al.sub(a, b)); break;
        case 3:
        case 4: nodes.push_back(al.mul(al.make(Op::sin, a), b)); break;
        default: nodes.push_back(al.neg(a));
      }
    }
    const std::vector<NodeId> roots{nodes[nodes.size() - 1], nodes[nodes.size() - 2]};
    const std::vector<NodeId> out = collected(roots);
    double values[4];
    for (double& x : values) x = 4.0 * rng.uniform() - 2.0;
    // Up to twenty operations on numbers whose sizes add up to `size`: a rounding of that for each, and slopes of the
    // sines below 16 on the way.
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const double want = evaluate(g, roots[i], values);
      double size = 1.0;
      for (const NodeId id : reachable(g, std::span(&roots[i], 1))) size += std::fabs(evaluate(g, id, values));
      EXPECT_NEAR(evaluate(g, out[i], values), want, 1e-12 * size) << text(roots[i]) << "\n" << text(out[i]);
    }
  }
}

}  // namespace
}  // namespace hillock::ir
