#include "lang/expression.hpp"

#include "lang/check.hpp"
#include "lang/lower.hpp"
#include "lang/parser.hpp"

namespace hillock::lang {

Result<Expression> parse_expression(std::string_view text, std::string_view where,
                                    std::span<const NamedDimension> names, const units::Dimension& wanted) {
  LoneExpression parsed = parse_lone_expression(text, where);
  Problems& problems = parsed.problems;
  Expression out;
  const auto symbol = [&](std::string_view name) -> std::optional<std::uint32_t> {
    for (std::uint32_t i = 0; i < names.size(); ++i)
      if (names[i].name == name) return i;
    return std::nullopt;
  };
  if (parsed.value.given()) {
    Checker checker(parsed.ast, problems);
    for (const NamedDimension& name : names) checker.known_names.push_back(name.name);
    const Resolve resolve = [&](std::string_view name, Extent) -> std::optional<Value> {
      if (const auto i = symbol(name)) return Value::of(names[*i].dimension);
      return std::nullopt;
    };
    checker.check(parsed.value, resolve, wanted, "the expression");
  }
  if (problems.any()) return fail(problems.take_about_one_line());
  const ResolveNode resolve = [&](std::string_view name) {
    return out.graph.symbol(ir::SymbolId{symbol(name).value()});
  };
  out.root = as_real(out.graph, lower(parsed.ast, parsed.value, out.graph, resolve));
  return out;
}

}  // namespace hillock::lang
