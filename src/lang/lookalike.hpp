#pragma once
/// Characters that are not of the language, and what was probably meant.

#include <cstdint>
#include <string>
#include <string_view>

namespace hillock::lang {

/// The character at the start of `text`: its code point and its length in bytes; `valid` is false for bytes that are
/// not UTF-8 (overlong, surrogate, truncated, beyond U+10FFFF), then `bytes` is 1.
struct Character {
  std::uint32_t code = 0;
  std::uint32_t bytes = 1;
  bool valid = false;
};
[[nodiscard]] Character decode(std::string_view text);

/// "U+2212"
[[nodiscard]] std::string code_point_name(std::uint32_t code);
/// What to type instead of a look-alike, as a hint ("'-'", "'alpha'"); empty where nothing is likely.
[[nodiscard]] std::string intended(std::uint32_t code);
/// Characters that reorder or hide text: not even comments may hold them.
[[nodiscard]] bool hides_text(std::uint32_t code);

}  // namespace hillock::lang
