/// sin, cos, tan of any double, by one reduction for all sizes (Payne & Hanek, SIGNUM Newsletter 18 (1983) 19).
///
/// x/(2 pi) is wanted modulo 1, to 2^-118: no double comes nearer to a multiple of pi/2 than about 2^-61 turns, and
/// that much must still have 53 bits and a few. Of the 1100 bits of 2/pi only five pieces of 53 bits matter for a
/// given exponent: those before give whole turns, those after less than 2^-150. They are picked by a shifter made of
/// selects. With A = x 2^(-2 - 53 q), 2^54 <= |A| < 2^107, and pieces d0..d4,
///
///     x/(2 pi) = A d0 + A d1 2^-53 + ... + A d4 2^-212   (mod 1)
///
/// each product as two doubles, whole turns dropped, and the rest summed without error where it could cancel.

#include <array>

#include "ir/lower/coefficients.hpp"
#include "ir/lower/exp_parts.hpp"
#include "ir/lower/lower.hpp"
#include "ir/lower/pair.hpp"

namespace hillock::ir {

namespace k = coefficients;

namespace {

/// x = quadrant pi/2 + (r.high + r.low), |r| <= pi/4 (1 + 2^-50); quadrant a small whole number.
struct Angle {
  NodeId quadrant;
  Pair r;
};

/// Five pieces of 2/pi, from place `first` on (a whole number in 0..20).
std::array<NodeId, 5> pieces_from(Build& b, NodeId first) {
  std::array<NodeId, k::two_over_pi_pieces.size()> row{};
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = b.num(k::two_over_pi_pieces[i]);
  for (const std::size_t step : {16U, 8U, 4U, 2U, 1U}) {
    const NodeId shift = b.ge(first, static_cast<double>(step));
    // After this step at most step - 1 places remain to be shifted.
    for (std::size_t i = 0; i < step + 4; ++i)
      if (i + step < row.size()) row[i] = b.select(shift, row[i + step], row[i]);
    if (step > 1) first = b.select(shift, b.sub(first, static_cast<double>(step)), first);
  }
  return {row[0], row[1], row[2], row[3], row[4]};
}

/// x without its nearest whole number; exact.
NodeId without_turns(Build& b, NodeId x) { return b.sub(x, b.floor(b.add(x, 0.5))); }

Angle reduce(Build& b, NodeId x) {
  // q = floor((e - 56)/53), so that the product of A with an earlier piece is a whole number of turns. The half keeps
  // the quotient away from whole numbers, where the rounding of 1/53 could show. (For |x| < 1/2 nothing of this
  // counts.)
  const NodeId q = b.floor(b.mul(b.sub(b.exponent2(x), 55.5), 1.0 / 53));
  const std::array<NodeId, 5> d = pieces_from(b, b.add(q, 2.0));
  const NodeId a = b.scale2(x, b.fma(q, -53.0, -2.0));

  const Pair p0 = two_product(b, a, d[0]);                   // < 2^107 and 2^54, multiples of 2^-51
  const Pair p1 = two_product(b, b.mul(a, 0x1p-53), d[1]);   // < 2^54 and 2, multiples of 2^-104
  const Pair p2 = two_product(b, b.mul(a, 0x1p-106), d[2]);  // < 2 and 2^-52
  const Pair p3 = two_product(b, b.mul(a, 0x1p-159), d[3]);  // < 2^-52 and 2^-105
  const NodeId p4 = b.mul(b.mul(a, 0x1p-212), d[4]);         // < 2^-105
  // In turns. The first sum is exact: multiples of 2^-51 up to 1.
  const NodeId exact = b.add(without_turns(b, p0.high), without_turns(b, p0.low));
  const Pair s1 = two_sum(b, exact, without_turns(b, p1.high));
  const Pair s2 = two_sum(b, s1.high, p1.low);
  const Pair s3 = two_sum(b, s2.high, p2.high);
  const NodeId quadrant = b.sub(b.fma(s3.high, 4.0, round_magic), round_magic);
  const NodeId high = b.fma(quadrant, -0.25, s3.high);  // exact
  // Second order, each term below 2^-50; s1.low + s2.low is exact (multiples of 2^-104).
  const Pair t1 = two_sum(b, b.add(s1.low, s2.low), s3.low);
  const Pair t2 = two_sum(b, t1.high, p2.low);
  const Pair t3 = two_sum(b, t2.high, p3.high);
  const NodeId third = b.add(b.add(b.add(t1.low, t2.low), b.add(t3.low, p3.low)), p4);
  const Pair sum = two_sum(b, high, t3.high);
  const Pair r = product(b, {sum.high, b.add(sum.low, third)}, {b.num(k::two_pi_hi), b.num(k::two_pi_lo)});

  const NodeId small = b.lt(b.abs(x), 0x1.921fb54442d18p-1);  // pi/4
  const NodeId zero = b.num(0.0);
  return {b.select(small, zero, quadrant), {b.select(small, x, r.high), b.select(small, zero, r.low)}};
}

/// sin r and cos r for |r| <= pi/4, as sums of two: 0.5 ulp and a little each.
struct SinCos {
  Pair sin, cos;
};

SinCos sin_cos(Build& b, Pair r) {
  const NodeId z = b.mul(r.high, r.high);
  const NodeId half = b.mul(z, 0.5);
  const NodeId w = b.sub(b.num(1.0), half);
  const NodeId w_lost = b.sub(b.sub(b.num(1.0), w), half);
  const NodeId sin_small = b.fma(b.mul(r.high, z), b.polynomial(z, k::sin_tail), b.mul(r.low, w));
  const NodeId cos_small = b.add(w_lost, b.fma(b.mul(z, z), b.polynomial(z, k::cos_tail), b.neg(b.mul(r.high, r.low))));
  return {{r.high, sin_small}, {w, cos_small}};
}

NodeId is_odd(Build& b, NodeId n) {
  const NodeId half = b.mul(n, 0.5);
  return b.ne(b.floor(half), half);
}

/// sin((quadrant pi/2) + r)
NodeId rotate(Build& b, NodeId quadrant, const SinCos& value) {
  const NodeId odd = is_odd(b, quadrant);
  const NodeId sin = b.add(value.sin.high, value.sin.low);
  const NodeId cos = b.add(value.cos.high, value.cos.low);
  const NodeId size = b.select(odd, cos, sin);
  const NodeId negative = is_odd(b, b.floor(b.mul(quadrant, 0.5)));
  return b.select(negative, b.neg(size), size);
}

}  // namespace

NodeId lower_sin(Graph& graph, NodeId x) {
  Build b(graph);
  const Angle angle = reduce(b, x);
  return b.keep_zero(x, rotate(b, angle.quadrant, sin_cos(b, angle.r)));
}

NodeId lower_cos(Graph& graph, NodeId x) {
  Build b(graph);
  const Angle angle = reduce(b, x);
  return rotate(b, b.add(angle.quadrant, 1.0), sin_cos(b, angle.r));
}

NodeId lower_tan(Graph& graph, NodeId x) {
  Build b(graph);
  const Angle angle = reduce(b, x);
  const SinCos value = sin_cos(b, angle.r);
  const Pair sin = fast_sum(b, value.sin.high, value.sin.low);
  const Pair cos = fast_sum(b, value.cos.high, value.cos.low);
  // tan, or -1/tan in the odd quadrants.
  const NodeId odd = is_odd(b, angle.quadrant);
  const Pair above{b.select(odd, b.neg(cos.high), sin.high), b.select(odd, b.neg(cos.low), sin.low)};
  const Pair below{b.select(odd, sin.high, cos.high), b.select(odd, sin.low, cos.low)};
  return b.keep_zero(x, quotient(b, above, below));
}

}  // namespace hillock::ir
