#pragma once
/// Tokens to statements: the form of each, and where to go on after one with a mistake.

#include "lang/expression_parser.hpp"

namespace hillock::lang {

class StatementParser {
 public:
  StatementParser(Ast& ast, TokenStream& tokens, Problems& problems)
      : ast_(ast), tokens_(tokens), problems_(problems), expressions_(ast, tokens, problems) {}

  /// All statements of the text, put into the Ast. One with a mistake is kept as `broken` where its name is known.
  void statements();

 private:
  Ast& ast_;
  TokenStream& tokens_;
  Problems& problems_;
  ExpressionParser expressions_;
  Statement current_;

  void recover(std::size_t statement_start, bool spans_lines);
  [[nodiscard]] bool starts_statement() const;
  [[noreturn]] void unexpected_end();

  void statement();
  [[noreturn]] void no_statement(std::string_view name, TokenKind next);
  void ode(bool split_d);
  void definition();
  void added(std::string_view word);
  void param();
  void constant();
  void input();
  void init();
  void observe();
  void require();
  void event();
  void on();
  void table();
  void dialect();
  void assignments();
  void lone_value(Statement::Kind kind);

  // Parts of statements.
  void equation_value();
  void unit_field();
  [[nodiscard]] bool at_part_of_unit();
  void flags();
  void interval(Expr& low, Expr& high);
  /// A name as messages about this statement show it: whole.
  [[nodiscard]] std::string quoted(Extent name) const { return "'" + std::string(ast_.text(name)) + "'"; }
};

}  // namespace hillock::lang
