/// Standard normal numbers from two uniform ones (Box & Muller 1958, Ann. Math. Stat. 29:610):
///
///     z = sqrt(-2 log u) cos(2 pi v)   and   sqrt(-2 log u) sin(2 pi v).
///
/// The angle comes as a fraction v of a turn, in (0, 1]. With t = 2 v - 1 half turns and 2 r = pi (|t| - 1/2), the
/// cosine is sin 2r, and the sine cos 2r with the sign of -t: the bare polynomials of r, doubled, nothing to reduce.
/// Tails reach to u = 2^-52, 8.5 standard deviations.

#include "ir/lower/coefficients.hpp"
#include "ir/lower/log_parts.hpp"
#include "ir/lower/lower.hpp"

namespace hillock::ir {

namespace k = coefficients;

NodeId lower_normal(Graph& graph, std::span<const NodeId> address, bool sine) {
  Build b(graph);
  const NodeId u = b.make(Op::random_a, {address[0], address[1], address[2]});
  const NodeId v = b.make(Op::random_b, {address[0], address[1], address[2]});
  // log u <= 0; its rounding may leave the tiniest positive number where u is nearly 1.
  const NodeId radius = b.sqrt(b.most(b.num(0.0), b.mul(log_of_normal(b, u), -2.0)));
  const NodeId half_turns = b.fma(v, 2.0, -1.0);
  const NodeId r = b.mul(b.sub(b.abs(half_turns), 0.5), 0x1.921fb54442d18p+0);  // pi/2; |r| <= pi/4
  const NodeId z = b.mul(r, r);
  const NodeId sin = b.fma(b.mul(r, z), b.polynomial(z, k::sin_tail), r);
  const NodeId twice = b.mul(sin, 2.0);
  // sin 2r = 2 sin r cos r, cos 2r = 1 - 2 sin^2 r.
  if (sine) {
    const NodeId size = b.mul(radius, b.fma(b.neg(twice), sin, 1.0));
    return b.select(b.gt(half_turns, 0.0), b.neg(size), size);
  }
  const NodeId cos = b.fma(b.mul(z, z), b.polynomial(z, k::cos_tail), b.fma(z, -0.5, 1.0));
  return b.mul(radius, b.mul(twice, cos));
}

}  // namespace hillock::ir
