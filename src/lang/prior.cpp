#include "lang/prior.hpp"

#include <array>
#include <cmath>

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
                                   const std::string& what, Checker& checker, Problems& problems,
                                   bool may_be_infinite) {
  bool reported = false;
  const Resolve no_names = [&](std::string_view name, Extent at) -> std::optional<Value> {
    const bool constant = units::find_unit(name) != nullptr || name == "pi" || name == "e" || name == "inf";
    if (constant || function_op(name) != nullptr) return std::nullopt;
    if (!reported)
      problems.add("not-a-number", what + " must be a number, found the name '" + std::string(name.substr(0, 40)) + "'",
                   at, "write the number itself: it may not change with other values");
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

std::optional<ir::PriorSpec> check_prior(const Ast& ast, const Distribution& distribution,
                                         const units::Dimension* dimension, Checker& checker, Problems& problems) {
  const std::string name(ast.text(distribution.family));
  const Family* family = find_family(name);
  if (family == nullptr) {
    std::vector<std::string> names;
    std::string all;
    for (const Family& row : families) {
      names.emplace_back(row.name);
      all += (all.empty() ? "" : ", ") + std::string(row.name);
    }
    const std::string near = nearest(name, names);
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
  bool fine = true;
  for (std::size_t i = 0; i < family->arity; ++i) {
    const Argument& argument = family->arguments[i];
    const std::string what = "the " + std::string(argument.name) + " of '" + name + "'";
    const Expr& expr = distribution.arguments[i];
    const auto number =
        check_number(ast, expr, argument.in_unit ? *dimension : units::Dimension{}, what, checker, problems);
    if (!number) {
      fine = false;
      continue;
    }
    if (argument.positive && !(*number > 0.0)) {
      problems.add("prior-not-positive", what + " must be above 0", ast.nodes[expr.root].at);
      fine = false;
    }
    spec.arguments.push_back(*number);
  }
  if (!fine) return std::nullopt;
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
    spec = check_prior(parsed.ast, *parsed.value, &unit.dimension, checker, problems);
  }
  if (problems.any()) return fail(problems.take_about_one_line());
  HILLOCK_CHECK(spec.has_value(), "a prior that is refused without a reason");
  return std::move(*spec);
}

}  // namespace hillock::lang
