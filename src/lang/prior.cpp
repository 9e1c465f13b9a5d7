#include "lang/prior.hpp"

#include <array>
#include <cmath>

#include "lang/format.hpp"
#include "lang/parser.hpp"

namespace hillock::lang {
namespace {

struct Argument {
  std::string_view name;
  bool in_unit = true;
  bool positive = false;
};

struct Family {
  std::string_view name;
  std::size_t arity;
  std::array<Argument, 2> arguments;
  bool bounds = false;  // the first must be below the second
};

constexpr Family families[] = {
    {"uniform", 2, {{{"lower bound"}, {"upper bound"}}}, true},
    {"loguniform", 2, {{{"lower bound", true, true}, {"upper bound", true, true}}}, true},
    {"normal", 2, {{{"mean"}, {"sd", true, true}}}},
    {"lognormal", 2, {{{"median", true, true}, {"sd of the logarithm", false, true}}}},
    {"halfnormal", 1, {{{"sd", true, true}, {}}}},
    {"exponential", 1, {{{"mean", true, true}, {}}}},
};

const Family* find_family(std::string_view name) {
  for (const Family& family : families)
    if (family.name == name) return &family;
  return nullptr;
}

}  // namespace

std::optional<double> check_number(const Ast& ast, const Expr& expr, const units::Dimension& dimension,
                                   const std::string& what, Checker& checker, Problems& problems, bool may_be_infinite,
                                   const std::string& instead) {
  bool reported = false;
  const Resolve no_names = [&](std::string_view name, Extent at) -> std::optional<Value> {
    const bool constant = units::find_unit(name) != nullptr || name == "pi" || name == "e" || name == "inf";
    if (constant || function_op(name) != nullptr) return std::nullopt;
    if (!reported)
      problems.add("not-a-number", what + " must be a number, found the name '" + std::string(name.substr(0, 40)) + "'",
                   at, instead.empty() ? "write the number itself: it may not change with other values" : instead);
    reported = true;
    return Value::unknown();
  };
  const Value value = checker.check(expr, no_names, dimension, what);
  if (!value.known) return std::nullopt;
  const Extent at = ast.nodes[expr.root].at;
  if (!value.number) {
    problems.add("not-a-number", what + " must be a number", at);
    return std::nullopt;
  }
  if (std::isnan(*value.number) || (!may_be_infinite && std::isinf(*value.number))) {
    problems.add("not-finite", what + " is " + (std::isnan(*value.number) ? "not a number" : "infinite"), at);
    return std::nullopt;
  }
  return value.number;
}

namespace {

/// One argument: a number, or an expression of parameters.
class ArgumentCheck {
 public:
  ArgumentCheck(const Ast& ast, const PriorNames& names, Checker& checker, Problems& problems)
      : ast_(ast), names_(names), checker_(checker), problems_(problems) {}

  /// Is it an expression of parameters, without a mistake?
  [[nodiscard]] bool conditional() const { return conditional_; }

  /// Its number; nothing where it is no number, or a mistake was reported (`failed`).
  std::optional<double> number(const Expr& expr, const units::Dimension& dimension, const std::string& what) {
    bool named = false;
    const Resolve resolve = [&](std::string_view name, Extent at) {
      auto value = names_(name, at, what);
      named = named || value.has_value();
      return value;
    };
    const Value value = checker_.check(expr, resolve, dimension, what);
    const Extent at = ast_.nodes[expr.root].at;
    if (!value.known) return failure();
    for (std::uint32_t i = expr.first; i <= expr.root; ++i)
      if (ast_.nodes[i].kind == ExprNode::Kind::call && checker_.tables.contains(ast_.text(ast_.nodes[i].word))) {
        problems_.add("prior-not-of-parameters", what + " reads a table, which is a function of time", ast_.nodes[i].at,
                      "a prior depends on parameters alone");
        return failure();
      }
    if (named) {
      conditional_ = true;
      return std::nullopt;
    }
    if (!value.number) {
      problems_.add("not-a-number", what + " must be a number", at);
      return failure();
    }
    if (!std::isfinite(*value.number)) {
      problems_.add("not-finite", what + " is " + (std::isnan(*value.number) ? "not a number" : "infinite"), at);
      return failure();
    }
    return value.number;
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  const Ast& ast_;
  const PriorNames& names_;
  Checker& checker_;
  Problems& problems_;
  bool conditional_ = false, failed_ = false;

  std::optional<double> failure() {
    failed_ = true;
    return std::nullopt;
  }
};

/// What to write where bounds are to move.
std::string moving_bounds(const std::string& family) {
  return "write the number itself; for bounds that move with other parameters, 'param x01 : 1 ~ uniform(0, 1)' and 'x "
         "= " +
         std::string(family == "uniform" ? "low + (high - low)*x01" : "low*(high/low)**x01") + " : unit'";
}

}  // namespace

std::optional<ir::PriorSpec> check_prior(const Ast& ast, const Distribution& distribution,
                                         const units::Dimension* dimension, const PriorNames& names, Checker& checker,
                                         Problems& problems) {
  const std::string name(ast.text(distribution.family));
  const Family* family = find_family(name);
  if (family == nullptr) {
    std::vector<std::string> known;
    std::string all;
    for (const Family& row : families) {
      known.emplace_back(row.name);
      all += (all.empty() ? "" : ", ") + std::string(row.name);
    }
    const std::string near = nearest(name, known);
    problems.add("prior-family", "there is no prior '" + name + "'", distribution.family,
                 near.empty() ? "one of " + all : "'" + near + "'");
    return std::nullopt;
  }
  if (distribution.arguments.size() != family->arity) {
    std::string usage = name + "(";
    for (std::size_t i = 0; i < family->arity; ++i)
      usage += (i > 0 ? ", " : "") + std::string(family->arguments[i].name);
    problems.add("prior-arguments",
                 "'" + name + "' takes " + std::to_string(family->arity) +
                     (family->arity == 1 ? " argument" : " arguments") + ", found " +
                     std::to_string(distribution.arguments.size()),
                 distribution.at, "'" + usage + ")'");
    return std::nullopt;
  }
  if (dimension == nullptr) return std::nullopt;
  ir::PriorSpec spec;
  spec.family = name;
  spec.span = ast.source->span(distribution.at, 256);
  bool fine = true, conditional = false;
  for (std::size_t i = 0; i < family->arity; ++i) {
    const Argument& argument = family->arguments[i];
    const std::string what = "the " + std::string(argument.name) + " of '" + name + "'";
    const Expr& expr = distribution.arguments[i];
    const units::Dimension wanted = argument.in_unit ? *dimension : units::Dimension{};
    std::optional<double> number;
    if (!names || family->bounds) {
      number =
          check_number(ast, expr, wanted, what, checker, problems, false, family->bounds ? moving_bounds(name) : "");
      fine = fine && number.has_value();
    } else {
      ArgumentCheck check(ast, names, checker, problems);
      number = check.number(expr, wanted, what);
      fine = fine && !check.failed();
      conditional = conditional || check.conditional();
      spec.expressions.push_back(
          {ir::no_node, what, argument.positive, ast.source->span(ast.nodes[expr.root].at, 256)});
    }
    if (!number) continue;
    if (argument.positive && !(*number > 0.0)) {
      problems.add("prior-not-positive", what + " must be above 0", ast.nodes[expr.root].at);
      fine = false;
    }
    spec.arguments.push_back(*number);
  }
  if (!fine) return std::nullopt;
  if (conditional) {
    spec.arguments.clear();
    for (const Expr& expr : distribution.arguments)
      spec.text += (spec.text.empty() ? name + "(" : ", ") + format_expression(ast, expr);
    spec.text += ")";
    return spec;
  }
  spec.expressions.clear();
  if (family->bounds && !(spec.arguments[0] < spec.arguments[1])) {
    problems.add("prior-bounds", "the lower bound of '" + name + "' must be below the upper one", distribution.at,
                 spec.arguments[0] > spec.arguments[1] ? "swap them" : "");
    return std::nullopt;
  }
  return spec;
}

bool in_support(const ir::PriorSpec& prior, double value) {
  const Family* family = find_family(prior.family);
  if (family == nullptr) return false;
  if (family->bounds) return value >= prior.arguments[0] && value <= prior.arguments[1];
  return prior.family == "normal" || value > 0.0;
}

Result<ir::PriorSpec> parse_prior(std::string_view text, const units::Unit& unit, std::string_view where) {
  LoneDistribution parsed = parse_lone_distribution(text, where);
  Problems& problems = parsed.problems;
  std::optional<ir::PriorSpec> spec;
  if (parsed.value) {
    Checker checker(parsed.ast, problems);
    spec = check_prior(parsed.ast, *parsed.value, &unit.dimension, {}, checker, problems);
  }
  if (problems.any()) return fail(problems.take_about_one_line());
  HILLOCK_CHECK(spec.has_value(), "a prior that is refused without a reason");
  return std::move(*spec);
}

}  // namespace hillock::lang
