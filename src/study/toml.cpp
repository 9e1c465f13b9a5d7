#include "study/toml.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <cstdio>

namespace hillock::study {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : file_(file) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      lines_.push_back(line);
      at = end + 1;
    }
  }

  [[nodiscard]] Span span(const toml::source_region& region) const {
    Span out;
    out.file = file_;
    if (!region.begin || region.begin.line > lines_.size()) return out;
    const std::string_view line = lines_[region.begin.line - 1];
    out.line = static_cast<int>(region.begin.line);
    out.column = static_cast<int>(region.begin.column);
    // Every value holds its line and looks for its place in it: of a very long line only the beginning is shown, or a
    // file of one such line would take time and memory squared.
    constexpr std::size_t longest = 2000;
    if (region.begin.column > longest) return out;
    const std::size_t first = byte_column(line, region.begin.column);
    const std::size_t last = region.end.line == region.begin.line && region.end.column <= longest
                                 ? byte_column(line, region.end.column)
                                 : std::min(line.size(), 4 * longest) + 1;
    out.column = static_cast<int>(first);
    out.length = static_cast<int>(last > first ? last - first : 1);
    out.line_text = line.substr(0, 4 * longest);
    return out;
  }

  [[nodiscard]] TomlValue read(const toml::node& node) const {
    TomlValue out{.value = TomlValue::Other{}, .span = span(node.source())};
    if (const auto* text = node.as_string()) out.value = text->get();
    else if (const auto* integer = node.as_integer()) out.value = integer->get();
    else if (const auto* real = node.as_floating_point()) out.value = real->get();
    else if (const auto* boolean = node.as_boolean()) out.value = boolean->get();
    else if (const auto* array = node.as_array()) {
      TomlValue::Array items;
      for (const toml::node& item : *array) items.push_back(read(item));
      out.value = std::move(items);
    } else if (const auto* table = node.as_table()) {
      TomlValue::Table entries;
      for (const auto& [key, value] : *table)
        entries.push_back({std::string(key.str()), span(key.source()), read(value)});
      std::ranges::stable_sort(entries, [](const TomlEntry& a, const TomlEntry& b) {
        return std::pair(a.key_span.line, a.key_span.column) < std::pair(b.key_span.line, b.key_span.column);
      });
      out.value = std::move(entries);
    }
    return out;
  }

 private:
  /// toml++ counts code points; a Span counts bytes.
  static std::size_t byte_column(std::string_view line, std::size_t column) {
    std::size_t byte = 0;
    for (std::size_t seen = 1; seen < column && byte < line.size(); ++seen) {
      ++byte;
      while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U) ++byte;
    }
    return byte + 1;
  }

  std::string file_;
  std::vector<std::string_view> lines_;
};

}  // namespace

std::string_view TomlValue::type_name() const {
  static constexpr std::array<std::string_view, 7> names{"text",   "an integer", "a number",      "true or false",
                                                         "a list", "a table",    "a date or time"};
  return names[value.index()];
}

Result<TomlValue> parse_toml(std::string_view text, const std::string& file) {
  const Reader reader(text, file);
  try {
    return reader.read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    Error out;
    out.code = "toml-syntax";
    out.message = "this is not TOML: " + std::string(error.description());
    out.span = reader.span(error.source());
    out.span->length = 1;
    out.hint = "text values stand in quotes: key = \"value\"; sections look like [data.train]";
    return fail(std::move(out));
  }
}

void put(TomlValue& root, const std::vector<std::string>& path, const Span& key_span, TomlValue value) {
  TomlValue* at = &root;
  for (const std::string& key : path) {
    if (at->table() == nullptr) *at = {TomlValue::Table{}, key_span};
    TomlValue::Table& entries = *at->table();
    auto found = std::ranges::find(entries, key, &TomlEntry::key);
    if (found == entries.end()) found = entries.insert(found, {key, key_span, {TomlValue::Table{}, key_span}});
    at = &found->value;
  }
  *at = std::move(value);
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (c == '\t') out += "\\t";
    else if (static_cast<unsigned char>(c) < 32 || c == 127) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape.data();
    } else out += c;
  }
  return out + '"';
}

std::string toml_key(std::string_view text) {
  const bool bare = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? std::string(text) : toml_quoted(text);
}

}  // namespace hillock::study
