#pragma once
/// The canonical text of a model.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "lang/ast.hpp"

namespace hillock::lang {

/// The model as text that parses to the same model: one statement a line, one spelling of every space, parentheses
/// only where they mean something, comments and single blank lines kept. Formatting it again changes nothing.
/// Only syntax errors stand in the way; names and units are not looked at.
[[nodiscard]] Result<std::string> format_model(std::string_view text, std::string_view file_name);

/// One expression in that style, in one line.
[[nodiscard]] std::string format_expression(const Ast& ast, const Expr& expr);

/// One statement in that style.
[[nodiscard]] std::string format_statement(const Ast& ast, const Statement& statement);

/// `max(k1) in [low, high] for V in [from, to]`: one item of a `require`.
[[nodiscard]] std::string format_requirement(const Ast& ast, const Statement& statement, const RequiredItem& item);

}  // namespace hillock::lang
