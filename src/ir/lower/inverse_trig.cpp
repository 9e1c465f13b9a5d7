/// arcsin, arccos, arctan: reduced to |argument| <= 1/2 by one identity each, then an odd polynomial.
///
///     arcsin a = pi/2 - 2 arcsin sqrt((1 - a)/2)         a > 1/2
///     arctan a = pi/4 + arctan((a - 1)/(a + 1))          1/2 < a <= 2
///     arctan a = pi/2 - arctan(1/a)                      a > 2

#include "ir/lower/coefficients.hpp"
#include "ir/lower/lower.hpp"
#include "ir/lower/pair.hpp"

namespace hillock::ir {

namespace k = coefficients;

namespace {

constexpr double half_pi = 0x1.921fb54442d18p+0;
constexpr double half_pi_low = 0x1.1a62633145c07p-54;

/// For |x| > 1/2 the reduced z = (1 - |x|)/2 and its root, else z = x^2 and |x|. arcsin(root) = root + small.
struct Reduced {
  NodeId large;  ///< |x| > 1/2
  NodeId root;
  NodeId small;
};

Reduced reduce(Build& b, NodeId x) {
  const NodeId size = b.abs(x);
  const NodeId large = b.gt(size, 0.5);
  const NodeId z = b.select(large, b.fma(size, -0.5, 0.5), b.mul(x, x));
  const NodeId root = b.select(large, b.sqrt(z), size);
  return {large, root, b.mul(b.mul(root, z), b.polynomial(z, k::asin_tail))};
}

}  // namespace

NodeId lower_arcsin(Graph& graph, NodeId x) {
  Build b(graph);
  const auto [large, root, small] = reduce(b, x);
  // pi/2 - 2 (root + small), the large terms first and without error.
  const Pair first = fast_sum(b, b.num(half_pi), b.mul(root, -2.0));
  const NodeId turned = b.add(first.high, b.add(first.low, b.fma(small, -2.0, half_pi_low)));
  const NodeId size = b.select(large, turned, b.add(root, small));
  return b.keep_zero(x, b.select(b.lt(x, 0.0), b.neg(size), size));
}

NodeId lower_arccos(Graph& graph, NodeId x) {
  Build b(graph);
  const auto [large, root, small] = reduce(b, x);
  const NodeId negative = b.lt(x, 0.0);
  // 2 (root + small) from the right end; pi - that from the left; pi/2 - arcsin x in the middle.
  const NodeId multiple =
      b.select(large, b.select(negative, b.num(-2.0), b.num(2.0)), b.select(negative, b.num(1.0), b.num(-1.0)));
  const NodeId base = b.select(large, b.select(negative, b.num(2 * half_pi), b.num(0.0)), b.num(half_pi));
  const NodeId base_low = b.select(large, b.select(negative, b.num(2 * half_pi_low), b.num(0.0)), b.num(half_pi_low));
  const Pair first = fast_sum(b, base, b.mul(multiple, root));
  return b.add(first.high, b.add(first.low, b.fma(multiple, small, base_low)));
}

NodeId lower_arctan(Graph& graph, NodeId x) {
  Build b(graph);
  const NodeId size = b.abs(x);
  const NodeId middle = b.gt(size, 0.5);
  const NodeId far = b.gt(size, 2.0);
  // One division: size/1, (size - 1)/(size + 1) or -1/size.
  const NodeId above = b.select(far, b.num(-1.0), b.select(middle, b.sub(size, 1.0), size));
  const NodeId below = b.select(far, size, b.select(middle, b.add(size, 1.0), b.num(1.0)));
  const NodeId t = b.div(above, below);
  const NodeId z = b.mul(t, t);
  const NodeId base = b.select(far, b.num(half_pi), b.select(middle, b.num(half_pi / 2), b.num(0.0)));
  const NodeId base_low = b.select(far, b.num(half_pi_low), b.select(middle, b.num(half_pi_low / 2), b.num(0.0)));
  const NodeId small = b.fma(b.mul(t, z), b.polynomial(z, k::atan_tail), base_low);
  // base + (t + small); the second sum is small where base is not 0.
  const NodeId angle = b.add(base, b.add(t, small));
  return b.keep_zero(x, b.select(b.lt(x, 0.0), b.neg(angle), angle));
}

}  // namespace hillock::ir
