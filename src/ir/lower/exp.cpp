/// exp, expm1, exprel, bernoulli.
///
/// Reduction: x = n ln2 + r with 16 n whole (Tang, ACM TOMS 15 (1989) 144), ln 2 in two parts: n*ln2_hi is exact and
/// cancels exactly against x, so r carries an error below 2^-58 in all. Then e^x = 2^n (1 + p(r)), the sixteenths of n
/// from a table and the whole power by `scale2`, which rounds once more only where the result is subnormal.

#include <limits>
#include <utility>

#include "ir/lower/coefficients.hpp"
#include "ir/lower/exp_parts.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {

namespace k = coefficients;

namespace {

/// For |x| < 2000: n, and r = x - n ln2.
std::pair<NodeId, NodeId> reduce(Build& b, NodeId x) {
  const NodeId n = b.sub(b.fma(x, k::log2_e, sixteenth_magic), sixteenth_magic);
  return {n, b.fma(n, -k::ln2_lo, b.fma(n, -k::ln2_hi, x))};
}

/// 2^(n - floor(n)) e^r.
NodeId exp_fraction(Build& b, NodeId n, NodeId r) {
  const NodeId tail = b.polynomial(r, k::exp_small);
  const NodeId p = b.fma(b.mul(r, r), tail, r);
  const NodeId table = b.exp2_table(b.mul(n, 16.0));
  return b.fma(table, p, table);
}

}  // namespace

Scaled exp_join(Build& b, NodeId n, NodeId r) { return {exp_fraction(b, n, r), b.floor(n)}; }

Scaled exp_scaled(Build& b, NodeId x) {
  const auto [n, r] = reduce(b, x);
  return exp_join(b, n, r);
}

NodeId lower_exp_anywhere(Graph& graph, NodeId x) {
  Build b(graph);
  // e^-746 is below half the smallest subnormal, e^710 above the largest double: both ends round as they should.
  const auto [value, exponent] = exp_scaled(b, b.clamp(x, -746.0, 710.0));
  return b.scale2(value, exponent);
}

NodeId lower_exp(Graph& graph, NodeId x) {
  Build b(graph);
  // Where nothing overflows and nothing is subnormal, only the exponent is left to be set.
  const NodeId far = b.make(Op::lnot, {b.make(Op::le, {b.abs(x), b.num(700.0)})});
  const auto [n, r] = reduce(b, x);
  const NodeId usual = b.make(Op::scale2_normal, {exp_fraction(b, n, r), n});
  return b.make(Op::seldom, {far, lower_exp_anywhere(graph, x), usual});
}

Expm1Scaled expm1_scaled(Build& b, NodeId x) {
  const NodeId n = b.sub(b.fma(x, k::log2_e, round_magic), round_magic);
  const NodeId exact = b.fma(n, -k::ln2_hi, x);
  const NodeId r = b.fma(n, -k::ln2_lo, exact);
  const NodeId unit = b.scale2(b.num(1.0), b.neg(n));
  // (1 - unit) + r + r^2 tail, where r = exact - n ln2_lo to more than a double, and with what the first sum lost
  // (Dekker's fast sum: |shift| > |r| or shift = 0).
  const NodeId shift = b.sub(b.num(1.0), unit);
  const NodeId sum = b.add(shift, exact);
  const NodeId lost = b.fma(n, -k::ln2_lo, b.sub(exact, b.sub(sum, shift)));
  const NodeId small = b.fma(b.mul(r, r), b.polynomial(r, k::expm1_half), lost);
  const NodeId value = b.add(sum, small);
  return {value, unit, n, b.add(b.sub(sum, value), small)};
}

NodeId lower_expm1(Graph& graph, NodeId x) {
  Build b(graph);
  // e^-40 is below half an ulp of 1.
  const Expm1Scaled e = expm1_scaled(b, b.clamp(x, -40.0, 710.0));
  return b.keep_zero(x, b.scale2(e.value, e.exponent));
}

namespace {

NodeId exprel_anywhere(Build& b, NodeId x) {
  // Above 717 the quotient overflows too. Below -40 it is -1/x, so the divisor is not clamped there.
  const NodeId below = b.least(b.num(718.0), x);
  const Expm1Scaled e = expm1_scaled(b, b.most(b.num(-40.0), below));
  return b.select(b.eq(x, 0.0), b.num(1.0), b.scale2(b.div(e.value, below), e.exponent));
}

/// Outside [-5/8, 5/8], or NaN.
NodeId beyond_the_fit(Build& b, NodeId x) { return b.make(Op::lnot, {b.make(Op::le, {b.abs(x), b.num(0.625)})}); }

}  // namespace

NodeId lower_exprel(Graph& graph, NodeId x) {
  Build b(graph);
  // The argument is -step/time constant nearly everywhere: a polynomial there, without a division.
  const NodeId far = beyond_the_fit(b, x);
  return b.make(Op::seldom, {far, exprel_anywhere(b, x), b.fma(x, b.polynomial_in_two(x, k::exprel_rest), 1.0)});
}

NodeId lower_exprel_slope(Graph& graph, NodeId x) {
  Build b(graph);
  const NodeId far = beyond_the_fit(b, x);
  // Below the fit (e^x - E)/x with E = exprel and e^x = x E + 1; where e^x is nothing beside E = -1/x, that would be
  // all rounding: -E/x. Above it E - (E - 1)/x, which does not overflow before E. For the slopes of steps: up to 40
  // ulp.
  const NodeId exprel = exprel_anywhere(b, x);
  const NodeId exponential = b.fma(x, exprel, 1.0);
  const NodeId top = b.select(b.lt(x, -40.0), b.neg(exprel), b.sub(exponential, exprel));
  const NodeId above = b.sub(exprel, b.div(b.sub(exprel, 1.0), x));
  const NodeId positive = b.select(b.lt(exprel, std::numeric_limits<double>::infinity()), above, exprel);
  const NodeId anywhere = b.select(b.gt(x, 0.0), positive, b.div(top, x));
  // In the fit E = 1 + x F with F = (e^x - 1 - x)/x^2, and so E' = E - F: a step and its slope share all but the
  // subtraction. Up to 4 ulp.
  const NodeId rest = b.polynomial_in_two(x, k::exprel_rest);
  const NodeId near = b.sub(b.fma(x, rest, 1.0), rest);
  return b.make(Op::seldom, {far, anywhere, near});
}

NodeId lower_bernoulli(Graph& graph, NodeId x) {
  Build b(graph);
  // x/(v 2^n). From 1500 on it is 0 whatever the rest; below -40 it is -x.
  const NodeId below = b.least(b.num(1500.0), x);
  const Expm1Scaled e = expm1_scaled(b, b.most(b.num(-40.0), below));
  return b.select(b.eq(x, 0.0), b.num(1.0), b.scale2(b.div(below, e.value), b.neg(e.exponent)));
}

NodeId lower_bernoulli_slope(Graph& graph, NodeId x) {
  Build b(graph);
  // B' = B (1 - B - x)/x = -1/2 + sum of B_2k x^(2k-1)/(2k-1)!: what is left out is below 3e-18 for |x| < 1/4, where
  // the quotient has lost three bits. Up to 40 ulp.
  const NodeId bernoulli = lower_bernoulli(graph, x);
  const std::array series{1.0 / 6.0,       -1.0 / 180.0,    1.0 / 5040.0,
                          -1.0 / 151200.0, 1.0 / 4790016.0, -691.0 / 108972864000.0};
  const NodeId small = b.fma(x, b.polynomial(b.mul(x, x), series), -0.5);
  const NodeId near_zero = b.lt(b.abs(x), b.num(0.25));
  const NodeId quotient = b.div(b.mul(bernoulli, b.sub(b.sub(b.num(1.0), bernoulli), x)), x);
  // Far above, B is 0 and x may be infinite; far below, B is -x and the difference cancels.
  const NodeId far = b.select(b.eq(bernoulli, 0.0), b.num(0.0), b.select(b.lt(x, -40.0), b.num(-1.0), quotient));
  return b.select(near_zero, small, far);
}

}  // namespace hillock::ir
