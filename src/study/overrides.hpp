#pragma once
/// `--set KEY=VALUE`: options from the command line, put over those of the study file.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "study/toml.hpp"

namespace hillock::study {

/// The file, in spans, of what was given with `--set`.
inline constexpr std::string_view from_command_line = "--set";

/// Puts what `given` ("search.starts=100") says into the tables of a study. Error codes "set-syntax", "toml-syntax".
void apply_override(TomlValue& root, const std::string& given, Errors& errors);

}  // namespace hillock::study
