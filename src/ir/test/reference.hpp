#pragma once
/// A second interpreter, in 80-bit floating point, and slopes by differences: oracles that share no code with `ir`.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "ir/graph.hpp"

namespace hillock::ir::fixture {

using Real = long double;

inline Real reference_op(Op op, Real a, Real b, Real c) {
  const auto truth = [](bool x) { return x ? 1.0L : 0.0L; };
  switch (op) {
    case Op::add: return a + b;
    case Op::sub: return a - b;
    case Op::mul: return a * b;
    case Op::div: return a / b;
    case Op::neg: return -a;
    case Op::pow: return std::pow(a, b);
    case Op::mod: return a - b * std::floor(a / b);
    case Op::floordiv: return std::floor(a / b);
    case Op::fma: return a * b + c;
    case Op::lt: return truth(a < b);
    case Op::le: return truth(a <= b);
    case Op::gt: return truth(a > b);
    case Op::ge: return truth(a >= b);
    case Op::eq: return truth(a == b);
    case Op::ne: return truth(a != b);
    case Op::land: return truth(a != 0 && b != 0);
    case Op::lor: return truth(a != 0 || b != 0);
    case Op::lnot: return truth(a == 0);
    case Op::select: return a != 0 ? b : c;
    case Op::to_real: return a;
    case Op::sin: return std::sin(a);
    case Op::cos: return std::cos(a);
    case Op::tan: return std::tan(a);
    case Op::sinh: return std::sinh(a);
    case Op::cosh: return std::cosh(a);
    case Op::tanh: return std::tanh(a);
    case Op::arcsin: return std::asin(a);
    case Op::arccos: return std::acos(a);
    case Op::arctan: return std::atan(a);
    case Op::exp: return std::exp(a);
    case Op::log: return std::log(a);
    case Op::log10: return std::log10(a);
    case Op::expm1: return std::expm1(a);
    case Op::log1p: return std::log1p(a);
    case Op::exprel: return a == 0 ? 1 : std::expm1(a) / a;
    case Op::exprel_slope: {
      if (std::fabs(a) < 0.5L) {
        Real sum = 0;
        for (int k = 20; k >= 0; --k) sum = sum * a + (k + 1.0L) / std::tgamma(k + 3.0L);
        return sum;
      }
      return (std::exp(a) - std::expm1(a) / a) / a;
    }
    case Op::bernoulli: return a == 0 ? 1 : a / std::expm1(a);
    case Op::bernoulli_slope: {
      if (std::fabs(a) < 0.5L) {  // sum of B_2k x^(2k-1)/(2k-1)!, the Bernoulli numbers
        const Real numbers[] = {1 / 6.0L,       -1 / 30.0L, 1 / 42.0L,      -1 / 30.0L,     5 / 66.0L,
                                -691 / 2730.0L, 7 / 6.0L,   -3617 / 510.0L, 43867 / 798.0L, -174611 / 330.0L};
        Real sum = 0;
        for (int k = 10; k >= 1; --k) sum += numbers[k - 1] * std::pow(a, 2 * k - 1) / std::tgamma(2.0L * k);
        return sum - 0.5L;
      }
      if (a > 11000) return 0;
      const Real value = a / std::expm1(a);
      return a < -60 ? -1 : value * (1 - value - a) / a;
    }
    case Op::sqrt: return std::sqrt(a);
    case Op::ceil: return std::ceil(a);
    case Op::floor: return std::floor(a);
    case Op::trunc: return std::trunc(a);
    case Op::abs: return std::fabs(a);
    case Op::sign: return a > 0 ? 1 : (a < 0 ? -1 : a);
    case Op::clip: return a < b ? std::min(b, c) : std::min(a, c);
    case Op::min: return a < b ? a : b;
    case Op::max: return a > b ? a : b;
    default: bug(__FILE__, __LINE__, "the reference knows no primitives");
  }
}

/// The value of `root`; symbols by SymbolId.
inline Real reference_value(const Graph& graph, NodeId root, std::span<const Real> symbols) {
  std::vector<Real> value(graph.size());
  for (const NodeId id : reachable(graph, std::span(&root, 1))) {
    const Node& node = graph[id];
    const auto arg = [&](std::size_t k) { return node.args[k] == no_node ? 0.0L : value[index(node.args[k])]; };
    if (node.op == Op::constant) value[index(id)] = node.value;
    else if (node.op == Op::symbol) value[index(id)] = symbols[index(node.symbol)];
    else value[index(id)] = reference_op(node.op, arg(0), arg(1), arg(2));
  }
  return value[index(root)];
}

struct Slope {
  Real value;
  Real uncertainty;
};

/// The slope of f at x: central differences at h, h/2, h/4, h/8, extrapolated twice (Richardson), so that the error is
/// O(h^6); the uncertainty is the change by the last halving, and the rounding of f (64-bit significand) over the step.
template <class F>
Slope slope(F&& f, Real x, Real h) {
  std::array<Real, 4> d{};
  Real size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Real step = std::ldexp(h, -static_cast<int>(i));
    const Real up = f(x + step), down = f(x - step);
    d[i] = (up - down) / (2 * step);
    size = std::max({size, std::fabs(up), std::fabs(down)});
  }
  std::array<Real, 3> once{};
  for (std::size_t i = 0; i < 3; ++i) once[i] = (4 * d[i + 1] - d[i]) / 3;
  const Real coarse = (16 * once[1] - once[0]) / 15;
  const Real fine = (16 * once[2] - once[1]) / 15;
  return {fine, std::fabs(fine - coarse) + 50 * 0x1p-64L * size / h};
}

}  // namespace hillock::ir::fixture
