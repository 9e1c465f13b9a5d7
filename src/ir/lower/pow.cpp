/// pow: 2^(y log2 |x|) in double-double, then the sign and the special cases of C99 (annex F.9.4.4).
///
/// |y log2 x| reaches 1075, so log2 x needs 11 bits more than a double for 2^-53 in the result. With x = 2^e m and
/// s = (m - 1)/(m + 1) as a double-double, log2 m = c1 s + c3 s^3 + s^5 tail(s^2), the first two terms in
/// double-double: relative error about 2^-68.

#include <cmath>
#include <limits>

#include "ir/lower/coefficients.hpp"
#include "ir/lower/exp_parts.hpp"
#include "ir/lower/log_parts.hpp"
#include "ir/lower/lower.hpp"
#include "ir/lower/pair.hpp"

namespace hillock::ir {

namespace k = coefficients;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// log2 of a positive finite number, and the reciprocal that was on the way: 1/x where x = +-0.
struct Log2 {
  Pair value;
  NodeId reciprocal;
};

Log2 log2_pair(Build& b, NodeId x) {
  const NodeId size = b.abs(x);
  const auto [m, e] = split_near_one(b, size);
  const NodeId f = b.sub(m, 1.0);
  // m + 1 = denominator + lost, exactly; s = f/(m + 1).
  const NodeId denominator = b.add(m, 1.0);
  const NodeId lost = b.sub(m, b.sub(denominator, 1.0));
  const NodeId reciprocal = b.div(b.num(1.0), b.select(b.eq(x, 0.0), x, denominator));
  const NodeId s_high = b.mul(f, reciprocal);
  const NodeId minus = b.neg(s_high);
  const NodeId remainder = b.fma(minus, lost, b.fma(minus, denominator, f));
  const Pair s{s_high, b.mul(remainder, reciprocal)};

  const Pair z = product(b, s, s);
  const NodeId tail = b.mul(z.high, b.polynomial(z.high, k::log2_tail));
  // c1 s + (s z)(c3 + tail)
  const Pair c3 = fast_sum(b, b.num(k::log2_c3_hi), tail);
  const Pair cubic = product(b, product(b, s, z), {c3.high, b.add(c3.low, k::log2_c3_lo)});
  const Pair linear = product(b, s, {b.num(k::log2_c1_hi), b.num(k::log2_c1_lo)});
  const Pair log_m = fast_sum(b, linear.high, cubic.high);
  const NodeId log_m_low = b.add(log_m.low, b.add(linear.low, cubic.low));
  const Pair sum = fast_sum(b, e, log_m.high);  // |e| >= 1 > |log2 m|, or e = 0
  return {{sum.high, b.add(sum.low, log_m_low)}, reciprocal};
}

NodeId general(Build& b, NodeId x, NodeId y) {
  const NodeId size = b.abs(x);
  const NodeId is_zero = b.eq(x, 0.0);
  const Log2 log = log2_pair(b, x);
  const NodeId high = b.select(is_zero, b.num(-inf), b.select(b.lt(size, inf), log.value.high, size));

  // t = y log2 |x|. Beyond +-1100 the result is 0 or infinity whatever the low part, which may be inf - inf.
  const NodeId product_high = b.mul(high, y);
  const NodeId product_low = b.fma(log.value.low, y, b.fma(high, y, b.neg(product_high)));
  const NodeId t = b.clamp(product_high, -1100.0, 1100.0);
  const NodeId t_low = b.select(b.lt(b.abs(product_high), 1100.0), product_low, b.num(0.0));

  // 2^t = 2^n e^r
  const NodeId n = b.sub(b.add(t, sixteenth_magic), sixteenth_magic);
  const NodeId r = b.mul(b.add(b.sub(t, n), t_low), k::ln2);
  const auto [value, exponent] = exp_join(b, n, r);
  const NodeId magnitude = b.scale2(value, exponent);

  const NodeId whole = b.eq(b.floor(y), y);
  const NodeId half = b.mul(y, 0.5);
  const NodeId odd = b.both(whole, b.ne(b.floor(half), half));
  // The sign of a zero shows in its reciprocal.
  const NodeId negative = b.lt(b.select(is_zero, log.reciprocal, x), 0.0);
  const NodeId with_sign = b.select(b.both(negative, odd), b.neg(magnitude), magnitude);
  const NodeId undefined = b.both(b.both(b.lt(x, 0.0), b.gt(x, -inf)), b.make(Op::lnot, {whole}));
  const NodeId defined = b.select(undefined, b.num(nan), with_sign);
  // 1^y = x^0 = 1 even for NaN; (-1)^(+-inf) = 1.
  const NodeId one = b.either(b.either(b.eq(x, 1.0), b.eq(y, 0.0)), b.both(b.eq(size, 1.0), b.eq(b.abs(y), inf)));
  return b.select(one, b.num(1.0), defined);
}

}  // namespace

bool is_simple_power(const Graph& graph, NodeId y) {
  if (!graph.is_constant(y)) return false;
  const double exponent = graph[y].value;
  return exponent == -1.0 || exponent == 0.5 ||
         (exponent == std::floor(exponent) && exponent >= 0.0 && exponent <= 4.0);
}

NodeId lower_pow(Graph& graph, NodeId x, NodeId y) {
  Build b(graph, graph[x].type);
  if (graph.is_constant(y)) {
    const double exponent = graph[y].value;
    if (exponent == 0.0) return b.num(1.0);
    if (exponent == 1.0) return x;
    if (exponent == 2.0) return b.mul(x, x);
    // Two roundings: the error stays below 1.3 ulp (cube) and 1.92 ulp (fourth power).
    if (exponent == 3.0) return b.mul(b.mul(x, x), x);
    if (exponent == 4.0) {
      const NodeId square = b.mul(x, x);
      return b.mul(square, square);
    }
    if (exponent == -1.0) return b.div(b.num(1.0), x);
    // C99: pow(-0, 0.5) = +0 and pow(-inf, 0.5) = +inf, unlike sqrt.
    if (exponent == 0.5) return b.select(b.eq(x, -inf), b.num(inf), b.sqrt(b.add(x, 0.0)));
  }
  return general(b, x, y);
}

}  // namespace hillock::ir
