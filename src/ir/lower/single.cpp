/// Elementary functions in single precision.
///
/// What steps are made of, exponentials, is written for singles: 24 bits take half the polynomial and no table. Other
/// functions are those of doubles, rounded: never wrong by more than a little over half a unit, and seldom in an inner
/// loop.
///
/// e^x: x = n ln2 + r with whole n, as for doubles (exp.cpp) but without sixteenths.

#include "ir/lower/build.hpp"
#include "ir/lower/coefficients.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {

namespace k = coefficients;

namespace {

/// Adding 1.5*2^23 to |a| < 2^22 rounds a to a whole number.
constexpr double single_magic = 0x1.8p23;

/// x = n ln2 + r, |r| <= ln2/2; `exact` is r without its part below 2^-24.
struct Reduced {
  NodeId n, r, exact;
};

Reduced reduce(Build& b, NodeId x) {
  const NodeId n = b.sub(b.fma(x, k::single_log2_e, b.num(single_magic)), b.num(single_magic));
  const NodeId exact = b.fma(n, -k::single_ln2_hi, x);
  return {n, b.fma(n, -k::single_ln2_lo, exact), exact};
}

/// e^x - 1 = value 2^n for -18 < x < 150; n = 0 where |x| <= ln2/2.
struct Expm1 {
  NodeId value, n;
};

Expm1 expm1_scaled(Build& b, NodeId x) {
  const auto [n, r, exact] = reduce(b, x);
  // (1 - 2^-n) + r + r^2 tail, the small terms last, with what the first sum lost among them (Dekker's fast sum:
  // |shift| > |r| or shift = 0). Quotients of this have up to twice its error, so half a unit matters.
  const NodeId shift = b.sub(b.num(1.0), b.scale2(b.num(1.0), b.neg(n)));
  const NodeId sum = b.add(shift, exact);
  const NodeId lost = b.fma(n, -k::single_ln2_lo, b.sub(exact, b.sub(sum, shift)));
  return {b.add(sum, b.fma(b.mul(r, r), b.polynomial(r, k::single_expm1), lost)), n};
}

NodeId exp(Build& b, NodeId argument) {
  // e^-104 is below half the smallest single, e^89 above the largest.
  const NodeId x = b.clamp(argument, -104.0, 89.0);
  const auto [n, r, exact] = reduce(b, x);
  const NodeId p = b.fma(b.mul(r, r), b.polynomial(r, k::single_exp), r);
  return b.scale2(b.add(p, 1.0), n);
}

NodeId expm1(Build& b, NodeId x) {
  // e^-18 is below half a unit of 1.
  const Expm1 e = expm1_scaled(b, b.clamp(x, -18.0, 89.0));
  return b.keep_zero(x, b.scale2(e.value, e.n));
}

NodeId exprel(Build& b, NodeId x) {
  // The quotient overflows above 93.2. Below -18 it is -1/x, so the divisor is not clamped there.
  const NodeId below = b.least(b.num(95.0), x);
  const Expm1 e = expm1_scaled(b, b.most(b.num(-18.0), below));
  const NodeId anywhere = b.select(b.eq(x, 0.0), b.num(1.0), b.scale2(b.div(e.value, below), e.n));
  // As for doubles: a polynomial on [-5/8, 5/8], where steps over time constants are.
  const NodeId far = b.make(Op::lnot, {b.make(Op::le, {b.abs(x), b.num(0.625)})});
  return b.make(Op::seldom, {far, anywhere, b.polynomial(x, k::single_exprel)});
}

NodeId bernoulli(Build& b, NodeId x) {
  // 0 from 109 on, -x below -18.
  const NodeId below = b.least(b.num(150.0), x);
  const Expm1 e = expm1_scaled(b, b.most(b.num(-18.0), below));
  return b.select(b.eq(x, 0.0), b.num(1.0), b.scale2(b.div(below, e.value), b.neg(e.n)));
}

}  // namespace

NodeId lower_single(Graph& graph, Op op, std::span<const NodeId> args) {
  Build b(graph, Type::single);
  switch (op) {
    case Op::exp: return exp(b, args[0]);
    case Op::expm1: return expm1(b, args[0]);
    case Op::exprel: return exprel(b, args[0]);
    case Op::bernoulli: return bernoulli(b, args[0]);
    case Op::sign: return lower_sign(graph, args[0]);
    case Op::min: return lower_min(graph, args[0], args[1]);
    case Op::max: return lower_max(graph, args[0], args[1]);
    case Op::clip: return lower_clip(graph, args[0], args[1], args[2]);
    case Op::pow:
      if (is_simple_power(graph, args[1])) return lower_pow(graph, args[0], args[1]);
      break;
    default: break;
  }
  std::array<NodeId, 3> wide{};
  for (std::size_t i = 0; i < args.size(); ++i) wide[i] = b.make(Op::to_double, {args[i]});
  return b.make(Op::to_single, {lower(graph, op, std::span<const NodeId>(wide.data(), args.size()))});
}

}  // namespace hillock::ir
