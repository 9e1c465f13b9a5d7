#pragma once
/// TOML as a tree in which everything knows its place in the text and entries keep the order in which they were
/// written. (toml++ parses; it sorts tables by key and loses places on copies, hence a tree of our own.)

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace hillock::study {

struct TomlEntry;

struct TomlValue {
  using Array = std::vector<TomlValue>;
  using Table = std::vector<TomlEntry>;
  struct Other {};  ///< dates and times: no option takes one
  std::variant<std::string, std::int64_t, double, bool, Array, Table, Other> value;
  Span span;

  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value); }
  [[nodiscard]] const Table* table() const { return std::get_if<Table>(&value); }
  [[nodiscard]] Table* table() { return std::get_if<Table>(&value); }
  /// "text", "an integer", "a number", "true or false", "a list", "a table", "a date or time"
  [[nodiscard]] std::string_view type_name() const;
};

struct TomlEntry {
  std::string key;
  Span key_span;
  TomlValue value;
};

/// The whole text as one table. Error code "toml-syntax", with the place.
[[nodiscard]] Result<TomlValue> parse_toml(std::string_view text, const std::string& file);

/// Puts `value` at `path` below `root`, replacing what is there; tables on the way are made where missing.
void put(TomlValue& root, const std::vector<std::string>& path, const Span& key_span, TomlValue value);

/// A TOML basic string of `text`, quotes included.
[[nodiscard]] std::string toml_quoted(std::string_view text);
/// `text` as a key: bare where TOML allows it, else quoted.
[[nodiscard]] std::string toml_key(std::string_view text);

}  // namespace hillock::study
