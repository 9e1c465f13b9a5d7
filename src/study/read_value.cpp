#include "study/read_value.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "study/overrides.hpp"
#include "study/quantity_text.hpp"
#include "study/stop.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

void out_of_range(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes) {
  mistakes.add_at(found.span, key, "value-range",
                  fmt::format("\"{}\" must be {}, found {}", key, wanted.words, described(found)));
}

/// An integer or a real number, as a real one.
std::optional<double> number(const TomlValue& found) {
  if (const auto* whole = std::get_if<std::int64_t>(&found.value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&found.value)) return *real;
  return std::nullopt;
}

std::string file_hint(const fs::path& path) {
  std::error_code code;
  if (!fs::is_directory(path.parent_path(), code))
    return fmt::format("there is no folder {} either; paths are relative to the study file",
                       path.parent_path().string());
  std::vector<std::string> names;
  for (fs::directory_iterator it(path.parent_path(), code), end; !code && it != end && names.size() < 1000;
       it.increment(code))
    names.push_back(it->path().filename().string());
  std::ranges::sort(names);
  const std::string near = nearest(path.filename().string(), names);
  return near.empty() ? "paths are relative to the study file" : fmt::format("did you mean {}?", near);
}

}  // namespace

void wrong_type(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes) {
  mistakes.add_at(found.span, key, "value-type",
                  fmt::format("\"{}\" must be {}, found {}", key, wanted.words, described(found)));
}

// ---- text, numbers, truth ---------------------------------------------------------------------------------------

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::string& out) {
  const std::string* text = found.text();
  if (text == nullptr) return wrong_type(found, key, wanted, mistakes);
  const auto& choices = wanted.limits.choices;
  if (!choices.empty() && std::ranges::find(choices, *text) == choices.end()) {
    const std::string near = nearest(*text, {choices.begin(), choices.end()});
    mistakes.add_at(found.span, key, "value-choice",
                    fmt::format("\"{}\" must be {}, found \"{}\"", key, wanted.words, *text),
                    near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  } else if (text->empty()) {
    mistakes.add_at(found.span, key, "value-range", fmt::format("\"{}\" is empty", key),
                    "leave the key out for its default");
  } else {
    out = *text;
  }
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::int64_t& out) {
  const auto value = number(found);
  if (!value || std::floor(*value) != *value) return wrong_type(found, key, wanted, mistakes);
  if (!(*value >= wanted.limits.low && *value <= wanted.limits.high)) return out_of_range(found, key, wanted, mistakes);
  const auto* whole = std::get_if<std::int64_t>(&found.value);
  out = whole != nullptr ? *whole : static_cast<std::int64_t>(*value);
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes, double& out) {
  const auto value = number(found);
  if (!value) return wrong_type(found, key, wanted, mistakes);
  const Limits& limits = wanted.limits;
  const bool inside =
      limits.open ? *value > limits.low && *value < limits.high : *value >= limits.low && *value <= limits.high;
  if (!inside) return out_of_range(found, key, wanted, mistakes);
  out = *value;
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes, bool& out) {
  if (const auto* boolean = std::get_if<bool>(&found.value)) out = *boolean;
  else wrong_type(found, key, wanted, mistakes);
}

// ---- files ------------------------------------------------------------------------------------------------------

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                PathText& out) {
  const std::string* text = found.text();
  if (text == nullptr || text->empty()) return wrong_type(found, key, wanted, mistakes);
  out.given = *text;
  out.origin = {key, found.span};
  fs::path path = fs::path(wanted.folder) / fs::path(*text);
  std::error_code ignored;
  if (!fs::exists(path, ignored) && found.span.file == from_command_line && fs::exists(*text, ignored))
    path = fs::absolute(*text);
  out.absolute = path.lexically_normal().string();
  if (fs::is_directory(out.absolute, ignored)) {
    mistakes.add_at(found.span, key, "file-missing", fmt::format("\"{}\" is a folder, not a file", *text));
  } else if (!fs::exists(out.absolute, ignored)) {
    mistakes.add_at(found.span, key, "file-missing", fmt::format("there is no file {}", out.absolute),
                    file_hint(out.absolute));
  }
}

// ---- lists of texts, times of the clock -------------------------------------------------------------------------

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                TextList& out) {
  const TomlValue::Array* items = found.array();
  const bool all_texts = items != nullptr && !items->empty() && std::ranges::all_of(*items, [](const TomlValue& item) {
                           return item.text() != nullptr && !item.text()->empty();
                         });
  if (!all_texts) return wrong_type(found, key, wanted, mistakes);
  out.origin = {key, found.span};
  for (const TomlValue& item : *items) out.texts.push_back(*item.text());
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                ClockTime& out) {
  const auto value = number(found);
  const std::string text = value ? fmt::format("{}", *value) : found.text() != nullptr ? *found.text() : "";
  const auto seconds = parse_budget(text);
  if (!seconds) return out_of_range(found, key, wanted, mistakes);
  out = {*seconds, text};
}

// ---- quantities and priors --------------------------------------------------------------------------------------

bool read_quantity(const TomlValue& found, const std::string& key, const std::string& wanted, Mistakes& mistakes,
                   QuantityText& out) {
  out.origin = {key, found.span};
  if (const std::string* text = found.text()) {
    auto quantity = units::parse_quantity(*text);
    if (!quantity) {
      mistakes.adopt(std::move(quantity.error()), found.span, key);
      return false;
    }
    out.quantity = *quantity;
    out.text = *text;
    return true;
  }
  const auto value = number(found);
  if (!value) {
    mistakes.add_at(found.span, key, "value-type",
                    fmt::format("\"{}\" must be {}, found {}", key, wanted, described(found)));
    return false;
  }
  out.quantity.value = *value;
  out.text = fmt::format("{}", *value);
  return true;
}

bool has_dimension(const QuantityText& quantity, std::string_view unit, Mistakes& mistakes) {
  auto checked = check_dimension(quantity, unit);
  if (checked) return true;
  for (Error& error : checked.error()) mistakes.add(std::move(error));
  return false;
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::optional<QuantityText>& out) {
  QuantityText quantity;
  if (!read_quantity(found, key, wanted.words, mistakes, quantity)) return;
  const Limits& limits = wanted.limits;
  if (!limits.dimension.empty() && !has_dimension(quantity, limits.dimension, mistakes)) return;
  if (limits.open && !(quantity.si() > limits.low)) return out_of_range(found, key, wanted, mistakes);
  out = std::move(quantity);
}

void for_names(const TomlValue& found, const std::string& key, std::string_view name_of, Mistakes& mistakes,
               const std::function<void(const TomlEntry& below, const std::string& name)>& each) {
  if (found.table() == nullptr) {
    mistakes.add_at(
        found.span, key, "value-type",
        fmt::format("\"{}\" is a table with {} before each value, found {}", key, name_of, found.type_name()),
        fmt::format("{}.NAME = ...", key));
    return;
  }
  for (const TomlEntry& below : *found.table()) each(below, key + "." + below.key);
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<PriorText>& out) {
  for_names(found, key, "a parameter", mistakes, [&](const TomlEntry& below, const std::string& name) {
    if (below.value.text() == nullptr) return wrong_type(below.value, name, wanted, mistakes);
    out.push_back({below.key, *below.value.text(), {name, below.value.span}});
  });
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<NamedQuantity>& out) {
  for_names(found, key, "a name of the model", mistakes, [&](const TomlEntry& below, const std::string& name) {
    NamedQuantity named{below.key, {}};
    if (read_quantity(below.value, name, wanted.words, mistakes, named.value)) out.push_back(std::move(named));
  });
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<ListedText>& out) {
  if (const std::string* text = found.text(); text != nullptr && !text->empty()) {  // a list of one
    out.push_back({*text, {key, found.span}});
    return;
  }
  if (found.array() == nullptr) return wrong_type(found, key, wanted, mistakes);
  for (const TomlValue& item : *found.array()) {
    if (item.text() == nullptr || item.text()->empty()) wrong_type(item, key, wanted, mistakes);
    else out.push_back({*item.text(), {key, item.span}});
  }
}

}  // namespace hillock::study
