#include "study/read_study.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "io/whole_file.hpp"
#include "study/lock.hpp"
#include "study/options.hpp"
#include "study/quantity_text.hpp"
#include "study/toml.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view from_command_line = "--set";
constexpr std::size_t largest_study = 4U << 20U;

std::string joined(const std::vector<std::string_view>& words, std::string_view between) {
  std::string out;
  for (const std::string_view word : words)
    out += (out.empty() ? std::string() : std::string(between)) + std::string(word);
  return out;
}

/// Text that begins as a number does: a quantity or an expression, where a name would be an array.
bool looks_like_number(std::string_view text) {
  return !text.empty() && (std::string_view("0123456789+-.(").find(text.front()) != std::string_view::npos);
}

class StudyReader {
 public:
  StudyReader(std::string file, fs::path folder) : file_(std::move(file)), folder_(std::move(folder)) {}

  ResolvedStudy read(const TomlValue& root) {
    study_.file = file_;
    study_.folder = folder_.string();
    const TomlValue* data = nullptr;
    for (const TomlEntry& entry : *root.table()) {
      if (entry.key == "lock") continue;  // lock.hpp reads it
      if (entry.key == "data") data = &entry.value;
      else section(entry);
    }
    if (data != nullptr) splits(*data);
    missing(study_options(), "", seen_, study_);
    if (study_.data.empty() || study_.data.front().name != "train")
      add(Error{"key-missing", "a study needs a recording to fit: the section [data.train]", whole_file(), "data.train",
                "[data.train] with file = \"...\" and observe.NAME = \"...\"; `hillock data FILE` writes it for you"});
    finish();
    return std::move(study_);
  }

  Errors errors;

 private:
  // ---- walking the tables -------------------------------------------------------------------------------------

  void section(const TomlEntry& entry) {
    std::vector<std::string> sections{"data"};
    for (const auto& option : study_options()) {
      const std::string name(option.key.substr(0, option.key.find('.')));
      if (std::ranges::find(sections, name) == sections.end()) sections.push_back(name);
    }
    if (std::ranges::find(sections, entry.key) == sections.end()) {
      Error error = at(entry.key_span, entry.key, "key-unknown",
                       entry.value.table() != nullptr ? fmt::format("there is no section [{}]", entry.key)
                                                      : fmt::format("there is no key \"{}\"", entry.key));
      const std::string near = nearest(entry.key, sections);
      std::string all;
      for (const std::string& name : sections) all += (all.empty() ? "[" : ", [") + name + "]";
      error.hint = near.empty() ? "the sections are " + all : fmt::format("did you mean [{}]?", near);
      add(std::move(error));
      return;
    }
    walk(entry, "", study_options(), study_, seen_, "");
  }

  /// Reads one entry against the rows. `shown` precedes a row's key in messages ("data.train.").
  template <class Owner>
  void walk(const TomlEntry& entry, const std::string& prefix, const std::vector<Option<Owner>>& rows, Owner& owner,
            std::vector<std::string>& seen, const std::string& shown) {
    const std::string key = prefix + entry.key;
    const auto row = std::ranges::find(rows, key, &Option<Owner>::key);
    if (row != rows.end()) {
      seen.push_back(key);
      std::visit([&](auto field) { value(entry, shown + key, *row, field(owner)); }, row->field);
      return;
    }
    const bool on_the_way =
        std::ranges::any_of(rows, [&](const auto& option) { return option.key.starts_with(key + "."); });
    if (on_the_way) {
      if (entry.value.table() == nullptr) {
        add(at(entry.value.span, shown + key, "value-type",
               fmt::format("\"{}\" is a table of options, found {}", shown + key, entry.value.type_name()),
               fmt::format("see `hillock help options {}`", shown.empty() ? key : "data")));
        return;
      }
      for (const TomlEntry& below : *entry.value.table()) walk(below, key + ".", rows, owner, seen, shown);
      return;
    }
    unknown_key(entry, prefix, rows, shown);
  }

  template <class Owner>
  void unknown_key(const TomlEntry& entry, const std::string& prefix, const std::vector<Option<Owner>>& rows,
                   const std::string& shown) {
    std::vector<std::string> here, everywhere;
    for (const auto& option : rows) {
      const std::string key(option.key);
      everywhere.push_back(key);
      if (!key.starts_with(prefix)) continue;
      const std::string rest = key.substr(prefix.size());
      const std::string name = rest.substr(0, rest.find('.'));
      if (std::ranges::find(here, name) == here.end()) here.push_back(name);
    }
    Error error = at(entry.key_span, shown + prefix + entry.key, "key-unknown",
                     fmt::format("there is no option \"{}{}{}\"", shown, prefix, entry.key));
    std::string near = nearest(entry.key, here);
    if (!near.empty()) near = shown + prefix + near;
    if (near.empty()) {  // the right name in the wrong section
      for (const auto& option : study_options())
        if (option.key.substr(option.key.rfind('.') + 1) == entry.key) near = std::string(option.key);
    }
    if (!near.empty()) error.hint = fmt::format("did you mean \"{}\"?", near);
    else {
      std::vector<std::string_view> names(here.begin(), here.end());
      error.hint = fmt::format("the options here are {}", joined(names, ", "));
    }
    add(std::move(error));
  }

  void splits(const TomlValue& data) {
    if (data.table() == nullptr) {
      add(at(data.span, "data", "value-type",
             fmt::format("\"data\" is a table of recordings, found {}", data.type_name()),
             "[data.train] with file = \"...\""));
      return;
    }
    for (const TomlEntry& entry : *data.table()) {
      const std::string shown = "data." + entry.key;
      if (entry.value.table() == nullptr) {
        const bool is_option = std::ranges::any_of(split_options(), [&](const auto& o) { return o.key == entry.key; });
        add(at(entry.key_span, shown, "value-type",
               fmt::format("\"{}\" is the name of a recording, a table; found {}", shown, entry.value.type_name()),
               is_option ? fmt::format("write it in the section [data.train]: {} = ...", entry.key)
                         : fmt::format("[{}] with file = \"...\"", shown)));
        continue;
      }
      DataSplit split;
      split.name = entry.key;
      split.origin = {shown, entry.key_span};
      std::vector<std::string> seen;
      for (const TomlEntry& below : *entry.value.table()) walk(below, "", split_options(), split, seen, shown + ".");
      missing(split_options(), shown + ".", seen, split);
      if (split.sampling_interval && !split.time.empty())
        add(split.sampling_interval->origin.error(
            "value-choice", fmt::format("\"{0}.time\" and \"{0}.sampling_interval\" are both given", shown),
            "keep one of them"));
      if (!split.mask.after_steps && split.mask.step_threshold)
        add(split.mask.step_threshold->origin.error(
            "key-missing", fmt::format("\"{0}.mask.step_threshold\" is given without \"{0}.mask.after_steps\"", shown),
            fmt::format("{}.mask.after_steps = \"5 ms\"", shown)));
      const auto place = split.name == "train" ? study_.data.begin() : study_.data.end();
      study_.data.insert(place, std::move(split));
    }
  }

  template <class Owner>
  void missing(const std::vector<Option<Owner>>& rows, const std::string& shown, const std::vector<std::string>& seen,
               const Owner&) {
    for (const auto& option : rows) {
      if (!option.limits.required || std::ranges::find(seen, option.key) != seen.end()) continue;
      const std::string key = shown + std::string(option.key) + (takes_names(option) ? ".NAME" : "");
      add(Error{"key-missing", fmt::format("\"{}\" is missing: {}", key, option.sentence), whole_file(), key,
                fmt::format("{} = \"...\"", key)});
    }
  }

  // ---- values, one overload per type of field -----------------------------------------------------------------

  template <class Owner>
  void wrong_type(const TomlValue& found, const std::string& key, const Option<Owner>& option) {
    add(at(found.span, key, "value-type",
           fmt::format("\"{}\" must be {}, found {}", key, expected(option), described(found))));
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, std::string& out) {
    const std::string* text = entry.value.text();
    if (text == nullptr) return wrong_type(entry.value, key, option);
    const auto& choices = option.limits.choices;
    if (!choices.empty() && std::ranges::find(choices, *text) == choices.end()) {
      const std::string near = nearest(*text, {choices.begin(), choices.end()});
      add(at(entry.value.span, key, "value-choice",
             fmt::format("\"{}\" must be {}, found \"{}\"", key, expected(option), *text),
             near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)));
      return;
    }
    if (text->empty()) {
      add(at(entry.value.span, key, "value-range", fmt::format("\"{}\" is empty", key),
             "leave the key out for its default"));
      return;
    }
    out = *text;
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, std::int64_t& out) {
    double number = 0.0;
    if (const auto* whole = std::get_if<std::int64_t>(&entry.value.value)) number = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&entry.value.value); real != nullptr && std::floor(*real) == *real)
      number = *real;
    else return wrong_type(entry.value, key, option);
    if (!(number >= option.limits.low && number <= option.limits.high)) return out_of_range(entry.value, key, option);
    const auto* whole = std::get_if<std::int64_t>(&entry.value.value);
    out = whole != nullptr ? *whole : static_cast<std::int64_t>(number);
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, double& out) {
    double number = 0.0;
    if (const auto* whole = std::get_if<std::int64_t>(&entry.value.value)) number = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&entry.value.value)) number = *real;
    else return wrong_type(entry.value, key, option);
    const Limits& limits = option.limits;
    const bool inside =
        limits.open ? number > limits.low && number < limits.high : number >= limits.low && number <= limits.high;
    if (!inside) return out_of_range(entry.value, key, option);
    out = number;
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, bool& out) {
    if (const auto* boolean = std::get_if<bool>(&entry.value.value)) out = *boolean;
    else wrong_type(entry.value, key, option);
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, PathText& out) {
    const std::string* text = entry.value.text();
    if (text == nullptr || text->empty()) return wrong_type(entry.value, key, option);
    out.given = *text;
    out.origin = {key, entry.value.span};
    fs::path path = folder_ / fs::path(*text);
    std::error_code ignored;
    if (!fs::exists(path, ignored) && entry.value.span.file == from_command_line && fs::exists(*text, ignored))
      path = fs::absolute(*text);
    out.absolute = path.lexically_normal().string();
    if (fs::is_directory(out.absolute, ignored)) {
      add(at(entry.value.span, key, "file-missing", fmt::format("\"{}\" is a folder, not a file", *text)));
    } else if (!fs::exists(out.absolute, ignored)) {
      add(at(entry.value.span, key, "file-missing", fmt::format("there is no file {}", out.absolute),
             file_hint(out.absolute)));
    }
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::optional<QuantityText>& out) {
    QuantityText quantity;
    if (!read_quantity(entry.value, key, expected(option), quantity)) return;
    if (!option.limits.dimension.empty() && !has_dimension(quantity, option.limits.dimension)) return;
    if (option.limits.open && !(quantity.si() > option.limits.low)) return out_of_range(entry.value, key, option);
    out = std::move(quantity);
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, std::vector<PriorText>& out) {
    for_names(entry, key, "a parameter", [&](const TomlEntry& below, const std::string& name) {
      if (below.value.text() == nullptr) return wrong_type(below.value, name, option);
      out.push_back({below.key, *below.value.text(), {name, below.value.span}});
    });
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::vector<NamedQuantity>& out) {
    for_names(entry, key, "a name of the model", [&](const TomlEntry& below, const std::string& name) {
      NamedQuantity named{below.key, {}};
      if (read_quantity(below.value, name, expected(option), named.value)) out.push_back(std::move(named));
    });
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option, std::vector<Observed>& out) {
    for_names(entry, key, "an observation of the model", [&](const TomlEntry& below, const std::string& name) {
      Observed observed{below.key, {}, {name, below.value.span}};
      if (const std::string* text = below.value.text(); text != nullptr && !text->empty())
        observed.source.array = *text;
      else if (below.value.table() == nullptr) return wrong_type(below.value, name, option);
      else if (!array_table(below.value, name, {"array", "unit"}, observed.source, nullptr)) return;
      out.push_back(std::move(observed));
    });
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::vector<ConstantSource>& out) {
    for_names(entry, key, "a constant of the model", [&](const TomlEntry& below, const std::string& name) {
      ConstantSource constant{below.key, ArrayRef{}, {name, below.value.span}};
      const std::string* text = below.value.text();
      if (below.value.table() != nullptr) {
        ArrayRef source;
        if (!array_table(below.value, name, {"array", "unit"}, source, nullptr)) return;
        constant.source = std::move(source);
      } else if (text != nullptr && !text->empty() && !looks_like_number(*text)) {
        constant.source = ArrayRef{*text, std::nullopt};
      } else {
        QuantityText quantity;
        if (!read_quantity(below.value, name, expected(option), quantity)) return;
        constant.source = std::move(quantity);
      }
      out.push_back(std::move(constant));
    });
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::vector<InputSource>& out) {
    for_names(entry, key, "an input of the model", [&](const TomlEntry& below, const std::string& name) {
      InputSource input{below.key, SampledInput{}, {name, below.value.span}};
      const std::string* text = below.value.text();
      if (text != nullptr && looks_like_number(*text)) {
        input.source = std::vector<Piece>{{std::nullopt, *text, input.origin}};
      } else if (text != nullptr && !text->empty()) {
        input.source = SampledInput{{*text, std::nullopt}};
      } else if (below.value.table() == nullptr) {
        return wrong_type(below.value, name, option);
      } else if (std::ranges::find(*below.value.table(), "pieces", &TomlEntry::key) != below.value.table()->end()) {
        std::vector<Piece> pieces;
        if (!pieces_table(below.value, name, pieces)) return;
        input.source = std::move(pieces);
      } else {
        SampledInput sampled;
        if (!array_table(below.value, name, {"array", "unit", "interpolation"}, sampled.source, &sampled.interpolation))
          return;
        input.source = std::move(sampled);
      }
      out.push_back(std::move(input));
    });
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::vector<MaskSamples>& out) {
    if (entry.value.array() == nullptr) return wrong_type(entry.value, key, option);
    for (const TomlValue& item : *entry.value.array()) {
      if (item.text() == nullptr) {
        wrong_type(item, key, option);
        continue;
      }
      auto window = data::parse_sample_window(*item.text());
      if (window) out.push_back({*window, *item.text()});
      else adopt(std::move(window.error()), item.span, key);
    }
  }

  template <class Owner>
  void value(const TomlEntry& entry, const std::string& key, const Option<Owner>& option,
             std::vector<MaskWindow>& out) {
    if (entry.value.array() == nullptr) return wrong_type(entry.value, key, option);
    for (const TomlValue& item : *entry.value.array()) {
      const std::string* text = item.text();
      const std::size_t colon = text == nullptr ? std::string::npos : text->find(':');
      if (colon == std::string::npos) {
        add(at(item.span, key, "window-syntax",
               fmt::format("a window of time is \"from : to\", found {}", described(item)), "\"250.1 ms : 255.1 ms\""));
        continue;
      }
      MaskWindow window;
      const std::size_t before = errors.size();
      const auto side = [&](std::string_view part, QuantityText& quantity) {
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        const TomlValue value{std::string(part), item.span};
        if (read_quantity(value, key, "a time such as \"250.1 ms\"", quantity)) (void)has_dimension(quantity, "second");
      };
      side(std::string_view(*text).substr(0, colon), window.from);
      side(std::string_view(*text).substr(colon + 1), window.to);
      if (errors.size() != before) continue;
      if (!(window.from.si() < window.to.si()))
        add(at(item.span, key, "value-range", fmt::format("the window \"{}\" ends before it begins", *text)));
      else out.push_back(std::move(window));
    }
  }

  // ---- parts of values ----------------------------------------------------------------------------------------

  template <class Each>
  void for_names(const TomlEntry& entry, const std::string& key, std::string_view name_of, const Each& each) {
    if (entry.value.table() == nullptr) {
      add(at(
          entry.value.span, key, "value-type",
          fmt::format("\"{}\" is a table with {} before each value, found {}", key, name_of, entry.value.type_name()),
          fmt::format("{}.NAME = ...", key)));
      return;
    }
    for (const TomlEntry& below : *entry.value.table()) each(below, key + "." + below.key);
  }

  /// { array = "...", unit = "...", interpolation = "..." }
  bool array_table(const TomlValue& found, const std::string& key, const std::vector<std::string>& allowed,
                   ArrayRef& out, std::string* interpolation) {
    const std::size_t before = errors.size();
    bool has_array = false;
    for (const TomlEntry& entry : *found.table()) {
      const std::string name = key + "." + entry.key;
      if (std::ranges::find(allowed, entry.key) == allowed.end()) {
        unknown_part(entry, name, allowed);
        continue;
      }
      const std::string* text = entry.value.text();
      if (text == nullptr || text->empty()) {
        add(at(entry.value.span, name, "value-type",
               fmt::format("\"{}\" must be text, found {}", name, described(entry.value))));
        continue;
      }
      if (entry.key == "array") {
        out.array = *text;
        has_array = true;
      } else if (entry.key == "unit") {
        auto unit = units::parse_unit(*text);
        if (unit) out.unit = *unit;
        else adopt(std::move(unit.error()), entry.value.span, name);
      } else if (*text == "linear" || *text == "previous") {
        *interpolation = *text;
      } else {
        add(at(entry.value.span, name, "value-choice",
               fmt::format("\"{}\" must be one of \"linear\", \"previous\", found \"{}\"", name, *text)));
      }
    }
    if (!has_array && errors.size() == before)
      add(at(found.span, key, "key-missing", fmt::format("\"{}\" names no array", key), "{ array = \"...\" }"));
    return errors.size() == before;
  }

  bool pieces_table(const TomlValue& found, const std::string& key, std::vector<Piece>& out) {
    const std::size_t before = errors.size();
    for (const TomlEntry& entry : *found.table()) {
      if (entry.key != "pieces") {
        unknown_part(entry, key + "." + entry.key, {"pieces"});
        continue;
      }
      const TomlValue::Array* items = entry.value.array();
      if (items == nullptr || items->empty()) {
        add(at(entry.value.span, key, "value-type",
               fmt::format("\"{}.pieces\" must be a list of pieces, found {}", key,
                           items == nullptr ? described(entry.value) : "an empty list"),
               "pieces = [ { until = \"250 ms\", value = \"-80 mV\" }, { value = \"-120 mV\" } ]"));
        continue;
      }
      for (std::size_t i = 0; i < items->size(); ++i)
        piece((*items)[i], fmt::format("{}.pieces[{}]", key, i), i + 1 == items->size(), out);
    }
    for (std::size_t i = 1; i < out.size() && errors.size() == before; ++i)
      if (out[i].until && !(out[i - 1].until->si() < out[i].until->si()))
        add(out[i].until->origin.error("value-range",
                                       fmt::format("this piece ends at {}, but the one before it ends at {}",
                                                   out[i].until->text, out[i - 1].until->text),
                                       "pieces follow each other in time"));
    return errors.size() == before;
  }

  void piece(const TomlValue& item, const std::string& key, bool last, std::vector<Piece>& out) {
    if (item.table() == nullptr) {
      add(at(item.span, key, "value-type", fmt::format("\"{}\" must be a table, found {}", key, described(item)),
             "{ until = \"250 ms\", value = \"-80 mV\" }"));
      return;
    }
    Piece made;
    made.origin = {key, item.span};
    const std::size_t before = errors.size();
    for (const TomlEntry& entry : *item.table()) {
      const std::string name = key + "." + entry.key;
      if (entry.key == "until") {
        QuantityText until;
        if (read_quantity(entry.value, name, "a time such as \"250 ms\"", until) && has_dimension(until, "second"))
          made.until = std::move(until);
      } else if (entry.key == "value") {
        if (entry.value.text() != nullptr && !entry.value.text()->empty()) {
          made.value = *entry.value.text();
          made.origin = {name, entry.value.span};
        } else {
          add(at(entry.value.span, name, "value-type",
                 fmt::format("\"{}\" must be an expression of t in quotes, found {}", name, described(entry.value)),
                 "value = \"-80 mV\""));
        }
      } else {
        unknown_part(entry, name, {"until", "value"});
      }
    }
    if (errors.size() != before) return;
    if (made.value.empty())
      add(at(item.span, key, "key-missing", fmt::format("\"{}\" has no value", key), "value = \"-80 mV\""));
    else if (!made.until && !last)
      add(at(item.span, key, "key-missing",
             fmt::format("\"{}\" has no end; only the last piece may go on to the end", key), "until = \"250 ms\""));
    else out.push_back(std::move(made));
  }

  bool read_quantity(const TomlValue& found, const std::string& key, const std::string& wanted, QuantityText& out) {
    out.origin = {key, found.span};
    if (const std::string* text = found.text()) {
      auto quantity = units::parse_quantity(*text);
      if (!quantity) {
        adopt(std::move(quantity.error()), found.span, key);
        return false;
      }
      out.quantity = *quantity;
      out.text = *text;
      return true;
    }
    if (const auto* whole = std::get_if<std::int64_t>(&found.value)) out.quantity.value = static_cast<double>(*whole);
    else if (const auto* real = std::get_if<double>(&found.value)) out.quantity.value = *real;
    else {
      add(at(found.span, key, "value-type", fmt::format("\"{}\" must be {}, found {}", key, wanted, described(found))));
      return false;
    }
    out.text = fmt::format("{}", out.quantity.value);
    return true;
  }

  bool has_dimension(const QuantityText& quantity, std::string_view unit) {
    auto checked = check_dimension(quantity, unit);
    if (checked) return true;
    for (Error& error : checked.error()) add(std::move(error));
    return false;
  }

  // ---- errors -------------------------------------------------------------------------------------------------

  [[nodiscard]] Span whole_file() const {
    Span span;
    span.file = file_;
    return span;
  }

  static Error at(const Span& span, std::string key, std::string code, std::string message, std::string hint = {}) {
    return Error{std::move(code), std::move(message), span, std::move(key), std::move(hint)};
  }

  void add(Error error) { errors.push_back(std::move(error)); }

  /// Errors about a text within the study, at the text's place.
  void adopt(Errors inner, const Span& span, const std::string& key) {
    for (Error& error : inner) {
      error.span = span;
      error.where = key;
      error.message = fmt::format("\"{}\": {}", key, error.message);
      add(std::move(error));
    }
  }

  void unknown_part(const TomlEntry& entry, const std::string& name, const std::vector<std::string>& allowed) {
    const std::string near = nearest(entry.key, allowed);
    const std::vector<std::string_view> names(allowed.begin(), allowed.end());
    add(at(entry.key_span, name, "key-unknown", fmt::format("there is no option \"{}\"", name),
           near.empty() ? "the options here are " + joined(names, ", ") : fmt::format("did you mean \"{}\"?", near)));
  }

  template <class Owner>
  void out_of_range(const TomlValue& found, const std::string& key, const Option<Owner>& option) {
    add(at(found.span, key, "value-range",
           fmt::format("\"{}\" must be {}, found {}", key, expected(option), described(found))));
  }

  static std::string described(const TomlValue& found) {
    if (const std::string* text = found.text()) {
      constexpr std::size_t longest = 60;
      return fmt::format("the text \"{}\"", text->size() > longest ? text->substr(0, longest) + "..." : *text);
    }
    if (const auto* whole = std::get_if<std::int64_t>(&found.value)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&found.value)) return fmt::format("{}", *real);
    if (const auto* boolean = std::get_if<bool>(&found.value)) return *boolean ? "true" : "false";
    return std::string(found.type_name());
  }

  static std::string file_hint(const fs::path& path) {
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

  // ---- what the rows cannot say -------------------------------------------------------------------------------

  void finish() {
    if (study_.name.empty()) study_.name = folder_.filename().string();
    if (study_.name.empty()) study_.name = "study";
    if (study_.name.find('/') != std::string::npos || study_.name.front() == '.')
      add(Error{"value-range", fmt::format("\"study.name\" is the name of a folder, found \"{}\"", study_.name),
                whole_file(), "study.name", "a name without slashes that does not begin with a dot"});
    if (study_.results.empty()) study_.results = "results/" + study_.name;
    if (study_.report.title.empty()) study_.report.title = study_.name;
    if (study_.search.screen < study_.search.starts)
      add(Error{"value-range",
                fmt::format("\"search.screen\" is {}, fewer than the {} starts to choose from them",
                            study_.search.screen, study_.search.starts),
                whole_file(), "search.screen", fmt::format("search.screen = {}", study_.search.starts)});
    std::ranges::stable_sort(errors, {}, [&](const Error& error) {
      const bool of_file = !error.span || error.span->file != from_command_line;
      return std::tuple(of_file ? 0 : 1, error.span ? error.span->line : 0, error.span ? error.span->column : 0);
    });
  }

  std::string file_;
  fs::path folder_;
  ResolvedStudy study_;
  std::vector<std::string> seen_;
};

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
                     !std::is_same_v<T, std::vector<MaskSamples>> && !std::is_same_v<T, std::vector<MaskWindow>>;
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

}  // namespace

Result<ResolvedStudy> resolve_study(std::string_view text, const std::string& file,
                                    const std::vector<std::string>& overrides) {
  auto root = parse_toml(text, file);
  if (!root) return std::unexpected(std::move(root.error()));
  Errors errors;
  for (const std::string& given : overrides) apply_override(*root, given, errors);
  std::error_code ignored;
  StudyReader reader(file, fs::absolute(file, ignored).lexically_normal().parent_path());
  ResolvedStudy study = reader.read(*root);
  errors.insert(errors.begin(), reader.errors.begin(), reader.errors.end());
  if (!errors.empty()) return fail(std::move(errors));
  auto locked = check_lock(*root, study);
  if (!locked) return std::unexpected(std::move(locked.error()));
  return study;
}

Result<ResolvedStudy> read_study(const std::string& path, const std::vector<std::string>& overrides) {
  std::string file = path;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) file = (fs::path(path) / "study.toml").string();
  if (!fs::exists(file, ignored)) {
    if (file != path) return fail("file-missing", "this folder has no study.toml", path, "name the study file itself");
    return fail("file-missing", "there is no such file", path, "`hillock new NAME` makes a study folder to start from");
  }
  auto text = io::read_whole(file, largest_study);
  if (!text) return std::unexpected(std::move(text.error()));
  return resolve_study(*text, file, overrides);
}

}  // namespace hillock::study
