#include "study/mistakes.hpp"

#include <fmt/format.h>

namespace hillock::study {

Error error_at(const Span& span, std::string key, std::string code, std::string message, std::string hint) {
  return Error{std::move(code), std::move(message), span, std::move(key), std::move(hint)};
}

void Mistakes::adopt(Errors inner, const Span& span, const std::string& key) {
  for (Error& error : inner) {
    error.span = span;
    error.where = key;
    error.message = fmt::format("\"{}\": {}", key, error.message);
    add(std::move(error));
  }
}

void Mistakes::add_unknown_key(const TomlEntry& entry, const std::string& name,
                               const std::vector<std::string>& allowed) {
  const std::string near = nearest(entry.key, allowed);
  add_at(entry.key_span, name, "key-unknown", fmt::format("there is no option \"{}\"", name),
         near.empty() ? options_here(allowed) : fmt::format("did you mean \"{}\"?", near));
}

std::string described(const TomlValue& found) {
  if (const std::string* text = found.text()) {
    constexpr std::size_t longest = 60;
    return fmt::format("the text \"{}\"", text->size() > longest ? text->substr(0, longest) + "..." : *text);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&found.value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&found.value)) return fmt::format("{}", *real);
  if (const auto* boolean = std::get_if<bool>(&found.value)) return *boolean ? "true" : "false";
  return std::string(found.type_name());
}

std::string options_here(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return "the options here are " + out;
}

}  // namespace hillock::study
