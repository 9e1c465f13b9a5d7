/// Standard normal numbers from two uniform ones (Box & Muller 1958, Ann. Math. Stat. 29:610):
///
///     z = sqrt(-2 log u) cos(2 pi v)   and   sqrt(-2 log u) sin(2 pi v).
///
/// The angle comes as a fraction of a turn, so its reduction is exact and short, and the functions are the bare
/// polynomials: no special values to look after. Tails reach to u = 2^-52, 8.5 standard deviations.

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
  const NodeId radius = b.sqrt(b.most(b.num(0.0), b.mul(log_of_positive(b, u), -2.0)));
  // v turns = (q + f) quarter turns, |f| <= 1/2.
  const NodeId quarters = b.mul(v, 4.0);
  const NodeId q = b.make(Op::round_even, {quarters});
  constexpr double half_pi = 0x1.921fb54442d18p+0;
  const NodeId r = b.mul(b.sub(quarters, q), half_pi);
  const NodeId z = b.mul(r, r);
  const NodeId sin = b.fma(b.mul(r, z), b.polynomial(z, k::sin_tail), r);
  const NodeId cos = b.fma(b.mul(z, z), b.polynomial(z, k::cos_tail), b.fma(z, -0.5, 1.0));
  // q in 0..4. Cosine: c, -s, -c, s, c. Sine: s, c, -s, -c, s.
  const auto is = [&](double n) { return b.eq(q, n); };
  const NodeId odd = b.either(is(1.0), is(3.0));
  const NodeId size = sine ? b.select(odd, cos, sin) : b.select(odd, sin, cos);
  const NodeId negative = sine ? b.either(is(2.0), is(3.0)) : b.either(is(1.0), is(2.0));
  return b.mul(radius, b.select(negative, b.neg(size), size));
}

}  // namespace hillock::ir
