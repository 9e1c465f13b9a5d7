#pragma once
/// From a study file and `--set` overrides to a ResolvedStudy. Every mistake is reported at once, with its place.
///
/// Error codes: "file-missing", "toml-syntax", "key-unknown", "key-missing", "value-type", "value-range",
/// "value-choice", "unit-mismatch", "unit-unknown", "quantity-syntax", "window-syntax", "set-syntax", and those of
/// lock.hpp for a study.lock.toml.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// Reads the study at `path`, a file or a folder with a study.toml in it. `overrides` are the "key=value" texts of
/// `--set`, applied in order; a text value needs no quotes. A path given by `--set` is looked for beside the study
/// file first, then in the working directory.
[[nodiscard]] Result<ResolvedStudy> read_study(const std::string& path, const std::vector<std::string>& overrides);

/// The same for a text that is already in memory; `file` is its name and says where relative paths start.
[[nodiscard]] Result<ResolvedStudy> resolve_study(std::string_view text, const std::string& file,
                                                  const std::vector<std::string>& overrides);

}  // namespace hillock::study
