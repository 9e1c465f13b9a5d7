/// Several divisions from one: which are joined, and that the quotients stay.

#include "ir/passes/share_divisions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/rng.hpp"
#include "ir/algebra.hpp"
#include "ir/interpret.hpp"
#include "ir/usual.hpp"

namespace hillock::ir {
namespace {

class ShareDivisions : public testing::Test {
 protected:
  Graph g;
  Algebra al{g};
  NodeId x[4] = {g.symbol(SymbolId{0}), g.symbol(SymbolId{1}), g.symbol(SymbolId{2}), g.symbol(SymbolId{3})};
  NodeId still = g.symbol(SymbolId{4});

  std::vector<NodeId> shared(const std::vector<std::vector<NodeId>>& phases) {
    return share_divisions(g, phases, [&](NodeId id) {
      for (const NodeId below : reachable(g, std::span(&id, 1)))
        if (g[below].op == Op::symbol && below != still) return true;
      return false;
    });
  }
  /// Divisions that are made whatever is chosen.
  [[nodiscard]] int divisions(const std::vector<NodeId>& roots) const {
    const std::vector<bool> usual = usually_needed(g, roots);
    int count = 0;
    for (std::uint32_t i = 0; i < usual.size(); ++i)
      if (usual[i] && g[NodeId{i}].op == Op::div) ++count;
    return count;
  }
};

TEST_F(ShareDivisions, OneDivisionServesThoseOfALevel) {
  const NodeId a = al.div(x[0], x[1]), b = al.div(x[1], x[2]), c = al.div(still, al.add(x[3], still));
  const NodeId after = al.div(a, al.add(b, c));  // waits for the others
  const NodeId elsewhere = al.div(x[2], still);  // does not move: hoisted by others
  const std::vector<NodeId> out = shared({{a, b, c, after, elsewhere}});
  EXPECT_EQ(divisions(out), 3);
  EXPECT_EQ(out[4], elsewhere);
}

TEST_F(ShareDivisions, PhasesAreKeptApartAndLonelyDivisionsAsTheyAre) {
  const NodeId a = al.div(x[0], x[1]), b = al.div(x[1], x[2]);
  EXPECT_EQ(shared({{a}, {b}}), (std::vector{a, b}));
  EXPECT_EQ(divisions(shared({{a, b}})), 1);
}

TEST_F(ShareDivisions, ManyAreSharedInGroups) {
  std::vector<NodeId> roots;
  for (int i = 0; i < 20; ++i) roots.push_back(al.div(x[0], al.add(x[1], al.number(i))));
  // x1 + 0 is x1. Twenty divisors in groups of six: 6, 6, 6, 2.
  EXPECT_EQ(divisions(shared({roots})), 4);
}

TEST_F(ShareDivisions, QuotientsStayAtAnySize) {
  const std::vector<NodeId> roots{al.div(x[0], x[1]), al.div(x[1], x[2]), al.div(x[2], x[3]), al.div(x[3], x[0])};
  const std::vector<NodeId> out = shared({roots});
  ASSERT_EQ(divisions(out), 1);
  Rng rng(1, stream_id("divisions"));
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double special[] = {0.0, -0.0, inf, -inf, nan, 1e-320, 1e308, -1e20, 1e-200, 1.0};
  for (int repeat = 0; repeat < 20000; ++repeat) {
    double values[5]{};
    const double spread = repeat % 3 == 0 ? 300.0 : 3.0;
    for (double& v : values)
      v = repeat % 7 == 0 && rng.below(3) == 0
              ? special[rng.below(std::size(special))]
              : std::pow(10.0, spread * (2.0 * rng.uniform() - 1.0)) * (rng.bits() & 1U ? 1.0 : -1.0);
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const double want = evaluate(g, roots[i], values), got = evaluate(g, out[i], values);
      if (std::isnan(want)) EXPECT_TRUE(std::isnan(got));
      else if (!std::isfinite(want) || std::fabs(want) < 1e-300) {
        // A reciprocal may round to 0 or infinity where the quotient just does not.
        EXPECT_TRUE(got == want || std::fabs(want) < 1e-300 || std::fabs(got) > 1e300) << want << " " << got;
      } else if (std::isfinite(got)) {
        // The product, its inverse, two factors back and the numerator: six roundings or fewer.
        EXPECT_NEAR(got, want, 6.0 * std::numeric_limits<double>::epsilon() * std::fabs(want));
      } else {
        EXPECT_LT(std::fabs(values[(i + 1) % 4]), 1e-307) << want;  // 1/d overflows though x/d does not
      }
    }
  }
}

TEST_F(ShareDivisions, AHundredThousandDivisionsTakeAMoment) {
  NodeId chain = x[0];
  std::vector<NodeId> roots;
  for (int i = 0; i < 100000; ++i) {
    roots.push_back(al.div(x[1], al.add(x[2], al.number(i))));
    if (i % 100 == 0) chain = al.div(chain, al.add(chain, al.number(i)));
  }
  roots.push_back(chain);
  std::vector<bool> moves(g.size());
  for (const NodeId id : reachable(g, roots)) {
    moves[index(id)] = g[id].op == Op::symbol && id != still;
    for (const NodeId arg : g[id].args)
      if (arg != no_node && moves[index(arg)]) moves[index(id)] = true;
  }
  const std::vector<std::vector<NodeId>> phases{roots};
  const auto out = share_divisions(g, phases, [&](NodeId id) { return static_cast<bool>(moves[index(id)]); });
  EXPECT_LE(divisions(out), 100000 / 6 + 1 + 1000);
}

TEST_F(ShareDivisions, AreSharedAsFarAsTheDividerIsWaitedFor) {
  const auto wanted = [&](NodeId root) {
    return divisions_to_share(g, std::span(&root, 1), [&](NodeId id) { return g[id].op != Op::constant; });
  };
  EXPECT_EQ(wanted(x[0]), 0U);
  NodeId sum = al.number(0.0), busy = al.number(0.0);
  for (int k = 1; k <= 6; ++k) {
    const NodeId divisor = al.add(x[0], al.number(k));
    sum = al.add(sum, al.div(al.number(k), divisor));
    busy = al.add(busy, al.div(al.make(Op::exp, al.mul(x[0], al.number(k))), divisor));
    busy = al.add(busy, al.make(Op::tanh, al.mul(x[0], al.number(k))));
  }
  EXPECT_GE(wanted(sum), 6U);   // 96 cycles of divisions beside a dozen sums
  EXPECT_EQ(wanted(busy), 1U);  // beside twelve functions: as they are
}

}  // namespace
}  // namespace hillock::ir
