#pragma once
/// Bytes that can be made again, kept in a folder from one process to the next.
///
/// Processes may share a folder: every file appears whole or not at all. A file that is not exactly what was written
/// (cut short, changed, of another version, of another key) counts as absent and is removed. As what is kept may be
/// code, the folder and its files must belong to the user and be writable by nobody else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hillock::io {

class CodeCache {
 public:
  /// A cache in `folder`, which is made (0700) with the folders above it. Nothing where there can be none: no
  /// permission, not a folder, somebody else's or writable by others.
  [[nodiscard]] static std::optional<CodeCache> open(const std::string& folder, std::uint64_t most_bytes = 256U << 20U);

  /// What was kept under exactly this key.
  [[nodiscard]] std::optional<std::string> load(std::string_view key) const;
  /// Keeps `value`; where that fails, nothing is kept. Afterwards the files have `most_bytes` at most: those not asked
  /// for longest are removed. A value larger than that is not kept.
  void keep(std::string_view key, std::string_view value) const;

  /// The file of a key.
  [[nodiscard]] std::string path(std::string_view key) const;

 private:
  CodeCache(std::string folder, std::uint64_t most_bytes) : folder_(std::move(folder)), most_bytes_(most_bytes) {}
  void trim() const;
  std::string folder_;
  std::uint64_t most_bytes_;
};

}  // namespace hillock::io
