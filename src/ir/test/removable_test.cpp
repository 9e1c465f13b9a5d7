// Quotients that are 0/0 at one point: what becomes of them, and that it has the same value everywhere else.

#include "ir/removable.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/derive.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

/// v, b, c are symbols.
class Removable : public testing::Test {
 protected:
  Graph g;
  const std::vector<std::string> names{"v", "b", "c"};
  NodeId v = g.symbol(SymbolId{0}), b = g.symbol(SymbolId{1}), c = g.symbol(SymbolId{2});
  NodeId num(double x) { return g.constant(x); }
  NodeId op(Op o, NodeId x, NodeId y) { return g.make(o, x, y); }
  NodeId exp_of(NodeId x) { return g.make(Op::exp, x); }

  /// The text of what x/y becomes, after a comparison of values and slopes away from the point.
  std::string quotient(NodeId x, NodeId y, Op o = Op::div) {
    const auto safe = without_removable_singularity(g, o, x, y);
    if (!safe) return "nothing";
    const NodeId plain = g.make(o, x, y);
    for (const double at : {-3.0, 0.4, 7.0}) {
      const double in[3] = {at, 1.25, 2.5};
      const double wanted = evaluate(g, plain, in);
      // exp(A) - 1 cancels to about |A| of its terms: some roundings over |A| >= 0.1.
      EXPECT_NEAR(evaluate(g, *safe, in), wanted, 1e-14 * std::fabs(wanted)) << at;
      Algebra al(g);
      const double slope = evaluate(g, gradient(al, plain, std::span(&v, 1))[0], in);
      EXPECT_NEAR(evaluate(g, gradient(al, *safe, std::span(&v, 1))[0], in), slope, 1e-12 * std::fabs(slope)) << at;
    }
    return to_text(g, *safe, names);
  }
};

TEST_F(Removable, TextInTextOut) {
  EXPECT_EQ(quotient(v, op(Op::sub, exp_of(v), num(1))), "(1 / exprel(v))");
  EXPECT_EQ(quotient(v, op(Op::sub, num(1), exp_of(v))), "(-1 / exprel(v))");
  EXPECT_EQ(quotient(op(Op::sub, num(1), exp_of(g.make(Op::neg, v))), v), "exprel((-v))");
  EXPECT_EQ(quotient(g.make(Op::expm1, v), v), "exprel(v)");
  // a (v - b)/(1 - exp(-(v - b)/c)) = a c/exprel(-(v - b)/c)
  const NodeId shifted = op(Op::sub, v, b);
  const NodeId rate = op(Op::sub, num(1), exp_of(op(Op::div, g.make(Op::neg, shifted), c)));
  EXPECT_EQ(quotient(op(Op::mul, num(0.1), shifted), rate), "((c * 0.1) / exprel(((-(v - b)) / c)))");
  // (b - v) and (v - b)/5: the sign and the width come out as numbers.
  EXPECT_EQ(quotient(op(Op::sub, b, v), op(Op::sub, exp_of(op(Op::div, shifted, num(5))), num(1))),
            "(-5 / exprel(((v - b) / 5)))");
  // The factor outside the quotient: 1/(exp(v) - 1)*v.
  EXPECT_EQ(quotient(op(Op::div, num(1), op(Op::sub, exp_of(v), num(1))), v, Op::mul), "(1 / exprel(v))");
}

TEST_F(Removable, NothingElseIsTouched) {
  EXPECT_EQ(quotient(v, op(Op::add, exp_of(v), num(1))), "nothing");
  EXPECT_EQ(quotient(v, op(Op::sub, exp_of(v), num(2))), "nothing");
  EXPECT_EQ(quotient(op(Op::add, v, num(1)), op(Op::sub, exp_of(v), num(1))), "nothing");  // infinite at 0
  EXPECT_EQ(quotient(num(3), op(Op::sub, exp_of(v), num(1))), "nothing");
  EXPECT_EQ(quotient(v, b), "nothing");
  EXPECT_EQ(quotient(op(Op::sub, v, num(0.04)), op(Op::sub, exp_of(op(Op::sub, v, num(0.0401))), num(1))), "nothing");
}

TEST_F(Removable, AtThePointValueAndSlopeAreTheLimits) {
  // f(x) = x/(exp(x) - 1) = 1 - x/2 + ...; at v = b, a (v - b)/(1 - exp(-(v - b)/c)) = a c (1 + (v - b)/(2 c) + ...).
  const NodeId x = op(Op::sub, v, b);
  const auto safe = without_removable_singularity(g, Op::div, op(Op::mul, num(0.1), x),
                                                  op(Op::sub, num(1), exp_of(op(Op::div, g.make(Op::neg, x), c))));
  ASSERT_TRUE(safe);
  const double in[3] = {1.25, 1.25, 2.5};
  EXPECT_DOUBLE_EQ(evaluate(g, *safe, in), 0.1 * 2.5);
  Algebra al(g);
  EXPECT_NEAR(evaluate(g, gradient(al, *safe, std::span(&v, 1))[0], in), 0.1 / 2.0, 1e-15);
}

}  // namespace
}  // namespace hillock::ir
