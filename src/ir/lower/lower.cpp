#include "ir/lower/lower.hpp"

#include <string>

#include "base/error.hpp"

namespace hillock::ir {
namespace {

/// Is this no primitive?
bool is_function(Op op) {
  switch (op) {
    case Op::sqrt:
    case Op::ceil:
    case Op::floor:
    case Op::trunc:
    case Op::abs: return false;
    case Op::pow:
    case Op::mod:
    case Op::floordiv:
    case Op::exprel_slope:
    case Op::bernoulli:
    case Op::bernoulli_slope: return true;
    default: return info(op).written;
  }
}

}  // namespace

NodeId lower(Graph& graph, Op op, std::span<const NodeId> args) {
  const bool single = !args.empty() && graph[args.back()].type == Type::single;
  if (single && is_function(op)) return lower_single(graph, op, args);
  switch (op) {
    case Op::exp: return lower_exp(graph, args[0]);
    case Op::expm1: return lower_expm1(graph, args[0]);
    case Op::exprel: return lower_exprel(graph, args[0]);
    case Op::exprel_slope: return lower_exprel_slope(graph, args[0]);
    case Op::bernoulli: return lower_bernoulli(graph, args[0]);
    case Op::bernoulli_slope: return lower_bernoulli_slope(graph, args[0]);
    case Op::log: return lower_log(graph, args[0]);
    case Op::log10: return lower_log10(graph, args[0]);
    case Op::log1p: return lower_log1p(graph, args[0]);
    case Op::sin: return lower_sin(graph, args[0]);
    case Op::cos: return lower_cos(graph, args[0]);
    case Op::tan: return lower_tan(graph, args[0]);
    case Op::sinh: return lower_sinh(graph, args[0]);
    case Op::cosh: return lower_cosh(graph, args[0]);
    case Op::tanh: return lower_tanh(graph, args[0]);
    case Op::arcsin: return lower_arcsin(graph, args[0]);
    case Op::arccos: return lower_arccos(graph, args[0]);
    case Op::arctan: return lower_arctan(graph, args[0]);
    case Op::pow: return lower_pow(graph, args[0], args[1]);
    case Op::mod: return lower_mod(graph, args[0], args[1]);
    case Op::floordiv: return lower_floordiv(graph, args[0], args[1]);
    case Op::sign: return lower_sign(graph, args[0]);
    case Op::clip: return lower_clip(graph, args[0], args[1], args[2]);
    case Op::normal_a: return lower_normal(graph, args, false);
    case Op::normal_b: return lower_normal(graph, args, true);
    case Op::stop_gradient: return args[0];
    case Op::min: return lower_min(graph, args[0], args[1]);
    case Op::max: return lower_max(graph, args[0], args[1]);

    case Op::constant:
    case Op::symbol: bug(__FILE__, __LINE__, "a leaf has no lowering");

    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::neg:
    case Op::fma:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::land:
    case Op::lor:
    case Op::lnot:
    case Op::select:
    case Op::to_real:
    case Op::sqrt:
    case Op::ceil:
    case Op::floor:
    case Op::trunc:
    case Op::abs:
    case Op::round_even:
    case Op::scale2:
    case Op::scale2_normal:
    case Op::exponent2:
    case Op::mantissa2:
    case Op::exponent2_near:
    case Op::mantissa2_near:
    case Op::exp2_table:
    case Op::least:
    case Op::most:
    case Op::seldom:
    case Op::random_a:
    case Op::random_b:
    case Op::to_single:
    case Op::to_double: return graph.make(op, args);
  }
  bug(__FILE__, __LINE__, "an op without a lowering");
}

}  // namespace hillock::ir
