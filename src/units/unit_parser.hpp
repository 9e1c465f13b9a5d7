#pragma once
/// Reads a unit expression, and says where in the text it goes wrong.
///
///   unit     := term (("*" | "/") term)*
///   term     := factor ("**" exponent)?
///   factor   := NAME | "1" | "(" unit ")"
///   exponent := ("+" | "-")? NUMBER | "(" ("+" | "-")? NUMBER ("/" NUMBER)? ")"

#include <expected>
#include <string>
#include <string_view>

#include "units/unit.hpp"

namespace hillock::units {

/// A mistake in a unit text; `offset` and `length` are bytes of that text.
struct UnitMistake {
  std::string code;  ///< "unit-unknown" or "unit-syntax"
  std::string message;
  std::size_t offset = 0;
  std::size_t length = 1;
  std::string hint;
};

/// The unit that `text` names; its `name` is `text` without spaces. `suggest`: a mistake comes with its hint (a search
/// through all names).
[[nodiscard]] std::expected<Unit, UnitMistake> read_unit(std::string_view text, bool suggest = true);
/// What to try instead of an unknown unit name: the long name of a symbol that is none here (`V`, `kOhm`), or the
/// nearest known name; may be empty.
[[nodiscard]] std::string suggest_unit(std::string_view name);

}  // namespace hillock::units
