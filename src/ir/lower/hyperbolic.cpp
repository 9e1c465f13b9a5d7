/// sinh, cosh, tanh, from the scaled pieces of e^x and e^x - 1: with e^x - 1 = v 2^n and u = 2^-n,
///
///     tanh(x/2) = (e^x - 1)/(e^x + 1)            = v / (v + 2u)
///     sinh x    = (E + E/(E + 1))/2, E = e^x - 1 = 2^(n-1) (v + u v/(v + u))
///     cosh x    = (e^x + e^-x)/2                 = 2^(n-1) (c + 2^(-2n)/c), e^x = c 2^n
///
/// No difference of large numbers, and no overflow before the result's own.

#include "ir/lower/exp_parts.hpp"
#include "ir/lower/lower.hpp"
#include "ir/lower/pair.hpp"

namespace hillock::ir {

namespace {

/// `size` with the sign of x, for an odd function; zeros too.
NodeId odd(Build& b, NodeId x, NodeId size) { return b.keep_zero(x, b.select(b.lt(x, 0.0), b.neg(size), size)); }

}  // namespace

NodeId lower_sinh(Graph& graph, NodeId x) {
  Build b(graph);
  const Expm1Scaled e = expm1_scaled(b, b.least(b.num(712.0), b.abs(x)));
  // What `value` lacks enters twice near 0 and once far away: 1 + (u/(v+u))^2 times. 1.75 is right to 1/4 where it
  // matters, and it is half an ulp at most.
  const NodeId low = b.mul(e.rest, 1.75);
  const NodeId twice = b.add(e.value, b.fma(e.unit, b.div(e.value, b.add(e.value, e.unit)), low));
  return odd(b, x, b.scale2(twice, b.sub(e.exponent, 1.0)));
}

NodeId lower_cosh(Graph& graph, NodeId x) {
  Build b(graph);
  const auto [value, exponent] = exp_scaled(b, b.least(b.num(712.0), b.abs(x)));
  const NodeId inverse = b.div(b.scale2(b.num(1.0), b.mul(exponent, -2.0)), value);
  return b.scale2(b.add(value, inverse), b.sub(exponent, 1.0));
}

NodeId lower_tanh(Graph& graph, NodeId x) {
  Build b(graph);
  // Of |x|: at negative x the error of v would count twice. tanh(20) is 1 to half an ulp.
  const NodeId size = b.least(b.num(20.0), b.abs(x));
  const Expm1Scaled e = expm1_scaled(b, b.add(size, size));
  // v/d with the remainder of the quotient and the rounding of d = v + 2u put right. (2u is a power of two and, while
  // it counts, a multiple of d's last place: d - 2u is exact.)
  const NodeId two_units = b.add(e.unit, e.unit);
  const NodeId d = b.add(e.value, two_units);
  const NodeId d_lost = b.sub(e.value, b.sub(d, two_units));
  return odd(b, x, quotient(b, {e.value, no_node}, {d, d_lost}));
}

}  // namespace hillock::ir
