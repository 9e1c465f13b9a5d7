#include "study/overrides.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "study/options.hpp"

namespace hillock::study {
namespace {

/// The parts of a dotted key; "quoted" parts may hold dots.
std::vector<std::string> key_parts(std::string_view key) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (const char c : key) {
    if (c == '"') quoted = !quoted;
    else if (c == '.' && !quoted) parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

/// True where the table says that the value is text, so that `--set` needs no quotes.
bool takes_text(const std::vector<std::string>& parts) {
  const auto is_text = [](const auto& rows, const std::string& key) {
    for (const auto& row : rows) {
      const bool same = row.key == key || (takes_names(row) && key.starts_with(std::string(row.key) + "."));
      if (same)
        return std::visit(
            []<class Owner, class T>(T& (*)(Owner&)) {
              return !std::is_same_v<T, std::int64_t> && !std::is_same_v<T, double> && !std::is_same_v<T, bool> &&
                     !std::is_same_v<T, TextList> && !std::is_same_v<T, std::vector<MaskSamples>> &&
                     !std::is_same_v<T, std::vector<MaskWindow>>;
            },
            row.field);
    }
    return false;
  };
  std::string key;
  const bool of_split = parts.size() > 2 && parts[0] == "data";
  for (std::size_t i = of_split ? 2 : 0; i < parts.size(); ++i) key += (key.empty() ? "" : ".") + parts[i];
  return of_split ? is_text(split_options(), key) : is_text(study_options(), key);
}

void set_spans(TomlValue& value, const Span& span) {
  value.span = span;
  if (auto* items = std::get_if<TomlValue::Array>(&value.value))
    for (TomlValue& item : *items) set_spans(item, span);
  if (auto* entries = value.table())
    for (TomlEntry& entry : *entries) {
      entry.key_span = span;
      set_spans(entry.value, span);
    }
}

}  // namespace

void apply_override(TomlValue& root, const std::string& given, Errors& errors) {
  Span span;
  span.file = from_command_line;
  span.column = 1;
  span.line_text = given;
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos || equals == 0) {
    span.length = static_cast<int>(given.size());
    errors.push_back({"set-syntax", "an override is KEY=VALUE", span, "--set", "--set search.starts=100"});
    return;
  }
  std::string key = given.substr(0, equals);
  while (!key.empty() && key.back() == ' ') key.pop_back();
  std::size_t first = equals + 1;
  while (first < given.size() && given[first] == ' ') ++first;
  const std::string text = given.substr(first);
  Span key_span = span;
  key_span.length = static_cast<int>(key.size());
  Span value_span = span;
  value_span.column = static_cast<int>(first) + 1;
  value_span.length = static_cast<int>(std::max<std::size_t>(1, text.size()));

  const std::vector<std::string> parts = key_parts(key);
  const bool written_as_toml = !text.empty() && std::string_view("\"'[{").find(text.front()) != std::string_view::npos;
  TomlValue value{text, value_span};
  if (written_as_toml || !takes_text(parts)) {
    const auto parsed = parse_toml("value = " + text, std::string(from_command_line));
    if (parsed && parsed->table()->size() == 1) value = parsed->table()->front().value;
    else if (written_as_toml) {
      errors.push_back({"toml-syntax", fmt::format("the value of {} is not TOML", key), value_span, key, ""});
      return;
    }
  }
  set_spans(value, value_span);
  put(root, parts, key_span, std::move(value));
}

}  // namespace hillock::study
