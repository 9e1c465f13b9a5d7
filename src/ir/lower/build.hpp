#pragma once
/// A builder for lowered expressions: every method makes one primitive op, or a constant where all operands are. In
/// single precision its numbers are of that type.

#include <array>
#include <initializer_list>
#include <span>

#include "ir/graph.hpp"
#include "ir/interpret.hpp"

namespace hillock::ir {

class Build {
 public:
  explicit Build(Graph& graph, Type precision = Type::real) : g_(graph), precision_(precision) {}

  NodeId num(double value) { return precision_ == Type::single ? g_.constant_single(value) : g_.constant(value); }

  NodeId add(NodeId a, NodeId b) { return make(Op::add, {a, b}); }
  NodeId sub(NodeId a, NodeId b) { return make(Op::sub, {a, b}); }
  NodeId mul(NodeId a, NodeId b) { return make(Op::mul, {a, b}); }
  NodeId div(NodeId a, NodeId b) { return make(Op::div, {a, b}); }
  NodeId neg(NodeId a) { return make(Op::neg, {a}); }
  NodeId fma(NodeId a, NodeId b, NodeId c) { return make(Op::fma, {a, b, c}); }
  NodeId sqrt(NodeId a) { return make(Op::sqrt, {a}); }
  NodeId abs(NodeId a) { return make(Op::abs, {a}); }
  NodeId floor(NodeId a) { return make(Op::floor, {a}); }
  /// a < b ? a : b, so that a NaN in b stays and one in a is lost.
  NodeId least(NodeId a, NodeId b) { return make(Op::least, {a, b}); }
  /// a > b ? a : b, likewise.
  NodeId most(NodeId a, NodeId b) { return make(Op::most, {a, b}); }

  NodeId add(NodeId a, double b) { return add(a, num(b)); }
  NodeId sub(NodeId a, double b) { return sub(a, num(b)); }
  NodeId mul(NodeId a, double b) { return mul(a, num(b)); }
  NodeId fma(NodeId a, double b, NodeId c) { return fma(a, num(b), c); }
  NodeId fma(NodeId a, double b, double c) { return fma(a, num(b), num(c)); }
  NodeId fma(NodeId a, NodeId b, double c) { return fma(a, b, num(c)); }

  NodeId lt(NodeId a, NodeId b) { return make(Op::lt, {a, b}); }
  NodeId lt(NodeId a, double b) { return lt(a, num(b)); }
  NodeId gt(NodeId a, double b) { return make(Op::gt, {a, num(b)}); }
  NodeId ge(NodeId a, double b) { return make(Op::ge, {a, num(b)}); }
  NodeId eq(NodeId a, NodeId b) { return make(Op::eq, {a, b}); }
  NodeId eq(NodeId a, double b) { return eq(a, num(b)); }
  NodeId ne(NodeId a, NodeId b) { return make(Op::ne, {a, b}); }
  NodeId both(NodeId a, NodeId b) { return make(Op::land, {a, b}); }
  NodeId either(NodeId a, NodeId b) { return make(Op::lor, {a, b}); }
  NodeId select(NodeId condition, NodeId a, NodeId b) { return make(Op::select, {condition, a, b}); }
  NodeId to_real(NodeId a) { return make(Op::to_real, {a}); }

  NodeId scale2(NodeId a, NodeId n) { return make(Op::scale2, {a, n}); }
  NodeId exponent2(NodeId a) { return make(Op::exponent2, {a}); }
  NodeId mantissa2(NodeId a) { return make(Op::mantissa2, {a}); }
  NodeId exponent2_near(NodeId a) { return make(Op::exponent2_near, {a}); }
  NodeId mantissa2_near(NodeId a) { return make(Op::mantissa2_near, {a}); }
  NodeId exp2_table(NodeId n) { return make(Op::exp2_table, {n}); }

  /// x between two numbers; a NaN stays one.
  NodeId clamp(NodeId x, double low, double high) { return least(num(high), most(num(low), x)); }

  /// c[0] + c[1] x + ... by Horner's rule, one fma per coefficient after the last.
  NodeId polynomial(NodeId x, std::span<const double> c) {
    NodeId sum = num(c.back());
    for (std::size_t i = c.size() - 1; i-- > 0;) sum = fma(sum, x, c[i]);
    return sum;
  }

  /// The same as even(x^2) + x odd(x^2): half the wait for one operation more.
  NodeId polynomial_in_two(NodeId x, std::span<const double> c) {
    const NodeId square = mul(x, x);
    const auto chain = [&](std::size_t first) {
      std::size_t i = c.size() - 1 - (c.size() - 1 - first) % 2;
      NodeId sum = num(c[i]);
      for (; i >= first + 2; i -= 2) sum = fma(sum, square, c[i - 2]);
      return sum;
    };
    return fma(x, chain(1), chain(0));
  }

  /// Odd functions whose last addition has lost the sign of a zero: +-0 itself at +-0, else `value`.
  NodeId keep_zero(NodeId x, NodeId value) { return select(eq(x, 0.0), x, value); }

  NodeId make(Op op, std::initializer_list<NodeId> list) {
    const std::span<const NodeId> args(list.begin(), list.size());
    std::array<double, 3> value{};
    bool constant = true;
    for (std::size_t i = 0; i < args.size(); ++i) {
      constant = constant && g_.is_constant(args[i]);
      value[i] = g_[args[i]].value;
    }
    if (constant) {
      if (op == Op::select || op == Op::seldom) return result_of_select(args);
      const bool single = op != Op::to_double && g_[args.back()].type == Type::single;
      const double result = (single ? apply_single : apply)(op, value[0], value[1], value[2]);
      if (info(op).result == Type::boolean) return g_.boolean(result != 0.0);
      return single || op == Op::to_single ? g_.constant_single(result) : g_.constant(result);
    }
    if ((op == Op::select || op == Op::seldom) && g_.is_constant(args[0])) return result_of_select(args);
    if (op == Op::land || op == Op::lor) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (!g_.is_constant(args[i])) continue;
        const bool truth = value[i] != 0.0;
        return truth == (op == Op::lor) ? args[i] : args[1 - i];
      }
    }
    return g_.make(op, args);
  }

 private:
  NodeId result_of_select(std::span<const NodeId> args) { return g_[args[0]].value != 0.0 ? args[1] : args[2]; }

  Graph& g_;
  Type precision_;
};

}  // namespace hillock::ir
