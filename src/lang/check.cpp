#include "lang/check.hpp"

#include <algorithm>
#include <cmath>

#include "ir/interpret.hpp"
#include "lang/words.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

const units::Dimension second = units::find_unit("second")->dimension;

bool is_truth(Operator op) { return op == Operator::both || op == Operator::either; }
bool is_comparison(Operator op) { return op >= Operator::less && op <= Operator::not_equal; }

std::string_view sign_text(Operator op) {
  switch (op) {
    case Operator::both: return "and";
    case Operator::either: return "or";
    case Operator::negation: return "not";
    default: return ir::info(operator_op(op)).name;
  }
}

/// Two values of one dimension: that dimension, or nothing where they differ.
std::optional<Value> common(const Value& a, const Value& b) {
  Value out;
  if (a.any_dimension && b.any_dimension) out.any_dimension = true;
  else if (a.any_dimension) out.dimension = b.dimension;
  else if (b.any_dimension || a.dimension == b.dimension) out.dimension = a.dimension;
  else return std::nullopt;
  return out;
}

bool pure(const Value& value) { return value.any_dimension || value.dimension.dimensionless(); }

}  // namespace

const ir::OpInfo* function_op(std::string_view name) { return ir::find_function(name); }

ir::Op operator_op(Operator op) {
  switch (op) {
    case Operator::add: return ir::Op::add;
    case Operator::sub: return ir::Op::sub;
    case Operator::mul: return ir::Op::mul;
    case Operator::div: return ir::Op::div;
    case Operator::floordiv: return ir::Op::floordiv;
    case Operator::mod: return ir::Op::mod;
    case Operator::power: return ir::Op::pow;
    case Operator::less: return ir::Op::lt;
    case Operator::less_equal: return ir::Op::le;
    case Operator::greater: return ir::Op::gt;
    case Operator::greater_equal: return ir::Op::ge;
    case Operator::equal: return ir::Op::eq;
    case Operator::not_equal: return ir::Op::ne;
    case Operator::both: return ir::Op::land;
    case Operator::either: return ir::Op::lor;
    case Operator::negative: return ir::Op::neg;
    case Operator::negation: return ir::Op::lnot;
    case Operator::positive:
    case Operator::none: break;
  }
  HILLOCK_CHECK(false, "an operator without an op");
  return ir::Op::constant;
}

std::string Checker::quote(Extent at) const {
  constexpr std::size_t longest = 40;
  std::string out;
  for (const char c : ast_.text(at).substr(0, longest + 1)) {
    if (c == '\n' || c == '\r' || c == '#') return "it";  // not worth repeating over lines
    out += c;
  }
  return out.size() > longest ? "it" : "'" + out + "'";
}

std::string Checker::in_words(const Value& value) const {
  if (value.any_dimension || value.dimension.dimensionless()) return "a pure number";
  return units::describe(value.dimension);
}

bool Checker::first_report(std::string_view text) { return reported_.emplace(text).second; }

Value Checker::check(const Expr& expr, const Resolve& resolve) {
  using Kind = ExprNode::Kind;
  if (!expr.given()) return Value::unknown();
  values_.assign(expr.root - expr.first + 1, Value{});
  drawn_.clear();
  for (std::uint32_t i = expr.first; i <= expr.root; ++i) {
    const ExprNode& node = ast_.nodes[i];
    Value& out = values_[i - expr.first];
    switch (node.kind) {
      case Kind::number: {
        out.number = node.value;
        out.any_dimension = node.value == 0.0 && !ast_.brian;
        const std::string_view text = ast_.text(node.word);
        out.whole = text.find_first_of(".eE") == std::string_view::npos;
        break;
      }
      case Kind::boolean:
        out.boolean = true;
        out.whole = true;
        out.number = node.value;
        break;
      case Kind::quantity: {
        const auto unit = units::read_unit(ast_.text(node.word));
        if (!unit) {
          problems_.add(unit.error().code, unit.error().message, node.word, unit.error().hint);
          out = Value::unknown();
        } else if (unit->offset != 0.0) {
          const double kelvin = unit->to_si(node.value);
          problems_.add("unit-offset", "degC has no place in an expression: its zero is not nothing", node.at,
                        "'" + std::to_string(kelvin).substr(0, std::to_string(kelvin).size() - 4) + " kelvin'");
          out = Value::unknown();
        } else {
          out = Value::of(unit->dimension);
          out.number = node.value * unit->factor;
        }
        break;
      }
      case Kind::name: out = name(node, resolve); break;
      case Kind::unary: out = unary(node, values_[node.a - expr.first]); break;
      case Kind::binary: out = binary(node, values_[node.a - expr.first], values_[node.b - expr.first]); break;
      case Kind::call: out = call(node, expr.first); break;
    }
  }
  return values_.back();
}

Value Checker::check(const Expr& expr, const Resolve& resolve, const units::Dimension& wanted, std::string_view what,
                     const std::function<std::string()>& hint) {
  Value value = check(expr, resolve);
  if (!value.known || value.any_dimension || value.dimension == wanted) return value;
  const Value goal = Value::of(wanted);
  std::string advice = hint ? hint() : "";
  if (advice.empty() && value.number && value.dimension.dimensionless()) {
    const std::string unit = units::display_unit(wanted).name;
    advice = "a number alone has no unit: write for example '" +
             std::string(ast_.text(ast_.nodes[expr.root].at).substr(0, 40)) +
             (unit.starts_with("1/") ? unit.substr(1) : " " + unit) + "'";
  }
  if (!advice.empty() && advice.find('\n') != std::string::npos) advice.clear();
  problems_.add("unit-mismatch", std::string(what) + " must be " + in_words(goal) + ", but is " + in_words(value),
                ast_.nodes[expr.root].at, advice);
  return Value::unknown();
}

Value Checker::check_condition(const Expr& expr, const Resolve& resolve, std::string_view what) {
  const Value value = check(expr, resolve);
  if (!value.known || value.boolean) return value;
  problems_.add("type-mismatch", std::string(what) + " must be true or false, but is " + in_words(value),
                ast_.nodes[expr.root].at, "compare it with something: '... > ...'");
  return Value::unknown();
}

Value Checker::unknown_name(const ExprNode& node, std::string_view text) {
  if (!first_report(text)) return Value::unknown();
  if (text.ends_with("_pre") || text.ends_with("_post")) {
    problems_.add("not-yet-run",
                  "'" + std::string(text.substr(0, 60)) +
                      "' is of a neuron before or behind a synapse, and there are no synapses yet",
                  node.word);
    return Value::unknown();
  }
  const std::string quoted = "'" + std::string(text) + "'";
  if ((function_op(text) != nullptr && !(ast_.brian && is_of_hillock_only(text))) || text == "timestep" ||
      (text == "arctan2" && !ast_.brian) || is_random(text)) {
    problems_.add("unknown-name", quoted + " is a function", node.word, "give it its arguments in parentheses");
    return Value::unknown();
  }
  if (tables.contains(text)) {
    problems_.add("unknown-name", quoted + " is a table", node.word, "'" + std::string(text) + "(t)'");
    return Value::unknown();
  }
  std::string hint;
  if (problems_.room()) {
    hint = physical_constant(text);
    // One letter is near every other: only its other case is a likely slip.
    for (const std::string& known : known_names)
      if (hint.empty() && text.size() == 1 && known.size() == 1 && (known[0] ^ text[0]) == 32) hint = known;
    if (hint.empty() && text.size() > 1) hint = nearest(text, known_names);
    if (hint.empty()) {
      const std::string unit = units::suggest_unit(text);
      if (!unit.empty() && text.size() > 1) hint = unit;
    }
    if (!hint.empty()) hint = "'" + hint + "'";
  }
  problems_.add("unknown-name", "there is no " + quoted + " here", node.word, hint);
  return Value::unknown();
}

Value Checker::name(const ExprNode& node, const Resolve& resolve) {
  const std::string_view text = ast_.text(node.word);
  if (const auto found = resolve(text, node.word)) return *found;
  if (const units::Unit* unit = units::find_unit(text)) {
    if (unit->offset != 0.0) {
      problems_.add("unit-offset", "degC has no place in an expression: its zero is not nothing", node.word,
                    "temperatures in kelvin");
      return Value::unknown();
    }
    Value out = Value::of(unit->dimension);
    out.number = unit->factor;
    return out;
  }
  if (text == "pi" || text == "e" || text == "inf") {
    Value out;
    out.number = text == "pi" ? 3.14159265358979323846 : text == "e" ? 2.71828182845904523536 : HUGE_VAL;
    out.any_dimension = text == "inf" && !ast_.brian;
    return out;
  }
  if (text == "xi" || text.starts_with("xi_")) {
    if (!noise_allowed)
      problems_.add("noise-misplaced", "the noise '" + std::string(text) + "' has no place here", node.word,
                    "noise drives differential equations: dx/dt = ... + " + std::string(text));
    return Value::of(units::power(second, -0.5));
  }
  return unknown_name(node, text);
}

Value Checker::unary(const ExprNode& node, const Value& a) {
  if (!a.known) return a;
  if (node.op == Operator::negation) {
    if (!a.boolean && !ast_.brian) {
      problems_.add("type-mismatch", "'not' needs true or false, found " + in_words(a), ast_.nodes[node.a].at,
                    "compare it with something: '... > ...'");
      return Value::unknown();
    }
    Value out;
    out.boolean = out.whole = true;
    if (a.number) out.number = *a.number == 0.0 ? 1.0 : 0.0;
    return out;
  }
  Value out = a;
  out.boolean = false;
  if (a.number && node.op == Operator::negative) out.number = -*a.number;
  return out;
}

Value Checker::binary(const ExprNode& node, const Value& a, const Value& b) {
  if (is_truth(node.op)) {
    bool fine = true;
    for (const auto& [value, index] : {std::pair(&a, node.a), std::pair(&b, node.b)}) {
      if (!value->known) {
        fine = false;
      } else if (!value->boolean) {
        problems_.add(
            "type-mismatch",
            "'" + std::string(sign_text(node.op)) + "' needs true or false on both sides, found " + in_words(*value),
            ast_.nodes[index].at, "compare it with something: '... > ...'");
        fine = false;
      }
    }
    if (!fine) return Value::unknown();
    Value out;
    out.boolean = out.whole = true;
    if (a.number && b.number) out.number = ir::apply(operator_op(node.op), *a.number, *b.number, 0.0);
    return out;
  }
  if (!a.known || !b.known) return Value::unknown();
  if (node.op == Operator::power) return power(node, a, b);
  const bool divides = node.op == Operator::div || node.op == Operator::floordiv || node.op == Operator::mod;
  if (divides && b.number && *b.number == 0.0) divided_by_zero.push_back(node.at);
  Value out;
  if (node.op == Operator::mul || node.op == Operator::div) {
    const units::Dimension left = a.any_dimension ? units::Dimension{} : a.dimension;
    const units::Dimension right = b.any_dimension ? units::Dimension{} : b.dimension;
    out = Value::of(node.op == Operator::mul ? left * right : left / right);
    out.whole = node.op == Operator::mul && a.whole && b.whole;
  } else if (node.op == Operator::floordiv) {
    for (const auto& [value, index] : {std::pair(&a, node.a), std::pair(&b, node.b)}) {
      if (pure(*value)) continue;
      problems_.add("unit-mismatch", "'//' needs pure numbers, found " + in_words(*value), ast_.nodes[index].at);
      return Value::unknown();
    }
    out.whole = true;
  } else {
    const auto both = common(a, b);
    if (!both) {
      const std::string verb = node.op == Operator::add   ? "add"
                               : node.op == Operator::sub ? "subtract"
                               : node.op == Operator::mod ? "take the remainder of"
                                                          : "compare";
      problems_.add("unit-mismatch",
                    "cannot " + verb + " different units: " + quote(ast_.nodes[node.a].at) + " is " + in_words(a) +
                        ", " + quote(ast_.nodes[node.b].at) + " is " + in_words(b),
                    node.at);
      return Value::unknown();
    }
    out = *both;
    out.whole = a.whole && b.whole;
    // A literal inf may stand for any unit, but a sum of zeros and infinities is a number like any other.
    if (is_comparison(node.op)) {
      out = Value{};
      out.boolean = out.whole = true;
    }
  }
  if (a.number && b.number) out.number = ir::apply(operator_op(node.op), *a.number, *b.number, 0.0);
  return out;
}

Value Checker::power(const ExprNode& node, const Value& a, const Value& b) {
  if (!pure(b)) {
    problems_.add("unit-mismatch", "an exponent must be a pure number, found " + in_words(b), ast_.nodes[node.b].at);
    return Value::unknown();
  }
  Value out;
  if (!pure(a)) {
    if (!b.number || !std::isfinite(*b.number) || std::abs(*b.number) > 100) {
      problems_.add("unit-exponent",
                    "the unit of a power of " + in_words(a) + " needs an exponent written as a number (at most 100)",
                    ast_.nodes[node.b].at, "divide by a unit first, to raise a pure number");
      return Value::unknown();
    }
    out.dimension = units::power(a.dimension, *b.number);
  }
  out.whole = a.whole && b.whole && b.number && *b.number >= 0.0;
  if (a.number && b.number) out.number = ir::apply(ir::Op::pow, *a.number, *b.number, 0.0);
  return out;
}

Value Checker::call(const ExprNode& node, std::uint32_t first) {
  const std::string_view function = ast_.text(node.word);
  const std::string quoted = "'" + std::string(function) + "'";
  const auto argument_node = [&](std::uint32_t i) -> const ExprNode& { return ast_.nodes[ast_.arguments[node.a + i]]; };
  const auto argument = [&](std::uint32_t i) -> const Value& { return values_[ast_.arguments[node.a + i] - first]; };
  const bool known_here = !ast_.brian || !is_of_hillock_only(function);
  const ir::OpInfo* op = known_here ? function_op(function) : nullptr;
  std::uint32_t arity = 0;
  if (op != nullptr) {
    arity = static_cast<std::uint32_t>(op->arity);
  } else if (function == "timestep" || (known_here && function == "arctan2")) {
    arity = 2;
  } else if (function == "rand" || function == "randn") {
    arity = 0;
  } else if (function == "poisson" || tables.contains(function)) {
    arity = 1;
  } else {
    if (!first_report(std::string(function) + "(")) return Value::unknown();
    std::string hint;
    if (!problems_.room()) {
      // not shown
    } else if (std::ranges::find(known_names, function) != known_names.end()) {
      hint = quoted + " alone (it is no function; its value at the time is meant), or '" + std::string(function) +
             "*(...)' for a product";
    } else {
      std::vector<std::string> functions{"timestep", "arctan2", "rand", "randn", "poisson"};
      for (const ir::OpInfo& row : ir::all_ops())
        if (row.written) functions.emplace_back(row.name);
      if (const std::string near = nearest(function, functions); !near.empty()) hint = "'" + near + "'";
    }
    problems_.add("unknown-function", "there is no function " + quoted, node.word, hint);
    return Value::unknown();
  }
  if (node.b != arity) {
    problems_.add("argument-count",
                  quoted + " takes " + std::to_string(arity) + (arity == 1 ? " argument" : " arguments") + ", found " +
                      std::to_string(node.b),
                  node.at,
                  (function == "max" || function == "min") && node.b == 1
                      ? "'" + std::string(function) + "(expr)' over a range is for 'require'"
                      : "");
    return Value::unknown();
  }
  bool known = true;
  for (std::uint32_t i = 0; i < arity; ++i) known = known && argument(i).known;
  const auto wrong_argument = [&](std::uint32_t i, const std::string& wanted) {
    problems_.add("unit-mismatch", quoted + " needs " + wanted + ", found " + in_words(argument(i)),
                  argument_node(i).at);
    return Value::unknown();
  };
  if (op == nullptr) {
    if (const auto table = tables.find(function); table != tables.end()) {
      if (!known) return Value::unknown();
      if (!argument(0).any_dimension && argument(0).dimension != second) return wrong_argument(0, "a time");
      return Value::of(table->second);
    }
    if (function == "arctan2") {
      if (!known) return Value::unknown();
      if (!common(argument(0), argument(1)))
        return wrong_argument(1, "two arguments of one unit, and the first is " + in_words(argument(0)));
      Value out;
      if (argument(0).number && argument(1).number) out.number = std::atan2(*argument(0).number, *argument(1).number);
      return out;
    }
    if (function != "timestep") {
      if (known && arity == 1 && !pure(argument(0))) return wrong_argument(0, "a pure number");
      if (!random_allowed) {
        problems_.add("random-misplaced", "the random function " + quoted + " has no place here", node.word,
                      noise_allowed ? "in a sub-expression: 'x = ... : unit (constant over dt)'"
                                    : "in a reset, a condition, 'init' or a sub-expression '(constant over dt)'");
        return Value::unknown();
      }
      if (!drawn_.insert(function).second && ast_.brian)
        problems_.add("random-misplaced", quoted + " is called twice in one expression, which Brian 2 refuses",
                      node.word, "two sub-expressions '(constant over dt)'");
      Value out = known ? Value::of({}) : Value::unknown();
      out.whole = function == "poisson";
      return out;
    }
    for (std::uint32_t i = 0; known && i < 2; ++i)
      if (!argument(i).any_dimension && argument(i).dimension != second) return wrong_argument(i, "times in second");
    Value out = known ? Value::of({}) : Value::unknown();
    out.whole = true;
    return out;
  }
  if (!known) return Value::unknown();
  Value out;
  switch (op->units) {
    case ir::UnitRule::dimensionless:
      for (std::uint32_t i = 0; i < arity; ++i)
        if (!pure(argument(i))) return wrong_argument(i, "a pure number");
      break;
    case ir::UnitRule::keeps:
      out = argument(0);
      out.boolean = false;
      out.whole = argument(0).whole || op->op == ir::Op::trunc || op->op == ir::Op::floor || op->op == ir::Op::ceil;
      if (op->op == ir::Op::trunc && !pure(argument(0))) return wrong_argument(0, "a pure number");
      break;
    case ir::UnitRule::root:
      out.dimension = units::power(argument(0).any_dimension ? units::Dimension{} : argument(0).dimension, 0.5);
      break;
    case ir::UnitRule::sign: out.whole = true; break;
    case ir::UnitRule::same: {
      Value shared = argument(0);
      bool whole = shared.whole;
      for (std::uint32_t i = 1; i < arity; ++i) {
        const auto both = common(shared, argument(i));
        if (!both) {
          problems_.add("unit-mismatch",
                        quoted + " needs arguments of one unit: " + quote(argument_node(0).at) + " is " +
                            in_words(shared) + ", " + quote(argument_node(i).at) + " is " + in_words(argument(i)),
                        argument_node(i).at);
          return Value::unknown();
        }
        shared = *both;
        whole = whole && argument(i).whole;
      }
      out = shared;
      out.boolean = false;
      out.whole = whole;
      break;
    }
    default: HILLOCK_CHECK(false, "a function of the language with an operator's unit rule");
  }
  out.number.reset();
  bool literal = true;
  double numbers[3] = {0.0, 0.0, 0.0};
  for (std::uint32_t i = 0; i < arity; ++i) {
    literal = literal && argument(i).number.has_value();
    if (literal) numbers[i] = *argument(i).number;
  }
  if (literal) out.number = ir::apply(op->op, numbers[0], numbers[1], numbers[2]);
  return out;
}

}  // namespace hillock::lang
