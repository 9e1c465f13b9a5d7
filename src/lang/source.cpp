#include "lang/source.hpp"

#include <algorithm>

#include "lang/limits.hpp"

namespace hillock::lang {

Source::Source(std::string_view text, std::string_view name)
    : text_(text.substr(0, max_text_bytes)), name_(name), truncated_(text.size() > max_text_bytes) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n') continue;
    if (text_[i] == '\n' || text_[i] == '\r') starts_.push_back(static_cast<std::uint32_t>(i + 1));
  }
}

int Source::line(std::uint32_t offset) const {
  return static_cast<int>(std::ranges::upper_bound(starts_, offset) - starts_.begin());
}

Extent Source::line_extent(int line) const {
  const auto i = static_cast<std::size_t>(line - 1);
  Extent at{starts_[i], i + 1 < starts_.size() ? starts_[i + 1] : static_cast<std::uint32_t>(text_.size())};
  while (at.end > at.begin && (text_[at.end - 1] == '\n' || text_[at.end - 1] == '\r')) --at.end;
  return at;
}

Span Source::span(Extent at, std::size_t widest) const {
  Span span;
  span.file = name_;
  span.line = line(at.begin);
  const Extent whole = line_extent(span.line);
  span.column = static_cast<int>(at.begin - whole.begin) + 1;
  span.length = static_cast<int>(std::max(std::min(at.end, whole.end), at.begin + 1) - at.begin);
  if (whole.end - whole.begin <= widest) span.line_text = std::string(text(whole));
  return span;
}

}  // namespace hillock::lang
