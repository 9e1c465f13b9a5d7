#pragma once
/// Tokens to expressions, by the strength of their operators, into the post-order array of an Ast.

#include <initializer_list>

#include "lang/ast.hpp"
#include "lang/token_stream.hpp"

namespace hillock::lang {

/// Reads what stands next in a TokenStream; gives up (GiveUp) at the first mistake.
class ExpressionParser {
 public:
  ExpressionParser(Ast& ast, TokenStream& tokens, const Problems& problems)
      : ast_(ast), tokens_(tokens), problems_(problems) {}

  Expr expression();
  /// `family(arguments)`
  Distribution distribution();

 private:
  Ast& ast_;
  TokenStream& tokens_;
  const Problems& problems_;
  int depth_ = 0;                 // of expressions within each other
  std::uint32_t first_node_ = 0;  // of the expression at hand

  /// A node, and the text it covers with its parentheses.
  struct Part {
    std::uint32_t node = 0;
    Extent at;
  };
  class Deeper;

  Part binary(int least);
  Part sign(int least);
  Part primary();
  Part parenthesised();
  Part call(ExprNode node);
  Part number(ExprNode node);
  void read_unit_of(ExprNode& node);
  double number_value(const Token& token);

  /// `item, item)` after the '('. Before the ')', one of `no_item` says that the text has left the parentheses.
  template <class Item>
  void list(Extent opened, std::initializer_list<TokenKind> no_item, const Item& item);

  Part combine(Operator op, Extent sign, Part left, Part right);
  Part prefix(Operator op, Extent word_at, Part operand);
  std::uint32_t emit(const ExprNode& node);
};

}  // namespace hillock::lang
