/// Exponentials from one another: which are, what they become, and that the values stay.

#include "ir/passes/share_exponentials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"
#include "ir/test/reference.hpp"
#include "ir/usual.hpp"

namespace hillock::ir {
namespace {

/// v moves, a stands still.
class ShareExponentials : public testing::Test {
 protected:
  Graph g;
  Algebra al{g};
  NodeId v = g.symbol(SymbolId{0}), a = g.symbol(SymbolId{1});
  const std::vector<std::string> names{"v", "a"};

  NodeId over(double width, double shift) {
    return al.make(Op::exp, al.mul(al.sub(al.sub(v, a), al.number(shift)), al.number(1.0 / width)));
  }
  std::vector<NodeId> shared(const std::vector<NodeId>& roots) {
    return share_exponentials(g, roots, [&](NodeId id) {
      for (const NodeId below : reachable(g, std::span(&id, 1)))
        if (below == v) return true;
      return false;
    });
  }
  [[nodiscard]] std::string text(NodeId id) const { return to_text(g, id, names); }
  /// Exponentials of what moves that are computed whatever is chosen.
  [[nodiscard]] int exponentials(const std::vector<NodeId>& roots) const {
    const std::vector<bool> usual = usually_needed(g, roots);
    int count = 0;
    for (std::uint32_t i = 0; i < usual.size(); ++i) {
      const NodeId id{i};
      if (!usual[i] || g[id].op != Op::exp) continue;
      const auto below = reachable(g, std::span(&id, 1));
      if (std::ranges::find(below, v) != below.end()) ++count;
    }
    return count;
  }
};

TEST_F(ShareExponentials, APowerOfTheNarrowerOneServesTheWider) {
  const NodeId wide = al.make(Op::exp, al.mul(v, al.number(25.0)));
  const NodeId narrow = al.make(Op::exp, al.add(al.mul(v, al.number(50.0)), a));
  const std::vector<NodeId> out = shared({wide, narrow});
  EXPECT_EQ(out[0], wide);
  EXPECT_EQ(text(out[1]),
            "seldom(((not (abs((v * 25)) <= 30)) or (not (abs(a) <= 200))), exp((a + (v * 50))), "
            "((exp((v * 25)) * exp((v * 25))) * exp(a)))");
}

TEST_F(ShareExponentials, NothingChangesWhereNothingIsShared) {
  const NodeId w = g.symbol(SymbolId{2});
  const std::vector<NodeId> alone{over(20.0, 1.0), al.make(Op::exp, al.mul(w, al.number(0.1))), al.make(Op::exp, a),
                                  al.make(Op::exp, al.mul(v, v))};
  EXPECT_EQ(shared(alone), alone);
  // 17 times is too often, and of 1/(20 x 19) one would be the 20th power.
  const std::vector<NodeId> far{over(17.0, 0.0), over(1.0, 0.0)};
  EXPECT_EQ(shared(far), far);
  const std::vector<NodeId> apart{over(20.0, 0.0), over(19.0, 0.0)};
  EXPECT_EQ(shared(apart), apart);
}

TEST_F(ShareExponentials, ThoseWithACommonPartAreItsPowers) {
  // 1/12 and 1/18: three and two times 1/36; of the other sign a reciprocal.
  const std::vector<NodeId> roots{over(12.0, 0.0), over(18.0, 0.0), over(-9.0, 0.0)};
  const std::vector<NodeId> out = shared(roots);
  EXPECT_EQ(exponentials(out), 1);
  for (int at = -90; at < 60; ++at) {
    const double values[] = {static_cast<double>(at), -60.0, 0.0};
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const double want = evaluate(g, roots[i], values);
      // Arguments up to 17 with three roundings, and a fourth power.
      EXPECT_NEAR(evaluate(g, out[i], values), want, 2e-14 * want);
    }
  }
}

TEST_F(ShareExponentials, DerivativesOfQuotientsTakeTheSameExponential) {
  for (const double width : {-4.0, 5.0}) {
    const NodeId x = al.mul(al.sub(v, a), al.number(1.0 / width));
    const std::vector<NodeId> roots{over(-20.0, 0.0), al.make(Op::bernoulli, x), al.make(Op::bernoulli_slope, x)};
    const std::vector<NodeId> out = shared(roots);
    EXPECT_EQ(exponentials(out), 1);
    EXPECT_NE(out[2], roots[2]);
    for (double at = -150.0; at < 80.0; at += 0.37) {
      const double values[] = {at, -60.0, 0.0};
      const double argument = std::fabs((at + 60.0) / width);
      const double want = evaluate(g, roots[2], values);
      // 1 - B e^x is x/2 near 0, and B has lost as much; a fourth or fifth power, and arguments up to 40.
      const double lost = 4e-14 + (argument < 0.01 ? 0.0 : 4e-15 / (argument * argument));
      EXPECT_NEAR(evaluate(g, out[2], values), want, lost * std::fabs(want)) << width << " " << at;
    }
  }
}

TEST_F(ShareExponentials, ValuesStayEverywhere) {
  // Rates over 4, 5, 10 and 40 with their shifts; x/(exp(x) - 1) over 4 and 5.
  const std::vector<NodeId> roots{over(-40, 10), over(-10, -35), over(-5, 40),
                                  al.make(Op::bernoulli, al.mul(al.sub(al.sub(v, a), al.number(13)), al.number(-0.25))),
                                  al.make(Op::bernoulli, al.mul(al.sub(al.sub(v, a), al.number(15)), al.number(-0.2)))};
  const std::vector<NodeId> out = shared(roots);
  for (std::size_t i = 1; i < roots.size(); ++i) EXPECT_NE(out[i], roots[i]) << i;
  Rng rng(1, stream_id("share"));
  for (int repeat = 0; repeat < 20000; ++repeat) {
    // Physiology, the singular points and their surroundings, and far beyond.
    const double shift = -60.0 + 5.0 * rng.normal();
    double at = 200.0 * rng.uniform() - 120.0;
    if (repeat % 4 == 1) at = shift + (repeat % 8 == 1 ? 13.0 : 15.0) + std::ldexp(rng.normal(), -repeat % 60);
    if (repeat % 4 == 2) at = 1e4 * rng.normal();
    const double values[2] = {at, shift};
    const fixture::Real exact[2] = {at, shift};
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const double want = static_cast<double>(fixture::reference_value(g, roots[i], exact));
      const double got = evaluate(g, out[i], values);
      if (!std::isfinite(want) || std::fabs(want) < 1e-300) {
        EXPECT_EQ(got, evaluate(g, roots[i], values)) << i << " at " << at;
        continue;
      }
      // The argument of the base has three roundings of at most |x|/2 epsilon each, the power takes them and that of
      // the base ten times; where x/(exp(x) - 1) divides by 0.01 or more of difference, a hundred times that.
      const double argument = std::fabs(at - shift) / 4.0 + 10.0;
      const double epsilon = std::numeric_limits<double>::epsilon();
      const double allowed = epsilon * (10.0 * (2.0 + 1.5 * argument)) * (i < 3 ? 1.0 : 100.0);
      EXPECT_NEAR(got, want, allowed * std::fabs(want)) << i << " at " << at;
    }
  }
  // At the singular point itself.
  const double values[2] = {-47.0, -60.0};
  EXPECT_EQ(evaluate(g, out[3], values), 1.0);
  const double lost[2] = {std::numeric_limits<double>::quiet_NaN(), -60.0};
  for (const NodeId id : out) EXPECT_TRUE(std::isnan(evaluate(g, id, lost)));
}

TEST_F(ShareExponentials, LongSumsAndSharedPartsTakeNoTime) {
  // A chain of doublings: looked through naively it has 2^200 terms.
  NodeId sum = v;
  for (int i = 0; i < 200; ++i) sum = al.add(sum, sum);
  NodeId chain = v;
  for (int i = 0; i < 20000; ++i) chain = al.add(chain, al.mul(a, al.number(1.0 + i)));
  const std::vector<NodeId> roots{al.make(Op::exp, sum), al.make(Op::exp, chain)};
  std::vector<bool> moves(g.size());
  for (const NodeId id : reachable(g, roots)) {
    moves[index(id)] = id == v;
    for (const NodeId arg : g[id].args)
      if (arg != no_node && moves[index(arg)]) moves[index(id)] = true;
  }
  EXPECT_EQ(share_exponentials(g, roots, [&](NodeId id) { return moves[index(id)]; }), roots);
}

}  // namespace
}  // namespace hillock::ir
