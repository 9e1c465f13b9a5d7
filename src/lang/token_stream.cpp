#include "lang/token_stream.hpp"

#include <algorithm>

#include "lang/words.hpp"

namespace hillock::lang {

using Kind = TokenKind;

std::string brief(std::string_view text) { return "'" + std::string(text.substr(0, 40)) + "'"; }

const Token& TokenStream::here() {
  if (soft_ > 0) skip_newlines();
  return tokens_[position_];
}

bool TokenStream::at_any(std::initializer_list<Kind> kinds) {
  return std::ranges::find(kinds, here().kind) != kinds.end();
}

const Token& TokenStream::take() {
  const Token& token = here();
  consumed_ = position_ + 1;
  if (token.kind != Kind::end_of_text) ++position_;
  return token;
}

bool TokenStream::accept(Kind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

void TokenStream::want(Kind kind, const std::string& what, std::string hint) {
  if (!accept(kind)) expected(what, std::move(hint));
}

Extent TokenStream::want_name(const std::string& what) {
  if (!at(Kind::name)) expected(what);
  return take().at;
}

const Token& TokenStream::ahead(std::size_t n) const { return tokens_[std::min(position_ + n, tokens_.size() - 1)]; }

void TokenStream::skip_newlines() {
  while (tokens_[position_].kind == Kind::newline) ++position_;
}

void TokenStream::resume(std::size_t position) { position_ = std::max(consumed_, position); }

void TokenStream::skip_separators() {
  while (at_any({Kind::newline, Kind::semicolon})) ++position_;
}

void TokenStream::skip_line() {
  while (!at_any({Kind::newline, Kind::semicolon, Kind::end_of_text})) ++position_;
}

void TokenStream::give_up(std::string code, std::string message, Extent where, std::string hint) {
  problems_.add(std::move(code), std::move(message), where, std::move(hint));
  throw GiveUp{};
}

std::string TokenStream::found(const Token& token) const {
  if (token.kind != Kind::name && token.kind != Kind::number) return std::string(describe(token.kind));
  return brief(word(token));
}

void TokenStream::expected(const std::string& what, std::string hint) {
  const Token& token = here();
  if (token.kind == Kind::bad) throw GiveUp{};  // reported by the lexer
  const std::uint32_t end = last_end();
  // Across a line break the reader should look at the end of the line before.
  const bool next_line = last() != nullptr && source_.line(token.at.begin) != source_.line(end);
  if (next_line || token.kind == Kind::newline)
    give_up("syntax", "expected " + what + ", found the end of the line", {end, end + 1}, std::move(hint));
  give_up("syntax", "expected " + what + ", found " + found(token), token.at, std::move(hint));
}

void TokenStream::after_value(const std::string& wanted, std::string hint) {
  const Token& token = here();
  const bool same_line = last() != nullptr && source_.line(token.at.begin) == source_.line(last_end());
  const bool value_starts = at_any({Kind::name, Kind::number, Kind::open});
  const bool value_before = last_is(Kind::name) || last_is(Kind::number) || last_is(Kind::close);
  if (same_line && value_starts && value_before) {
    const std::string_view text = word(token);
    if (text == "if" || text == "else")
      give_up("syntax", "there is no 'if' in expressions", token.at,
              "multiply by the condition: 'a*(v > b) + c*(v <= b)'");
    give_up("syntax", "an operator is missing before " + found(token), token.at,
            token.kind == Kind::name && !is_python_keyword(text) ? "for a product write '*'" : "");
  }
  if (token.kind == Kind::assign)
    give_up("syntax", "expected " + wanted + ", found '='", token.at, "write '==' to compare");
  if (token.kind == Kind::open_bracket)
    give_up("syntax", "expected " + wanted + ", found '['", token.at, "there is no indexing in the language");
  expected(wanted, std::move(hint));
}

void TokenStream::unclosed(Extent opened) {
  give_up("syntax",
          "the '(' of line " + std::to_string(source_.line(opened.begin)) + " is not closed before " + found(here()),
          opened);
}

}  // namespace hillock::lang
