#pragma once
/// Double-doubles: unevaluated sums of two doubles, about 106 bits.

#include "ir/lower/build.hpp"

namespace hillock::ir {

/// high + low, |low| at most about an ulp of high.
struct Pair {
  NodeId high, low;
};

/// a + b exactly, where |a| >= |b| or a = 0 (Dekker 1971).
inline Pair fast_sum(Build& b, NodeId large, NodeId small) {
  const NodeId sum = b.add(large, small);
  return {sum, b.add(b.sub(large, sum), small)};
}

/// x + y exactly (Knuth, TAOCP 2, 4.2.2).
inline Pair two_sum(Build& b, NodeId x, NodeId y) {
  const NodeId sum = b.add(x, y);
  const NodeId y_part = b.sub(sum, x);
  return {sum, b.add(b.sub(x, b.sub(sum, y_part)), b.sub(y, y_part))};
}

/// x y exactly.
inline Pair two_product(Build& b, NodeId x, NodeId y) {
  const NodeId high = b.mul(x, y);
  return {high, b.fma(x, y, b.neg(high))};
}

/// x y, relative error about 2^-104.
inline Pair product(Build& b, Pair x, Pair y) {
  const auto [high, rounding] = two_product(b, x.high, y.high);
  return {high, b.fma(x.low, y.high, b.fma(x.high, y.low, rounding))};
}

/// n/d to about 0.6 ulp; n.low may be no_node.
inline NodeId quotient(Build& b, Pair n, Pair d) {
  const NodeId inverse = b.div(b.num(1.0), d.high);
  const NodeId t = b.mul(n.high, inverse);
  const NodeId minus = b.neg(t);
  NodeId remainder = b.fma(minus, d.high, n.high);
  if (n.low != no_node) remainder = b.add(remainder, n.low);
  return b.fma(b.fma(minus, d.low, remainder), inverse, t);
}

}  // namespace hillock::ir
