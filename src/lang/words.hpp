#pragma once
/// The names that have a meaning of their own.

#include <span>
#include <string>
#include <string_view>

namespace hillock::lang {

/// The words that start a statement: `param`, `const`, ...
[[nodiscard]] std::span<const std::string_view> statement_words();
[[nodiscard]] bool is_statement_word(std::string_view name);
/// Python's keywords, which Brian 2 refuses as names (`lambda`, `in`, `for`, ...).
/// "rand", "randn", "poisson"
[[nodiscard]] bool is_random(std::string_view function);

[[nodiscard]] bool is_python_keyword(std::string_view name);
/// Why `name` cannot be given to a variable (Brian 2's rules and the words of this language), or empty where it can.
[[nodiscard]] std::string why_illegal(std::string_view name, bool brian = false);

/// A function that Brian 2 does not have: "min", "max", "arctan2".
[[nodiscard]] bool is_of_hillock_only(std::string_view function);
/// The declaration that gives a physical constant its value, for names that Brian 2 users import
/// ("const F = 96485.33289*coulomb/mole"); empty for any other name.
[[nodiscard]] std::string physical_constant(std::string_view name);

}  // namespace hillock::lang
