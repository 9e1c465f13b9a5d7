#pragma once
/// The items of a sentence: a short list that cannot grow without end.

#include <string>
#include <utility>

#include <fmt/format.h>

namespace hillock::verify {

/// The first five of a list, and how many more.
class Listing {
 public:
  void add(std::string item, std::string_view separator = ", ") {
    if (count_++ < 5) text_ += (text_.empty() ? "" : std::string(separator)) + std::move(item);
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::string text() const {
    return count_ > 5 ? fmt::format("{} and {} more", text_, count_ - 5) : text_;
  }

 private:
  std::string text_;
  int count_ = 0;
};

}  // namespace hillock::verify
