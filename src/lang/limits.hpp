#pragma once
/// How large a model text may be. Every limit is an error that names it; together they bound the time of any input.

#include <cstddef>

namespace hillock::lang {

inline constexpr std::size_t max_text_bytes = 8U << 20U;
inline constexpr std::size_t max_line_bytes = 64U << 10U;
inline constexpr std::size_t max_word_bytes = 200;  ///< a name or a number
inline constexpr int max_nesting = 200;             ///< parentheses, signs, `not`s and powers within each other
inline constexpr std::size_t max_expression_nodes = 100'000;
inline constexpr std::size_t max_table_values = 10'000;
inline constexpr std::size_t max_statements = 200'000;
inline constexpr std::size_t max_errors = 100;  ///< shown; the rest are counted

}  // namespace hillock::lang
