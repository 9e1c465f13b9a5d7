#pragma once
/// Tokens to statements. `docs/language.md` has the grammar.

#include "base/error.hpp"
#include "lang/ast.hpp"
#include "lang/problems.hpp"

namespace hillock::lang {

/// The statements of a text, and its syntax errors: a statement with an error is kept as `broken` where
/// its name is known, so that its uses are not reported too.
struct Recovered {
  Ast ast;
  Problems problems;
};
[[nodiscard]] Recovered parse_recovering(std::string_view text, std::string_view file_name);

/// The statements of a text, or all its syntax errors. Names, units and what can be run are not looked at.
[[nodiscard]] Result<Ast> parse(std::string_view text, std::string_view file_name);

/// One expression that is the whole text (newlines are space). `value` is not given where there were errors.
struct LoneExpression {
  Ast ast;
  Problems problems;
  Expr value;
};
[[nodiscard]] LoneExpression parse_lone_expression(std::string_view text, std::string_view name);

/// One distribution that is the whole text, such as `loguniform(1e-7/ms, 1e3/ms)`.
struct LoneDistribution {
  Ast ast;
  Problems problems;
  std::optional<Distribution> value;
};
[[nodiscard]] LoneDistribution parse_lone_distribution(std::string_view text, std::string_view name);

}  // namespace hillock::lang
