#pragma once
/// What an expression may evaluate to, once its arguments have an error: an interval, or anything at all.
///
/// A pass may round otherwise than the text says. It keeps the meaning where, for every op, the error stays within
/// `slack` of its value: then what it computes lies in the interval. Intervals also say what no tolerance can: that a
/// comparison of two numbers that may be equal may go either way, and that a quotient by something that may be 0 may be
/// anything.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "ir/graph.hpp"
#include "ir/test/reference.hpp"

namespace hillock::ir::fixture {

/// Numbers above this, and what is divided by numbers below its inverse, may overflow on the way: a/(b/c) is computed
/// as a c/b. Nothing is said of them.
inline constexpr Real largest = 1e100L;
/// All numbers from `low` to `high`; `any`: those, and infinities, and NaN. Booleans are 0 and 1.
struct Interval {
  Real low = 0, high = 0;
  bool any = false;

  static Interval point(Real x) {
    if (!(std::fabs(x) <= largest)) return anything();
    return x != 0 && std::fabs(x) < 1 / largest ? Interval{-1 / largest, 1 / largest, false} : Interval{x, x, false};
  }
  static Interval anything() { return {0, 0, true}; }
  [[nodiscard]] bool contains(double x) const {
    return any || (static_cast<Real>(x) >= low && static_cast<Real>(x) <= high);
  }
  [[nodiscard]] bool is(Real x) const { return !any && low == x && high == x; }
  /// Narrow enough to say something.
  [[nodiscard]] bool tells() const {
    return !any && high - low <= 1e-3L * (1 + std::max(std::fabs(low), std::fabs(high)));
  }
};

inline Interval hull(const Interval& a, const Interval& b) {
  if (a.any || b.any) return Interval::anything();
  return {std::min(a.low, b.low), std::max(a.high, b.high), false};
}

/// Of the value, by op. Passes state at most 3 (n - 1) roundings for n = 6 divisions of one, and 16 times the error of
/// an exponential; 2^-44 is 256 roundings. A wrong formula is wrong by more.
inline constexpr Real slack = 0x1p-44L;

inline Interval widened(Real low, Real high, Real relative = slack, Real absolute = 0) {
  if (std::isnan(low) || std::isnan(high) || std::fabs(low) > largest || std::fabs(high) > largest)
    return Interval::anything();
  if (low == 0 && high == 0 && absolute == 0) return {0, 0, false};
  const Real by = relative * std::max(std::fabs(low), std::fabs(high)) + absolute + 1 / largest;
  return {low - by, high + by, false};
}

/// The values of an op over intervals of its arguments. `jumps` becomes true where the op has a jump in there.
inline Interval enclose(Op op, const Interval& a, const Interval& b, const Interval& c, bool& jumps) {
  const Interval either{0, 1, false};
  const int arity = info(op).arity;
  const auto ends = [&](Real relative, Real absolute = 0) {  // of a function that rises or falls
    const Real x = reference_op(op, a.low, 0, 0), y = reference_op(op, a.high, 0, 0);
    return widened(std::min(x, y), std::max(x, y), relative, absolute);
  };
  // A factor may be multiplied into a sum, (x - a) c = x c - a c: what cancels leaves a rounding of its terms.
  const auto size = [](const Interval& i) { return std::max(std::fabs(i.low), std::fabs(i.high)); };
  const Real of_sum = a.is(0) || b.is(0) ? 0 : 0x1p-50L * std::max(size(a), size(b));
  const auto corners = [&](auto&& f, Real relative) {
    const Real all[4] = {f(a.low, b.low), f(a.low, b.high), f(a.high, b.low), f(a.high, b.high)};
    for (const Real x : all)
      if (std::isnan(x)) return Interval::anything();
    return widened(*std::min_element(all, all + 4), *std::max_element(all, all + 4), relative);
  };
  const auto decided = [&](bool yes, bool no) {
    if (yes == no) jumps = true;
    return yes == no ? either : Interval::point(yes ? 1 : 0);
  };
  const auto whole = [&](Real low, Real high) {  // of a function with steps
    if (low != high) jumps = true;
    return Interval{low, high, std::fabs(low) > largest || std::fabs(high) > largest};
  };
  switch (op) {  // what can be told of anything
    case Op::select:
    case Op::seldom:
      if (a.is(1)) return b;
      if (a.is(0)) return c;
      jumps = true;
      return hull(b, c);
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
      if (a.any || b.any) return decided(false, false);
      break;
    case Op::land:
      if (a.is(0) || b.is(0)) return Interval::point(0);
      return a.is(1) && b.is(1) ? Interval::point(1) : either;
    case Op::lor:
      if (a.is(1) || b.is(1)) return Interval::point(1);
      return a.is(0) && b.is(0) ? Interval::point(0) : either;
    case Op::lnot: return {1 - a.high, 1 - a.low, false};
    default: break;
  }
  if (a.any || (arity > 1 && b.any) || (arity > 2 && c.any)) return Interval::anything();
  switch (op) {
    case Op::add: return widened(a.low + b.low, a.high + b.high, slack, of_sum);
    case Op::sub: return widened(a.low - b.high, a.high - b.low, slack, of_sum);
    case Op::mul: return corners([](Real x, Real y) { return x * y; }, slack);
    case Op::fma: {
      const Interval product = corners([](Real x, Real y) { return x * y; }, slack);
      return product.any ? product : widened(product.low + c.low, product.high + c.high);
    }
    case Op::div:
      if (b.low <= 0 && b.high >= 0) return Interval::anything();
      return corners([](Real x, Real y) { return x / y; }, slack);
    case Op::neg: return {-a.high, -a.low, false};
    case Op::to_real: return a;
    case Op::stop_gradient: jumps = true; return a;  // its derivative is not that of its value
    case Op::lt: return decided(a.high < b.low, a.low >= b.high);
    case Op::le: return decided(a.high <= b.low, a.low > b.high);
    case Op::gt: return decided(a.low > b.high, a.high <= b.low);
    case Op::ge: return decided(a.low >= b.high, a.high < b.low);
    case Op::eq: return decided(a.low == a.high && b.is(a.low), a.high < b.low || a.low > b.high);
    case Op::ne: return decided(a.high < b.low || a.low > b.high, a.low == a.high && b.is(a.low));
    case Op::pow: {
      const bool integral = b.low == b.high && b.low == std::round(b.low);
      const Real most = std::max(std::fabs(b.low), std::fabs(b.high));
      if (a.low > 0) {
        const Real turns = most * std::max(std::fabs(std::log(a.low)), std::fabs(std::log(a.high)));
        return corners([](Real x, Real y) { return std::pow(x, y); }, slack * (1 + turns));
      }
      if (b.is(0)) return Interval::point(1);
      if (!integral || a.high >= 0 || most > 1e6L) {
        // Through 0 a whole positive power is a polynomial: between its values at the ends and 0.
        if (!(integral && b.low > 0 && most <= 1e6L)) return Interval::anything();
        const Real x = std::pow(a.low, b.low), y = std::pow(a.high, b.low);
        return widened(std::min({x, y, Real{0}}), std::max({x, y, Real{0}}), slack * most);
      }
      return corners([](Real x, Real y) { return std::pow(x, y); }, slack * (1 + most * 100));
    }
    case Op::mod:
    case Op::floordiv: {
      if (b.low <= 0 && b.high >= 0) return Interval::anything();
      const Interval ratio = corners([](Real x, Real y) { return x / y; }, slack);
      if (ratio.any) return ratio;
      const Interval turns = whole(std::floor(ratio.low), std::floor(ratio.high));
      if (op == Op::floordiv || turns.any) return turns;
      const Real most = std::max(std::fabs(b.low), std::fabs(b.high));
      // docs/reference/math.md: NaN beyond.
      if (std::max(std::fabs(turns.low), std::fabs(turns.high)) >= 0x1p52L) return Interval::anything();
      if (turns.low != turns.high) return widened(-most, most);
      const Real q = turns.low, x = q * b.low, y = q * b.high;
      return widened(a.low - std::max(x, y), a.high - std::min(x, y), slack,
                     slack * std::max(std::fabs(a.low), std::fabs(a.high)));
    }
    case Op::sin:
    case Op::cos: {
      const Real middle = (a.low + a.high) / 2, half = (a.high - a.low) / 2;
      const Real at = op == Op::sin ? std::sin(middle) : std::cos(middle);
      // The 80-bit function is good to its last bit far beyond 1e15, a double is not: it is the argument.
      return {std::max(Real{-1} - slack, at - half - slack), std::min(Real{1} + slack, at + half + slack), false};
    }
    case Op::tan:
      if (a.high - a.low > 0.5L || std::fabs(std::cos((a.low + a.high) / 2)) <= (a.high - a.low) + 1e-6L)
        return Interval::anything();
      return ends(slack, slack);
    case Op::arcsin:
    case Op::arccos:
      if (a.low < -1 || a.high > 1) return Interval::anything();
      return ends(slack, slack);
    case Op::log:
    case Op::log10:
      if (a.low <= 0) return Interval::anything();
      return ends(slack, slack);
    case Op::log1p:
      if (a.low <= -1) return Interval::anything();
      return ends(slack);
    case Op::sqrt:
      if (a.low < 0) return Interval::anything();
      return ends(slack);
    case Op::exp:
    case Op::expm1:
    case Op::exprel:
    case Op::exprel_slope:
    case Op::bernoulli:
    case Op::bernoulli_slope:
    case Op::sinh: {
      // The argument of an exponential that is got from another one is put together anew.
      const Real most = std::max(std::fabs(a.low), std::fabs(a.high));
      if (a.high > 250 || (op == Op::sinh && most > 250) || most > 1e15L) {
        if (op != Op::bernoulli || most > 250)
          return a.high < -250 && op == Op::exp ? widened(0, 1 / largest) : Interval::anything();
      }
      // From a shared exponential, the slope of bernoulli loses four digits near 0.
      return ends(slack * (1 + most), op == Op::bernoulli_slope ? 1e-10L : 0);
    }
    case Op::cosh: {
      const Real most = std::max(std::fabs(a.low), std::fabs(a.high));
      if (most > 250) return Interval::anything();
      const Real least = a.low <= 0 && a.high >= 0 ? 0 : std::min(std::fabs(a.low), std::fabs(a.high));
      return widened(std::cosh(least), std::cosh(most), slack * (1 + most));
    }
    case Op::tanh:
    case Op::arctan: return ends(slack);
    case Op::floor: return whole(std::floor(a.low), std::floor(a.high));
    case Op::ceil: return whole(std::ceil(a.low), std::ceil(a.high));
    case Op::trunc: return whole(std::trunc(a.low), std::trunc(a.high));
    case Op::sign: {
      const auto sign = [](Real x) { return x > 0 ? Real{1} : (x < 0 ? Real{-1} : Real{0}); };
      return whole(sign(a.low), sign(a.high));
    }
    case Op::abs:
      if (a.low >= 0) return a;
      if (a.high <= 0) return {-a.high, -a.low, false};
      return {0, std::max(-a.low, a.high), false};
    case Op::min: return {std::min(a.low, b.low), std::min(a.high, b.high), false};
    case Op::max: return {std::max(a.low, b.low), std::max(a.high, b.high), false};
    case Op::clip: return {std::min(std::max(a.low, b.low), c.low), std::min(std::max(a.high, b.high), c.high), false};
    default: return Interval::anything();  // primitives
  }
}

/// What the nodes that the roots need may evaluate to, by node.
struct Enclosed {
  std::vector<Interval> of;
  bool jumps = false;  ///< somewhere is a pole, or a comparison or a step may go either way
};
inline Enclosed enclose(const Graph& graph, std::span<const NodeId> roots, std::span<const Interval> symbols) {
  Enclosed out{std::vector<Interval>(graph.size()), false};
  for (const NodeId id : reachable(graph, roots)) {
    const Node& node = graph[id];
    const auto arg = [&](std::size_t k) { return node.args[k] == no_node ? Interval{} : out.of[index(node.args[k])]; };
    if (node.op == Op::constant) out.of[index(id)] = Interval::point(node.value);
    else if (node.op == Op::symbol) out.of[index(id)] = symbols[index(node.symbol)];
    else out.of[index(id)] = enclose(node.op, arg(0), arg(1), arg(2), out.jumps);
    out.jumps = out.jumps || out.of[index(id)].any;
  }
  return out;
}

}  // namespace hillock::ir::fixture
