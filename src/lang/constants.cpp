#include "lang/constants.hpp"

#include <algorithm>
#include <cmath>

#include "lang/dependencies.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

/// What names mean in the value of a constant.
Resolve in_constants(const Names& names, Problems& problems) {
  return [&](std::string_view name, Extent where) -> std::optional<Value> {
    const Entity* entity = names.find(name);
    if (entity == nullptr) {
      if (name != "t" && name != "dt") return std::nullopt;
      problems.add("not-constant", quoted(name) + " changes with time, a constant does not", where,
                   "a sub-expression: 'x = ... : unit'");
      return Value::unknown();
    }
    if (entity->role == Role::constant || entity->role == Role::broken) return entity->value;
    if (entity->role != Role::declared)
      problems.add(
          "not-constant",
          quoted(name) + " is " + std::string(role_text(entity->role)) + ", a constant depends on constants only",
          where, "a sub-expression instead: 'x = ... : unit'");
    return Value::unknown();
  };
}

/// The unit of `5 mV`, `-5 mV`, `5*mV`.
std::optional<units::Unit> unit_as_written(const Ast& ast, const Expr& expr) {
  const auto is_product = [](const ExprNode& node) {
    return node.kind == ExprNode::Kind::binary && (node.op == Operator::mul || node.op == Operator::div);
  };
  const ExprNode* node = &ast.nodes[expr.root];
  if (node->kind == ExprNode::Kind::unary) node = &ast.nodes[node->a];
  if (is_product(*node)) {
    // number, then units only: the text after the number is the unit
    const ExprNode* left = node;
    while (is_product(*left)) left = &ast.nodes[left->a];
    if (left->kind != ExprNode::Kind::number && left->kind != ExprNode::Kind::quantity) return std::nullopt;
    const std::string written = std::string(ast.text({left->at.begin, node->at.end}));
    auto quantity = units::parse_quantity(written);
    if (quantity && quantity->unit.offset == 0.0) return quantity->unit;
    return std::nullopt;
  }
  if (node->kind != ExprNode::Kind::quantity) return std::nullopt;
  auto unit = units::read_unit(ast.text(node->word));
  if (!unit) return std::nullopt;
  return std::move(*unit);
}

void check_constant(const Ast& ast, const Names& names, Entity& entity, Checker& checker, Problems& problems) {
  const Statement& s = ast.statements[entity.statement];
  if (s.broken) return;
  const Resolve resolve = in_constants(names, problems);
  const std::string what = "the constant " + quoted(entity.name);
  const bool has_unit = entity.value.known || !s.unit.empty();
  Value value;
  if (entity.value.known) {
    value = checker.check(s.value, resolve, entity.value.dimension, what);
    if (value.known && entity.value.whole && !value.whole)
      problems.add("type-mismatch", what + " is an integer, but its value is none by its form",
                   ast.nodes[s.value.root].at, "'int(...)'");
  } else {
    value = checker.check(s.value, resolve);
  }
  if (value.known && entity.value.known && entity.value.boolean && !value.boolean) {
    problems.add("type-mismatch", what + " must be true or false", ast.nodes[s.value.root].at, "'True' or 'False'");
    return;
  }
  if (!value.known) {
    if (!has_unit) entity.value = value;
    return;
  }
  if (value.number && std::isnan(*value.number)) {
    problems.add("not-finite", what + " is not a number", ast.nodes[s.value.root].at);
    return;
  }
  if (!has_unit) {
    entity.value = Value::of(value.any_dimension ? units::Dimension{} : value.dimension);
    entity.value.whole = value.whole;
    entity.unit = unit_as_written(ast, s.value).value_or(units::display_unit(entity.value.dimension));
  }
  // A name inside makes it depend on other constants, even if it cancels.
  const bool named =
      std::ranges::any_of(entity.needs, [&](std::uint32_t i) { return names.entities[i].role == Role::constant; });
  if (value.number && !named) entity.number = value.number;
}

}  // namespace

void check_constants(const Ast& ast, Names& names, Checker& checker, Problems& problems) {
  const ConstantOrder order = constant_order(ast, names, problems);
  for (const std::uint32_t i : order.entities) {
    if (order.circular[i]) names.entities[i].value = Value::unknown();
    else check_constant(ast, names, names.entities[i], checker, problems);
  }
}

}  // namespace hillock::lang
