#pragma once
/// From a value of a study file to the field of its option: one overload per type of field. (Those that only a
/// recording has: read_recording.hpp.)

#include <functional>

#include "study/mistakes.hpp"
#include "study/options.hpp"

namespace hillock::study {

/// What an option asks for.
struct Wanted {
  const Limits& limits;
  std::string words;   ///< `expected` of the option, for messages
  std::string folder;  ///< where relative paths start
};

// `key` is the option's whole key, `out` its field, which holds the default.

void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::string& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::int64_t& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, double& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, bool& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, PathText& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&,
                std::optional<QuantityText>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::vector<PriorText>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&,
                std::vector<NamedQuantity>& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, TextList& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, ClockTime& out);
void read_value(const TomlValue& found, const std::string& key, const Wanted&, Mistakes&, std::vector<ListedText>& out);

// Parts of values. False: there was a mistake.

[[nodiscard]] bool read_quantity(const TomlValue& found, const std::string& key, const std::string& wanted,
                                 Mistakes& mistakes, QuantityText& out);
[[nodiscard]] bool has_dimension(const QuantityText& quantity, std::string_view unit, Mistakes& mistakes);
/// `key.NAME = value`, for each: `name` is its whole key; `name_of` says what NAME is.
void for_names(const TomlValue& found, const std::string& key, std::string_view name_of, Mistakes& mistakes,
               const std::function<void(const TomlEntry& below, const std::string& name)>& each);

void wrong_type(const TomlValue& found, const std::string& key, const Wanted& wanted, Mistakes& mistakes);

}  // namespace hillock::study
