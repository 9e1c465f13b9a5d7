#include "study/read_recording.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace hillock::study {
namespace {

/// Text that begins as a number does: a quantity or an expression, where a name would be an array.
bool looks_like_number(std::string_view text) {
  return !text.empty() && (std::string_view("0123456789+-.(").find(text.front()) != std::string_view::npos);
}

/// { array = "...", unit = "...", interpolation = "..." }, the last where `interpolation` is not nullptr.
bool read_array(const TomlValue& found, const std::string& key, Mistakes& mistakes, ArrayRef& out,
                std::string* interpolation = nullptr) {
  std::vector<std::string> allowed{"array", "unit"};
  if (interpolation != nullptr) allowed.emplace_back("interpolation");
  const std::size_t before = mistakes.count();
  bool has_array = false;
  for (const TomlEntry& entry : *found.table()) {
    const std::string name = key + "." + entry.key;
    if (std::ranges::find(allowed, entry.key) == allowed.end()) {
      mistakes.add_unknown_key(entry, name, allowed);
      continue;
    }
    const std::string* text = entry.value.text();
    if (text == nullptr || text->empty()) {
      mistakes.add_at(entry.value.span, name, "value-type",
                      fmt::format("\"{}\" must be text, found {}", name, described(entry.value)));
      continue;
    }
    if (entry.key == "array") {
      out.array = *text;
      has_array = true;
    } else if (entry.key == "unit") {
      auto unit = units::parse_unit(*text);
      if (unit) out.unit = *unit;
      else mistakes.adopt(std::move(unit.error()), entry.value.span, name);
    } else if (*text == "linear" || *text == "previous") {
      *interpolation = *text;
    } else {
      mistakes.add_at(entry.value.span, name, "value-choice",
                      fmt::format("\"{}\" must be one of \"linear\", \"previous\", found \"{}\"", name, *text));
    }
  }
  if (!has_array && mistakes.count() == before)
    mistakes.add_at(found.span, key, "key-missing", fmt::format("\"{}\" names no array", key), "{ array = \"...\" }");
  return mistakes.count() == before;
}

// ---- inputs in pieces -------------------------------------------------------------------------------------------

void read_piece(const TomlValue& item, const std::string& key, bool last, Mistakes& mistakes, std::vector<Piece>& out) {
  if (item.table() == nullptr) {
    mistakes.add_at(item.span, key, "value-type", fmt::format("\"{}\" must be a table, found {}", key, described(item)),
                    "{ until = \"250 ms\", value = \"-80 mV\" }");
    return;
  }
  Piece made;
  made.origin = {key, item.span};
  const std::size_t before = mistakes.count();
  for (const TomlEntry& entry : *item.table()) {
    const std::string name = key + "." + entry.key;
    if (entry.key == "until") {
      QuantityText until;
      if (read_quantity(entry.value, name, "a time such as \"250 ms\"", mistakes, until) &&
          has_dimension(until, "second", mistakes))
        made.until = std::move(until);
    } else if (entry.key == "value") {
      if (entry.value.text() != nullptr && !entry.value.text()->empty()) {
        made.value = *entry.value.text();
        made.origin = {name, entry.value.span};
      } else {
        mistakes.add_at(
            entry.value.span, name, "value-type",
            fmt::format("\"{}\" must be an expression of t in quotes, found {}", name, described(entry.value)),
            "value = \"-80 mV\"");
      }
    } else {
      mistakes.add_unknown_key(entry, name, {"until", "value"});
    }
  }
  if (mistakes.count() != before) return;
  if (made.value.empty())
    mistakes.add_at(item.span, key, "key-missing", fmt::format("\"{}\" has no value", key), "value = \"-80 mV\"");
  else if (!made.until && !last)
    mistakes.add_at(item.span, key, "key-missing",
                    fmt::format("\"{}\" has no end; only the last piece may go on to the end", key),
                    "until = \"250 ms\"");
  else out.push_back(std::move(made));
}

/// { pieces = [ { until = "250 ms", value = "-80 mV" }, ... ] }
bool read_pieces(const TomlValue& found, const std::string& key, Mistakes& mistakes, std::vector<Piece>& out) {
  const std::size_t before = mistakes.count();
  for (const TomlEntry& entry : *found.table()) {
    if (entry.key != "pieces") {
      mistakes.add_unknown_key(entry, key + "." + entry.key, {"pieces"});
      continue;
    }
    const TomlValue::Array* items = entry.value.array();
    if (items == nullptr || items->empty()) {
      mistakes.add_at(entry.value.span, key, "value-type",
                      fmt::format("\"{}.pieces\" must be a list of pieces, found {}", key,
                                  items == nullptr ? described(entry.value) : "an empty list"),
                      "pieces = [ { until = \"250 ms\", value = \"-80 mV\" }, { value = \"-120 mV\" } ]");
      continue;
    }
    for (std::size_t i = 0; i < items->size(); ++i)
      read_piece((*items)[i], fmt::format("{}.pieces[{}]", key, i), i + 1 == items->size(), mistakes, out);
  }
  for (std::size_t i = 1; i < out.size() && mistakes.count() == before; ++i)
    if (out[i].until && !(out[i - 1].until->si() < out[i].until->si()))
      mistakes.add(out[i].until->origin.error("value-range",
                                              fmt::format("this piece ends at {}, but the one before it ends at {}",
                                                          out[i].until->text, out[i - 1].until->text),
                                              "pieces follow each other in time"));
  return mistakes.count() == before;
}

/// "250.1 ms : 255.1 ms", where `text` has its ':'. Nothing where a side is wrong.
std::optional<MaskWindow> read_window(const std::string& text, const Span& span, const std::string& key,
                                      Mistakes& mistakes) {
  MaskWindow window;
  const std::size_t before = mistakes.count();
  const auto side = [&](std::string_view part, QuantityText& quantity) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const TomlValue value{std::string(part), span};
    if (read_quantity(value, key, "a time such as \"250.1 ms\"", mistakes, quantity))
      (void)has_dimension(quantity, "second", mistakes);
  };
  const std::size_t colon = text.find(':');
  side(std::string_view(text).substr(0, colon), window.from);
  side(std::string_view(text).substr(colon + 1), window.to);
  if (mistakes.count() != before) return std::nullopt;
  return window;
}

}  // namespace

// ---- where numbers come from ------------------------------------------------------------------------------------

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<Observed>& out) {
  for_names(found, key, "an observation of the model", mistakes, [&](const TomlEntry& below, const std::string& name) {
    Observed observed{below.key, {}, {name, below.value.span}};
    const std::string* text = below.value.text();
    if (text != nullptr && !text->empty()) observed.source.array = *text;
    else if (below.value.table() == nullptr) return wrong_type(below.value, name, wanted, mistakes);
    else if (!read_array(below.value, name, mistakes, observed.source)) return;
    out.push_back(std::move(observed));
  });
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<ConstantSource>& out) {
  for_names(found, key, "a constant of the model", mistakes, [&](const TomlEntry& below, const std::string& name) {
    ConstantSource constant{below.key, ArrayRef{}, {name, below.value.span}};
    const std::string* text = below.value.text();
    if (below.value.table() != nullptr) {
      ArrayRef source;
      if (!read_array(below.value, name, mistakes, source)) return;
      constant.source = std::move(source);
    } else if (text != nullptr && !text->empty() && !looks_like_number(*text)) {
      constant.source = ArrayRef{*text, std::nullopt};
    } else {
      QuantityText quantity;
      if (!read_quantity(below.value, name, wanted.words, mistakes, quantity)) return;
      constant.source = std::move(quantity);
    }
    out.push_back(std::move(constant));
  });
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<InputSource>& out) {
  for_names(found, key, "an input of the model", mistakes, [&](const TomlEntry& below, const std::string& name) {
    InputSource input{below.key, SampledInput{}, {name, below.value.span}};
    const std::string* text = below.value.text();
    const TomlValue::Table* table = below.value.table();
    if (text != nullptr && looks_like_number(*text)) {
      input.source = std::vector<Piece>{{std::nullopt, *text, input.origin}};
    } else if (text != nullptr && !text->empty()) {
      input.source = SampledInput{{*text, std::nullopt}};
    } else if (table == nullptr) {
      return wrong_type(below.value, name, wanted, mistakes);
    } else if (std::ranges::find(*table, "pieces", &TomlEntry::key) != table->end()) {
      std::vector<Piece> pieces;
      if (!read_pieces(below.value, name, mistakes, pieces)) return;
      input.source = std::move(pieces);
    } else {
      SampledInput sampled;
      if (!read_array(below.value, name, mistakes, sampled.source, &sampled.interpolation)) return;
      input.source = std::move(sampled);
    }
    out.push_back(std::move(input));
  });
}

// ---- what is masked ---------------------------------------------------------------------------------------------

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<MaskSamples>& out) {
  if (found.array() == nullptr) return wrong_type(found, key, wanted, mistakes);
  for (const TomlValue& item : *found.array()) {
    if (item.text() == nullptr) {
      wrong_type(item, key, wanted, mistakes);
      continue;
    }
    auto window = data::parse_sample_window(*item.text());
    if (window) out.push_back({*window, *item.text()});
    else mistakes.adopt(std::move(window.error()), item.span, key);
  }
}

void read_value(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes,
                std::vector<MaskWindow>& out) {
  if (found.array() == nullptr) return wrong_type(found, key, wanted, mistakes);
  for (const TomlValue& item : *found.array()) {
    const std::string* text = item.text();
    if (text == nullptr || text->find(':') == std::string::npos) {
      mistakes.add_at(item.span, key, "window-syntax",
                      fmt::format("a window of time is \"from : to\", found {}", described(item)),
                      "\"250.1 ms : 255.1 ms\"");
      continue;
    }
    auto window = read_window(*text, item.span, key, mistakes);
    if (!window) continue;
    if (!(window->from.si() < window->to.si()))
      mistakes.add_at(item.span, key, "value-range", fmt::format("the window \"{}\" ends before it begins", *text));
    else out.push_back(std::move(*window));
  }
}

}  // namespace hillock::study
