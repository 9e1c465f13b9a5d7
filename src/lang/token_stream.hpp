#pragma once
/// The tokens of a text as the parsers take them: one after the other, newlines counted or not, and the messages about
/// a token that does not fit.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lang/lexer.hpp"
#include "lang/problems.hpp"

namespace hillock::lang {

/// Thrown where a statement is given up; its error is reported.
struct GiveUp {};

class TokenStream {
 public:
  TokenStream(const Source& source, std::vector<Token> tokens, Problems& problems)
      : source_(source), tokens_(std::move(tokens)), problems_(problems) {}

  [[nodiscard]] const Token& here();
  [[nodiscard]] bool at(TokenKind kind) { return here().kind == kind; }
  [[nodiscard]] bool at_any(std::initializer_list<TokenKind> kinds);
  [[nodiscard]] bool at_word(std::string_view wanted) { return at(TokenKind::name) && word(here()) == wanted; }
  [[nodiscard]] std::string_view word(const Token& token) const { return source_.text(token.at); }
  const Token& take();
  bool accept(TokenKind kind);
  void want(TokenKind kind, const std::string& what, std::string hint = {});
  Extent want_name(const std::string& what);

  /// The n-th token from the current one; newlines are never skipped.
  [[nodiscard]] const Token& ahead(std::size_t n) const;
  /// The last one taken, where there is one.
  [[nodiscard]] const Token* last() const { return consumed_ == 0 ? nullptr : &tokens_[consumed_ - 1]; }
  [[nodiscard]] bool last_is(TokenKind kind) const { return last() != nullptr && last()->kind == kind; }
  [[nodiscard]] std::uint32_t last_end() const { return last() == nullptr ? 0 : last()->at.end; }

  // Between parentheses and brackets newlines are space. Calls come in pairs, which nest; `heed_all_newlines` after an
  // error.
  void ignore_newlines() { ++soft_; }
  void heed_newlines() { --soft_; }
  void heed_all_newlines() { soft_ = 0; }
  [[nodiscard]] bool ignores_newlines() const { return soft_ > 0; }
  void skip_newlines();

  // Going on after an error, without taking what lies between.
  [[nodiscard]] std::size_t position() const { return position_; }
  /// Behind the last token taken, but not before `position`.
  void resume(std::size_t position);
  void skip_separators();
  void skip_line();

  [[noreturn]] void give_up(std::string code, std::string message, Extent where, std::string hint = {});
  /// Something else is here than what is wanted.
  [[noreturn]] void expected(const std::string& what, std::string hint = {});
  /// After a complete value comes something that cannot follow one.
  [[noreturn]] void after_value(const std::string& wanted, std::string hint = {});
  /// The text ends, or goes on with what is in no expression, before the ')'.
  [[noreturn]] void unclosed(Extent opened);
  /// A token in a message.
  [[nodiscard]] std::string found(const Token& token) const;

 private:
  const Source& source_;
  std::vector<Token> tokens_;  // ends with one `end_of_text`
  Problems& problems_;
  std::size_t position_ = 0;
  std::size_t consumed_ = 0;  // one past the last token taken
  int soft_ = 0;              // > 0: a newline is space
};

/// A name or number in a message: 'name', cut where it is long.
[[nodiscard]] std::string brief(std::string_view text);

}  // namespace hillock::lang
