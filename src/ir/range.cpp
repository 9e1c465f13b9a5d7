#include "ir/range.hpp"

#include <algorithm>
#include <cmath>

#include "ir/interpret.hpp"

namespace hillock::ir {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Range undefined{-infinity, infinity, false, false};

/// Between two values, in either order; 0 is left out where the values say so, or `nonzero` does.
Range between(double a, double b, bool nonzero = false) {
  if (std::isnan(a) || std::isnan(b)) return undefined;
  const double low = std::min(a, b), high = std::max(a, b);
  return {low, high, nonzero || low > 0.0 || high < 0.0, true};
}

/// 0 times an end at infinity is 0: infinity is not reached.
double times(double a, double b) { return a == 0.0 || b == 0.0 ? 0.0 : a * b; }

Range product(const Range& a, const Range& b) {
  const double ends[] = {times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)};
  return between(*std::ranges::min_element(ends), *std::ranges::max_element(ends), a.never_zero && b.never_zero);
}

Range reciprocal(const Range& a) {
  if (!a.never_zero) return undefined;
  if (a.low >= 0.0) return between(1.0 / a.high, a.low == 0.0 ? infinity : 1.0 / a.low, true);
  if (a.high <= 0.0) return between(a.high == 0.0 ? -infinity : 1.0 / a.high, 1.0 / a.low, true);
  return {-infinity, infinity, true, true};
}

Range absolute(const Range& a) {
  if (a.low >= 0.0) return a;
  if (a.high <= 0.0) return {-a.high, -a.low, a.never_zero, true};
  return {0.0, std::max(-a.low, a.high), a.never_zero, true};
}

Range sum(const Range& a, const Range& b) {
  const bool above = a.low >= 0.0 && b.low >= 0.0, below = a.high <= 0.0 && b.high <= 0.0;
  return between(a.low + b.low, a.high + b.high, (above || below) && (a.never_zero || b.never_zero));
}

Range negated(const Range& a) { return {-a.high, -a.low, a.never_zero, a.defined}; }

/// Of a function that rises or falls all the way.
Range monotone(Op op, const Range& a, bool nonzero) {
  return between(apply(op, a.low, 0, 0), apply(op, a.high, 0, 0), nonzero);
}

Range power(const Range& a, const Range& b) {
  if (b.low == b.high && std::isfinite(b.low) && b.low == std::floor(b.low)) {  // a whole exponent
    const double n = b.low;
    if (n == 0.0) return between(1.0, 1.0);
    const bool even = std::fmod(n, 2.0) == 0.0;
    const Range base = n > 0.0 ? a : reciprocal(a);
    if (!base.defined) return undefined;
    const Range root = even ? absolute(base) : base;
    return between(std::pow(root.low, std::fabs(n)), std::pow(root.high, std::fabs(n)), root.never_zero);
  }
  if (a.low < 0.0) return undefined;
  if (!a.positive())  // 0 to a power above 0 is 0
    return b.low == b.high && b.low > 0.0 ? between(0.0, std::pow(a.high, b.low)) : undefined;
  const Range exponent = product(b, between(std::log(a.low), std::log(a.high)));
  return exponent.defined ? between(std::exp(exponent.low), std::exp(exponent.high), true) : undefined;
}

Range of_op(Op op, const Range& a, const Range& b, const Range& c, bool same) {
  switch (op) {
    case Op::add: return sum(a, b);
    case Op::sub: return sum(a, negated(b));
    case Op::mul: {
      if (!same) return product(a, b);
      const Range root = absolute(a);
      return product(root, root);
    }
    case Op::div: {
      const Range inverse = reciprocal(b);
      return inverse.defined ? product(a, inverse) : undefined;
    }
    case Op::neg: return negated(a);
    case Op::pow: return power(a, b);
    case Op::fma: return sum(product(a, b), c);
    case Op::mod:
      if (b.positive()) return between(0.0, b.high);
      return b.negative() ? between(b.low, 0.0) : undefined;
    case Op::floordiv: {
      const Range inverse = reciprocal(b);
      if (!inverse.defined) return undefined;
      const Range ratio = product(a, inverse);
      return between(std::floor(ratio.low), std::floor(ratio.high));
    }
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::land:
    case Op::lor:
    case Op::lnot: return between(0.0, 1.0);
    case Op::to_real:
    case Op::stop_gradient: return a;
    case Op::select:
    case Op::seldom: return between(std::min(b.low, c.low), std::max(b.high, c.high), b.never_zero && c.never_zero);
    case Op::sin:
    case Op::cos: return between(-1.0, 1.0);
    case Op::tan: return {};
    case Op::sinh:
    case Op::tanh:
    case Op::arctan:
    case Op::expm1: return monotone(op, a, a.never_zero);
    case Op::cosh: {
      const Range size = absolute(a);
      return between(std::cosh(size.low), std::cosh(size.high));
    }
    case Op::arcsin:
    case Op::arccos: return a.low >= -1.0 && a.high <= 1.0 ? monotone(op, a, false) : undefined;
    case Op::exp: return monotone(op, a, true);
    case Op::log:
    case Op::log10: return a.positive() ? monotone(op, a, false) : undefined;
    case Op::log1p: return a.low > -1.0 ? monotone(op, a, a.never_zero) : undefined;
    // Positive, rising and falling; their ends at infinity are limits.
    case Op::exprel:
      return between(a.low == -infinity ? 0.0 : apply(op, a.low, 0, 0),
                     a.high == infinity ? infinity : apply(op, a.high, 0, 0), true);
    case Op::bernoulli:
      return between(a.low == -infinity ? infinity : apply(op, a.low, 0, 0),
                     a.high == infinity ? 0.0 : apply(op, a.high, 0, 0), true);
    case Op::sqrt: return a.low >= 0.0 ? monotone(op, a, a.never_zero) : undefined;
    case Op::ceil:
    case Op::floor:
    case Op::trunc:
    case Op::sign: return monotone(op, a, op == Op::sign && a.never_zero);
    case Op::abs: return absolute(a);
    case Op::min: return between(std::min(a.low, b.low), std::min(a.high, b.high), a.never_zero && b.never_zero);
    case Op::max: {
      // The larger of anything and something positive is positive.
      Range out = between(std::max(a.low, b.low), std::max(a.high, b.high), a.never_zero && b.never_zero);
      out.never_zero = out.never_zero || a.positive() || b.positive();
      return out;
    }
    case Op::clip: return of_op(Op::min, of_op(Op::max, a, b, {}, false), c, {}, false);
    default: return undefined;  // what a model cannot write
  }
}

}  // namespace

std::vector<Range> ranges_of(const Graph& graph, std::span<const NodeId> roots, std::span<const Range> symbols) {
  std::vector<Range> known(graph.size());
  for (const NodeId id : reachable(graph, roots)) {
    const Node& node = graph[id];
    Range& out = known[index(id)];
    if (node.op == Op::constant) {
      out = std::isfinite(node.value) ? between(node.value, node.value) : undefined;
      continue;
    }
    if (node.op == Op::symbol) {
      out = symbols[index(node.symbol)];
      continue;
    }
    bool defined = true;
    Range args[3];
    for (std::size_t k = 0; k < 3 && node.args[k] != no_node; ++k) {
      args[k] = known[index(node.args[k])];
      defined = defined && args[k].defined;
    }
    out = defined ? of_op(node.op, args[0], args[1], args[2], node.args[0] == node.args[1]) : undefined;
  }
  std::vector<Range> out;
  for (const NodeId root : roots) out.push_back(known[index(root)]);
  return out;
}

}  // namespace hillock::ir
