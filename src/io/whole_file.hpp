#pragma once
/// Files are written whole: under their real name stands the old content or the new, never half of either, whatever
/// happens to the program or the machine in between.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace hillock::io {

/// Writes `bytes` to `path`: a temporary name in the same folder, fsync, rename, fsync of the folder. On failure the
/// temporary file is removed and what was under `path` is untouched.
/// Error codes: "folder-missing", "not-writable", "disk-full", "write-failed" (the system's reason in words).
[[nodiscard]] Result<void> write_whole(const std::string& path, std::string_view bytes);

/// Appends `line` and a newline to `path` in one write, then fsync; creates the file. `line` holds no newline. Same
/// error codes.
[[nodiscard]] Result<void> append_line(const std::string& path, std::string_view line);

/// The bytes of a file of at most `max_bytes`.
/// Error codes: "file-missing", "file-unreadable" (a folder, no permission), "file-too-large".
[[nodiscard]] Result<std::string> read_whole(const std::string& path, std::size_t max_bytes);

/// The largest input file that readers take: 4 GiB.
inline constexpr std::size_t largest_input = std::size_t{4} << 30U;

/// Writes all bytes to an open file descriptor. Returns 0 or errno.
[[nodiscard]] int write_all(int descriptor, std::string_view bytes);

}  // namespace hillock::io
