#pragma once
/// The mistakes of a study file, each with its key and its place.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "study/toml.hpp"

namespace hillock::study {

[[nodiscard]] Error error_at(const Span& span, std::string key, std::string code, std::string message,
                             std::string hint = {});

class Mistakes {
 public:
  void add(Error error) { errors_.push_back(std::move(error)); }
  void add_at(const Span& span, std::string key, std::string code, std::string message, std::string hint = {}) {
    add(error_at(span, std::move(key), std::move(code), std::move(message), std::move(hint)));
  }
  /// Errors about a text within the study, at the text's place.
  void adopt(Errors inner, const Span& span, const std::string& key);
  /// A key of an inline table that is none of the `allowed` ones; `name` is the whole key.
  void add_unknown_key(const TomlEntry& entry, const std::string& name, const std::vector<std::string>& allowed);

  /// Whether one of them is about `key`.
  [[nodiscard]] bool has(std::string_view key) const {
    return std::ranges::find(errors_, key, &Error::where) != errors_.end();
  }
  [[nodiscard]] std::size_t count() const { return errors_.size(); }
  [[nodiscard]] Errors take() { return std::move(errors_); }

 private:
  Errors errors_;
};

/// A value in a message: "the text "abc"", "2.5", "a list".
[[nodiscard]] std::string described(const TomlValue& found);
/// A hint: "the options here are starts, screen".
[[nodiscard]] std::string options_here(const std::vector<std::string>& names);

}  // namespace hillock::study
