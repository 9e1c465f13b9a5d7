/// log, log10, log1p.
///
/// x = 2^e m with m in [sqrt(1/2), sqrt(2)), f = m - 1 (exact), s = f/(2 + f): log m = log((1+s)/(1-s)) = 2s + s z R(z)
/// with z = s^2. As 2s = f - s f, and s f = f^2/2 - s f^2/2, this is f - (h - s (h + z R)) with h = f^2/2, whose
/// largest term is exact (fdlibm, e_log.c, Sun Microsystems 1993).

#include <limits>

#include "ir/lower/coefficients.hpp"
#include "ir/lower/log_parts.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {

namespace k = coefficients;

Split split_near_one(Build& b, NodeId x) {
  const NodeId m = b.mantissa2(x);
  const NodeId e = b.exponent2(x);
  const NodeId high = b.gt(m, 0x1.6a09e667f3bcdp+0);  // sqrt 2
  return {b.select(high, b.mul(m, 0.5), m), b.select(high, b.add(e, 1.0), e)};
}

NodeId log_special(Build& b, NodeId x, NodeId value) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const NodeId at_most_zero = b.select(b.eq(x, 0.0), b.num(-inf), b.num(std::numeric_limits<double>::quiet_NaN()));
  return b.select(b.gt(x, 0.0), b.select(b.lt(x, inf), value, x), at_most_zero);
}

namespace {

/// log m = f - (h - s sum), where sum = h + z R.
struct LogPieces {
  NodeId f, h, s, sum;
};

LogPieces log_pieces(Build& b, NodeId m) {
  const NodeId f = b.sub(m, 1.0);
  const NodeId s = b.div(f, b.add(f, 2.0));
  const NodeId z = b.mul(s, s);
  const NodeId h = b.mul(b.mul(f, 0.5), f);
  return {f, h, s, b.fma(z, b.polynomial(z, k::log_tail), h)};
}

/// e ln2 + log m, `low` being e*ln2_lo and any other small term.
NodeId log_join(Build& b, const LogPieces& p, NodeId e, NodeId low) {
  return b.fma(e, k::ln2_hi, b.sub(p.f, b.sub(p.h, b.fma(p.s, p.sum, low))));
}

}  // namespace

NodeId log_of_positive(Build& b, NodeId x) {
  const auto [m, e] = split_near_one(b, x);
  const LogPieces p = log_pieces(b, m);
  return log_join(b, p, e, b.mul(e, k::ln2_lo));
}

NodeId log_of_normal(Build& b, NodeId x) {
  const NodeId e = b.exponent2_near(x);
  return log_join(b, log_pieces(b, b.mantissa2_near(x)), e, b.mul(e, k::ln2_lo));
}

NodeId lower_log(Graph& graph, NodeId x) {
  Build b(graph);
  const NodeId normal = b.both(b.ge(x, 0x1p-1022), b.make(Op::le, {x, b.num(std::numeric_limits<double>::max())}));
  return b.make(Op::seldom,
                {b.make(Op::lnot, {normal}), log_special(b, x, log_of_positive(b, x)), log_of_normal(b, x)});
}

NodeId lower_log10(Graph& graph, NodeId x) {
  Build b(graph);
  const auto [m, e] = split_near_one(b, x);
  const LogPieces p = log_pieces(b, m);
  // log m = high + low to about 60 bits; then both, and 1/ln 10, in two parts.
  const NodeId high = b.sub(p.f, p.h);
  const NodeId low = b.fma(p.s, p.sum, b.sub(b.sub(p.f, high), p.h));
  const NodeId small = b.fma(low, k::log10_e_hi, b.fma(high, k::log10_e_lo, b.mul(e, k::log10_2_lo)));
  const NodeId exact = b.mul(e, k::log10_2_hi);
  const NodeId large = b.fma(high, k::log10_e_hi, exact);
  const NodeId lost = b.fma(high, k::log10_e_hi, b.sub(exact, large));  // |exact| > |high/ln 10|, or exact = 0
  return log_special(b, x, b.add(large, b.add(lost, small)));
}

NodeId lower_log1p(Graph& graph, NodeId x) {
  Build b(graph);
  // u + lost = 1 + x exactly (Knuth's sum); log(1 + x) = log u + lost/u to 2^-106.
  const NodeId u = b.add(x, 1.0);
  const NodeId x_part = b.sub(u, 1.0);
  const NodeId lost = b.add(b.sub(b.num(1.0), b.sub(u, x_part)), b.sub(x, x_part));
  const auto [m, e] = split_near_one(b, u);
  const LogPieces p = log_pieces(b, m);
  // 1/m = (1 - s)/(1 + s) = 1 - 2s + 2s^2 to 1 %, enough for a correction of an ulp.
  const NodeId reciprocal = b.fma(p.s, b.fma(p.s, 2.0, -2.0), 1.0);
  const NodeId correction = b.mul(b.scale2(lost, b.neg(e)), reciprocal);
  return b.keep_zero(x, log_special(b, u, log_join(b, p, e, b.fma(e, k::ln2_lo, correction))));
}

}  // namespace hillock::ir
