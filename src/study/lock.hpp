#pragma once
/// study.lock.toml: a study with every option written out, and what it was made with: sha256 of the model and of each
/// recording, seed, version, instruction set, libraries. It is itself a study file: `hillock fit study.lock.toml`
/// gives the same bits, or refuses because a file has changed.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "study/resolved.hpp"
#include "study/toml.hpp"

namespace hillock::study {

/// What the study file does not say.
struct LockContext {
  LockFacts facts;
  std::vector<std::pair<std::string, std::string>> libraries;  ///< name, version
};

/// A file that the study reads, with the key that names it ("model.file", "data.train.file").
struct StudyFile {
  std::string key;
  PathText path;
  std::string sha256;  ///< hex
};

/// The model and the recordings, hashed. Error codes of io/whole_file.hpp, all at once.
[[nodiscard]] Result<std::vector<StudyFile>> hash_files(const ResolvedStudy& study);

/// The text of study.lock.toml.
[[nodiscard]] std::string lock_text(const ResolvedStudy& study, const std::vector<StudyFile>& files,
                                    const LockContext& context);

/// sha256 over everything that the numbers depend on (options, file contents, version, instruction set; not the name,
/// the results folder, or the report's options): whether a checkpoint belongs to this study.
[[nodiscard]] std::string fingerprint(const ResolvedStudy& study, const std::vector<StudyFile>& files,
                                      const LockContext& context);

/// Where `root` is a lock file, fills `study.lock` and compares the files with their hashes; else does nothing. A file
/// that was replaced by `--set` is not compared. Error codes "lock-file-changed", "lock-syntax".
[[nodiscard]] Result<void> check_lock(const TomlValue& root, ResolvedStudy& study);

}  // namespace hillock::study
