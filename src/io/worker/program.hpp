#pragma once
/// Which file a command runs, and what to try where there is none.

#include <string>
#include <vector>

#include "base/error.hpp"

namespace hillock::io::worker {

/// The absolute path of `command[0]`: with a slash in it relative to `folder`, else looked for in PATH. Never a shell.
/// Error codes, at "model.command": "command-empty", "program-missing" (with the nearest file),
/// "program-not-executable".
[[nodiscard]] Result<std::string> find_program(const std::vector<std::string>& command, const std::string& folder);

}  // namespace hillock::io::worker
