#include "lang/parser.hpp"

#include "lang/statement_parser.hpp"

namespace hillock::lang {
namespace {

Ast empty_ast(std::string_view text, std::string_view name) {
  return Ast{std::make_shared<const Source>(text, name), {}, {}, {}, {}, false};
}

/// One thing that is the whole text, newlines being space.
template <class Lone, class Read>
Lone parse_lone(std::string_view text, std::string_view name, const Read& read) {
  Ast ast = empty_ast(text, name);
  Problems problems(ast.source);
  TokenStream tokens(*ast.source, lex(*ast.source, problems).tokens, problems);
  ExpressionParser parser(ast, tokens, problems);
  decltype(Lone::value) value{};
  tokens.ignore_newlines();
  try {
    value = read(parser, tokens);
  } catch (const GiveUp&) {  // reported
  }
  if (problems.any()) value = {};
  return {std::move(ast), std::move(problems), std::move(value)};
}

}  // namespace

Recovered parse_recovering(std::string_view text, std::string_view file_name) {
  Ast ast = empty_ast(text, file_name);
  Problems problems(ast.source);
  Tokens lexed = lex(*ast.source, problems);
  ast.comments = std::move(lexed.comments);
  TokenStream tokens(*ast.source, std::move(lexed.tokens), problems);
  StatementParser(ast, tokens, problems).statements();
  return {std::move(ast), std::move(problems)};
}

Result<Ast> parse(std::string_view text, std::string_view file_name) {
  Recovered recovered = parse_recovering(text, file_name);
  if (recovered.problems.any()) return fail(recovered.problems.take());
  return std::move(recovered.ast);
}

LoneExpression parse_lone_expression(std::string_view text, std::string_view name) {
  return parse_lone<LoneExpression>(text, name, [](ExpressionParser& parser, TokenStream& tokens) {
    const Expr value = parser.expression();
    if (!tokens.at(TokenKind::end_of_text)) tokens.after_value("the end of the expression");
    return value;
  });
}

LoneDistribution parse_lone_distribution(std::string_view text, std::string_view name) {
  return parse_lone<LoneDistribution>(text, name, [](ExpressionParser& parser, TokenStream& tokens) {
    Distribution value = parser.distribution();
    if (!tokens.at(TokenKind::end_of_text)) tokens.expected("the end after ')'");
    return value;
  });
}

}  // namespace hillock::lang
