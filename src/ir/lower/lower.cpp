#include "ir/lower/lower.hpp"

#include <string>

#include "base/error.hpp"

namespace hillock::ir {

NodeId lower(Graph& graph, Op op, std::span<const NodeId> args) {
  switch (op) {
    case Op::exp: return lower_exp(graph, args[0]);
    case Op::expm1: return lower_expm1(graph, args[0]);
    case Op::exprel: return lower_exprel(graph, args[0]);
    case Op::log: return lower_log(graph, args[0]);
    case Op::log10: return lower_log10(graph, args[0]);
    case Op::log1p: return lower_log1p(graph, args[0]);
    case Op::sinh: return lower_sinh(graph, args[0]);
    case Op::cosh: return lower_cosh(graph, args[0]);
    case Op::tanh: return lower_tanh(graph, args[0]);
    case Op::pow: return lower_pow(graph, args[0], args[1]);
    case Op::sin: return lower_sin(graph, args[0]);
    case Op::cos: return lower_cos(graph, args[0]);
    case Op::tan: return lower_tan(graph, args[0]);
    case Op::constant:
    case Op::symbol: bug(__FILE__, __LINE__, "a leaf has no lowering");
    default: return graph.make(op, args);
  }
}

}  // namespace hillock::ir
