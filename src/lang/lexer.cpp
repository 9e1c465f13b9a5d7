#include "lang/lexer.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "lang/limits.hpp"
#include "lang/lookalike.hpp"

namespace hillock::lang {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string plain_hint(char c) {
  switch (c) {
    case '^': return "write '**' for a power";
    case '&': return "write 'and'";
    case '|': return "write 'or'";
    case '!': return "write 'not'";
    case '"':
    case '\'': return "names and expressions are written without quotes";
    case '\\': return "an expression in parentheses may go on in the next line as it is";
    case '{':
    case '}': return "write parentheses '(' and ')'";
    default: return {};
  }
}

class Lexer {
 public:
  Lexer(const Source& source, Problems& problems) : source_(source), text_(source.text()), problems_(problems) {}

  Tokens run() {
    if (source_.truncated()) problems_.add_whole("too-large", "a model of more than 8 MiB");
    const int lines = source_.truncated() ? 0 : source_.lines();
    for (int line = 1; line <= lines; ++line) {
      const Extent at = source_.line_extent(line);
      if (at.end - at.begin > max_line_bytes)
        problems_.add("too-large", "a line of " + std::to_string(at.end - at.begin) + " bytes (at most 65536)",
                      {at.begin, at.begin + 1}, "break the line after an operator or a comma");
      else read_line(at);
      push(TokenKind::newline, at.end, at.end);
    }
    const auto end = static_cast<std::uint32_t>(text_.size());
    push(TokenKind::end_of_text, end, end);
    return std::move(out_);
  }

 private:
  const Source& source_;
  std::string_view text_;
  Problems& problems_;
  Tokens out_;

  void push(TokenKind kind, std::uint32_t begin, std::uint32_t end) { out_.tokens.push_back({kind, {begin, end}}); }

  void read_line(Extent line) {
    std::uint32_t at = line.begin;
    if (at == 0 && text_.substr(0, line.end).starts_with("\xEF\xBB\xBF")) at += 3;  // a byte-order mark
    bool anything = false;
    while (at < line.end) {
      const char c = text_[at];
      if (c == ' ' || c == '\t' || c == '\f' || c == '\v') {
        ++at;
      } else if (c == '#') {
        comment({at, line.end}, !anything);
        return;
      } else {
        at = token(at, line.end);
        anything = true;
      }
    }
  }

  void comment(Extent at, bool own_line) {
    for (std::uint32_t i = at.begin; i < at.end;) {
      const Character c = decode(text_.substr(i, at.end - i));
      if (c.code == 0) bad_character(i, at.end);
      else if (!c.valid || hides_text(c.code)) bad_character(i, at.end);
      i += c.bytes;
    }
    while (at.end > at.begin && (text_[at.end - 1] == ' ' || text_[at.end - 1] == '\t')) --at.end;
    out_.comments.push_back({at, own_line});
  }

  /// Reports the run of equal characters at `at`; returns its end.
  std::uint32_t bad_character(std::uint32_t at, std::uint32_t line_end) {
    const Character c = decode(text_.substr(at, line_end - at));
    std::uint32_t end = at + c.bytes, count = 1;
    while (end + c.bytes <= line_end && text_.substr(end, c.bytes) == text_.substr(at, c.bytes))
      end += c.bytes, ++count;
    const Extent place{at, at + count};  // one column a character
    if (c.code == '"' || c.code == '\'') {
      // A string, up to its other end.
      const std::size_t other = text_.substr(0, line_end).find(text_[at], at + 1);
      end = other == std::string_view::npos ? end : static_cast<std::uint32_t>(other + 1);
    }
    if (!c.valid) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "0x%02X", c.code);
      problems_.add("bad-character", std::string("the byte ") + hex + " is not UTF-8 text", place,
                    "save the file as UTF-8");
    } else if (c.code == 0) {
      problems_.add("bad-character", "a NUL byte: this is not a text file", place);
    } else if (hides_text(c.code)) {
      problems_.add("bad-character",
                    "the character " + code_point_name(c.code) + " changes the order in which text is shown", place,
                    "delete it (it is invisible)");
    } else if (c.code < 0x20 || c.code == 0x7F) {
      problems_.add("bad-character", "the control character " + code_point_name(c.code), place);
    } else if (c.code < 0x80) {
      problems_.add("bad-character", std::string("'") + text_[at] + "' is not part of the language", place,
                    plain_hint(text_[at]));
    } else {
      problems_.add("bad-character",
                    "'" + std::string(text_.substr(at, c.bytes)) + "' (" + code_point_name(c.code) +
                        ") is not part of the language",
                    place, intended(c.code));
    }
    return end;
  }

  std::uint32_t end_of_number(std::uint32_t at, std::uint32_t line_end) {
    std::uint32_t end = at;
    const auto digits = [&] {
      while (end < line_end && is_digit(text_[end])) ++end;
    };
    digits();
    if (end < line_end && text_[end] == '.') ++end, digits();
    if (end < line_end && (text_[end] == 'e' || text_[end] == 'E')) {
      std::uint32_t power = end + 1;
      if (power < line_end && (text_[power] == '+' || text_[power] == '-')) ++power;
      if (power < line_end && is_digit(text_[power])) end = power, digits();
    }
    return end;
  }

  void word(TokenKind kind, std::uint32_t at, std::uint32_t end) {
    if (end - at > max_word_bytes) {
      problems_.add(
          "too-large",
          kind == TokenKind::name ? "a name of more than 200 characters" : "a number of more than 200 characters",
          {at, end});
      kind = TokenKind::bad;
    }
    push(kind, at, end);
  }

  /// After `dialect =`: the one place for a text in quotes.
  [[nodiscard]] bool names_dialect() const {
    const std::size_t count = out_.tokens.size();
    return count >= 2 && out_.tokens[count - 1].kind == TokenKind::assign &&
           out_.tokens[count - 2].kind == TokenKind::name && source_.text(out_.tokens[count - 2].at) == "dialect";
  }

  std::uint32_t token(std::uint32_t at, std::uint32_t line_end) {
    using enum TokenKind;
    const char c = text_[at];
    const char next = at + 1 < line_end ? text_[at + 1] : '\0';
    std::uint32_t end = at + 1;
    if (is_letter(c)) {
      while (end < line_end && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
      word(name, at, end);
      return end;
    }
    if (is_digit(c) || (c == '.' && is_digit(next))) {
      end = end_of_number(at, line_end);
      word(TokenKind::number, at, end);
      return end;
    }
    TokenKind kind = bad;
    const auto pair = [&](TokenKind alone, char second, TokenKind together) {
      kind = alone;
      if (next == second) kind = together, ++end;
    };
    switch (c) {
      case ';': kind = semicolon; break;
      case ',': kind = comma; break;
      case ':': kind = colon; break;
      case '~': kind = tilde; break;
      case '(': kind = open; break;
      case ')': kind = close; break;
      case '[': kind = open_bracket; break;
      case ']': kind = close_bracket; break;
      case '+': pair(plus, '=', plus_assign); break;
      case '-': pair(minus, '=', minus_assign); break;
      case '%': pair(percent, '=', percent_assign); break;
      case '<': pair(less, '=', less_equal); break;
      case '>': pair(greater, '=', greater_equal); break;
      case '=': pair(assign, '=', equal_equal); break;
      case '*':
        pair(star, '*', double_star);
        if (kind == star && next == '=') kind = star_assign, ++end;
        break;
      case '/':
        pair(slash, '/', double_slash);
        if (kind == slash && next == '=') kind = slash_assign, ++end;
        break;
      case '!':
        if (next == '=') kind = not_equal, ++end;
        break;
      default: break;
    }
    if (c == '"' && names_dialect()) {
      const std::size_t other = text_.substr(0, line_end).find('"', at + 1);
      if (other != std::string_view::npos) kind = quoted, end = static_cast<std::uint32_t>(other + 1);
    }
    if (kind == bad) end = bad_character(at, line_end);
    push(kind, at, end);
    return end;
  }
};

}  // namespace

Tokens lex(const Source& source, Problems& problems) { return Lexer(source, problems).run(); }

std::string_view describe(TokenKind kind) {
  using enum TokenKind;
  switch (kind) {
    case end_of_text: return "the end of the text";
    case newline: return "the end of the line";
    case semicolon: return "';'";
    case name: return "a name";
    case number: return "a number";
    case quoted: return "a text in quotes";
    case comma: return "','";
    case colon: return "':'";
    case tilde: return "'~'";
    case open: return "'('";
    case close: return "')'";
    case open_bracket: return "'['";
    case close_bracket: return "']'";
    case plus: return "'+'";
    case minus: return "'-'";
    case star: return "'*'";
    case slash: return "'/'";
    case double_star: return "'**'";
    case double_slash: return "'//'";
    case percent: return "'%'";
    case less: return "'<'";
    case less_equal: return "'<='";
    case greater: return "'>'";
    case greater_equal: return "'>='";
    case equal_equal: return "'=='";
    case not_equal: return "'!='";
    case assign: return "'='";
    case plus_assign: return "'+='";
    case minus_assign: return "'-='";
    case star_assign: return "'*='";
    case slash_assign: return "'/='";
    case percent_assign: return "'%='";
    case bad: return "a character that is not part of the language";
  }
  return "";
}

}  // namespace hillock::lang
