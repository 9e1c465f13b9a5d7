#include "study/placed.hpp"

#include <algorithm>

namespace hillock::study {

Errors placed(Errors inner, std::string_view text, const Origin& origin) {
  for (Error& error : inner) {
    error.where = origin.key;
    if (!origin.span) {
      error.span.reset();
      continue;
    }
    Span span = *origin.span;
    const std::size_t from = static_cast<std::size_t>(std::max(0, span.column - 1));
    const std::size_t found = from <= span.line_text.size() ? span.line_text.find(text, from) : std::string::npos;
    const bool inside = error.span && error.span->line <= 1 && error.span->column > 0;
    if (inside && found != std::string::npos && found <= from + 3 && text.find('\n') == std::string_view::npos) {
      span.column = static_cast<int>(found) + error.span->column;
      span.length = error.span->length;
    }
    error.span = std::move(span);
  }
  return inner;
}

}  // namespace hillock::study
