#pragma once
/// A text with its lines, and the way from byte offsets to the places that a person reads.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::lang {

/// Bytes [begin, end) of a source.
struct Extent {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] bool empty() const { return begin == end; }
};
[[nodiscard]] inline Extent join(Extent a, Extent b) { return {a.begin, b.end}; }

class Source {
 public:
  /// At most the first `max_text_bytes` of `text` are kept (the lexer reports the excess).
  Source(std::string_view text, std::string_view name);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string_view text(Extent at) const {
    return std::string_view(text_).substr(at.begin, at.end - at.begin);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool truncated() const { return truncated_; }
  /// Counts from 1. A line ends at \n, \r\n or \r.
  [[nodiscard]] int line(std::uint32_t offset) const;
  [[nodiscard]] Extent line_extent(int line) const;
  [[nodiscard]] int lines() const { return static_cast<int>(starts_.size()); }
  /// The place for a message: cut at the end of its first line. Without the line's text where that is longer than
  /// `widest` bytes, so that many spans of one long line stay small.
  [[nodiscard]] Span span(Extent at, std::size_t widest = static_cast<std::size_t>(-1)) const;

 private:
  std::string text_;
  std::string name_;
  bool truncated_ = false;
  std::vector<std::uint32_t> starts_;
};

}  // namespace hillock::lang
