#pragma once
/// Reads the #includes of a source tree and says which of them layers.toml does not allow.

#include <filesystem>
#include <string>
#include <vector>

namespace hillock::layers {

/// Every breach of `layers_file` (layers.toml) by the files under `source` (src/), one sentence each, sorted:
///  - an #include of a room, or of a library, that the file's room may not use there;
///  - a file that uses a library private to its room and is seen from another room;
///  - files that include each other in a circle;
///  - a room without a README.md, or with one of more than 30 lines;
///  - a file whose name contains "utils";
///  - a folder that is no room, and rooms of layers.toml that include each other in a circle.
[[nodiscard]] std::vector<std::string> breaches(const std::filesystem::path& source,
                                                const std::filesystem::path& layers_file);

}  // namespace hillock::layers
