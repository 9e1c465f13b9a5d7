#include "lang/lower.hpp"

#include <cmath>

#include "base/error.hpp"
#include "ir/algebra.hpp"
#include "ir/poisson.hpp"
#include "ir/removable.hpp"
#include "lang/check.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

ir::NodeId named(std::string_view name, ir::Graph& graph, const ResolveNode& resolve) {
  if (const units::Unit* unit = units::find_unit(name)) return graph.constant(unit->factor);
  if (name == "pi") return graph.constant(3.14159265358979323846);
  if (name == "e") return graph.constant(2.71828182845904523536);
  if (name == "inf") return graph.constant(HUGE_VAL);
  return resolve(name);
}

/// `not` of a number, which only the dialect of Brian 2 lets through: is it 0?
ir::NodeId negated(ir::Graph& graph, ir::NodeId node) {
  if (graph[node].type == ir::Type::boolean) return graph.make(ir::Op::lnot, node);
  return graph.make(ir::Op::eq, node, graph.constant(0.0));
}

std::optional<ir::NodeId> safe_product(ir::Graph& graph, Operator op, ir::NodeId a, ir::NodeId b,
                                       const TellRemoved& removed) {
  if (!removed || (op != Operator::mul && op != Operator::div)) return std::nullopt;
  return ir::without_removable_singularity(graph, operator_op(op), a, b);
}

}  // namespace

ir::NodeId as_real(ir::Graph& graph, ir::NodeId node) {
  if (graph[node].type == ir::Type::real) return node;
  if (graph.is_constant(node)) return graph.constant(graph[node].value);
  return graph.make(ir::Op::to_real, node);
}

ir::NodeId lower(const Ast& ast, const Expr& expr, ir::Graph& graph, const ResolveNode& resolve, const Calls& calls,
                 const TellRemoved& removed) {
  using Kind = ExprNode::Kind;
  HILLOCK_CHECK(expr.given(), "no expression to lower");
  std::vector<ir::NodeId> nodes(expr.root - expr.first + 1, ir::no_node);
  for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
    const ExprNode& node = ast.nodes[i];
    ir::NodeId& out = nodes[i - expr.first];
    const auto part = [&](std::uint32_t index) { return nodes[index - expr.first]; };
    const auto number = [&](std::uint32_t index) { return as_real(graph, part(index)); };
    switch (node.kind) {
      case Kind::number: out = graph.constant(node.value); break;
      case Kind::boolean: out = graph.boolean(node.value != 0.0); break;
      case Kind::quantity: {
        const auto unit = units::read_unit(ast.text(node.word));
        HILLOCK_CHECK(unit.has_value(), "an unchecked unit");
        out = graph.constant(node.value * unit->factor);
        break;
      }
      case Kind::name: out = named(ast.text(node.word), graph, resolve); break;
      case Kind::unary:
        if (node.op == Operator::negation) out = negated(graph, part(node.a));
        else if (node.op == Operator::positive) out = number(node.a);
        else out = graph.make(ir::Op::neg, number(node.a));
        break;
      case Kind::binary:
        if (node.op == Operator::both || node.op == Operator::either)
          out = graph.make(operator_op(node.op), part(node.a), part(node.b));
        else if (const auto safe = safe_product(graph, node.op, number(node.a), number(node.b), removed)) {
          removed(node.at);
          out = *safe;
        } else {
          out = graph.make(operator_op(node.op), number(node.a), number(node.b));
        }
        break;
      case Kind::call: {
        const std::string_view function = ast.text(node.word);
        const auto argument = [&](std::uint32_t k) { return number(ast.arguments[node.a + k]); };
        if (function == "timestep") {
          ir::Algebra algebra(graph);
          out = ir::whole_steps(algebra, argument(0), argument(1));
          break;
        }
        if (function == "arctan2") {
          ir::Algebra algebra(graph);
          out = ir::angle_of(algebra, argument(0), argument(1));
          break;
        }
        if (function == "rand" || function == "randn") {
          out = calls.draw(i, function == "randn");
          break;
        }
        if (function == "poisson") {
          ir::Algebra algebra(graph);
          out = ir::poisson_quantile(algebra, argument(0), calls.draw(i, false), calls.draw(i, true));
          break;
        }
        const ir::OpInfo* op = function_op(function);
        if (op == nullptr) {
          out = calls.table(function, argument(0));
          break;
        }
        std::vector<ir::NodeId> arguments;
        for (std::uint32_t k = 0; k < node.b; ++k) arguments.push_back(argument(k));
        out = graph.make(op->op, arguments);
        break;
      }
    }
  }
  return nodes.back();
}

}  // namespace hillock::lang
