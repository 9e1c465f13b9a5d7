#pragma once
/// Text to tokens. Comments are kept aside for the formatter.

#include <cstdint>
#include <string_view>
#include <vector>

#include "lang/problems.hpp"
#include "lang/source.hpp"

namespace hillock::lang {

enum class TokenKind : std::uint8_t {
  end_of_text,
  newline,
  semicolon,
  name,
  number,
  quoted,  ///< text in double quotes, after `dialect =`
  comma,
  colon,
  tilde,
  open,
  close,
  open_bracket,
  close_bracket,
  plus,
  minus,
  star,
  slash,
  double_star,
  double_slash,
  percent,
  less,
  less_equal,
  greater,
  greater_equal,
  equal_equal,
  not_equal,
  assign,
  plus_assign,
  minus_assign,
  star_assign,
  slash_assign,
  percent_assign,
  bad,  ///< already reported
};

struct Token {
  TokenKind kind = TokenKind::end_of_text;
  Extent at;
};

struct Comment {
  Extent at;      ///< from the '#' to the end of the line, without trailing space
  bool own_line;  ///< nothing but space before it
};

struct Tokens {
  std::vector<Token> tokens;  ///< ends with one `end_of_text`
  std::vector<Comment> comments;
};

/// Reports every character that is not of the language, by name; goes on after each.
[[nodiscard]] Tokens lex(const Source& source, Problems& problems);

/// "'+='", for "expected ..." messages.
[[nodiscard]] std::string_view describe(TokenKind kind);

}  // namespace hillock::lang
