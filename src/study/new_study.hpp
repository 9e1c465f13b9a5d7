#pragma once
/// `hillock new`: a study folder to start from, which runs as it is.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "study/answer.hpp"

namespace hillock::study {

/// One file of the new folder.
struct NewFile {
  std::string name;
  std::string content;
};

/// README.md, study.toml, channel.model, train.csv, test.csv. The recordings are made up: the model's own exact
/// solution under steps of voltage, with white noise from a fixed seed, so that a fit has something to find.
[[nodiscard]] std::vector<NewFile> new_study_files(std::string_view name);

/// Writes them into the folder `path`, which must not exist or be empty. Error codes: "folder-not-empty",
/// "name-invalid", and those of io/whole_file.hpp.
[[nodiscard]] Result<Answer> new_study(const std::string& path);

}  // namespace hillock::study
