#pragma once
/// Another program, run to its end.

#include <string>
#include <vector>

namespace hillock::bench {

struct ChildResult {
  int exit_code = -1;  ///< -1: it could not be started, or a signal ended it
  std::string out;     ///< what it wrote to stdout
  std::string err;     ///< and to stderr
  double wall_s = 0.0;
  double cpu_s = 0.0;    ///< of all its threads, user and system
  double peak_mb = 0.0;  ///< most memory that it held at a time; never below the most that we have held
};

/// Runs `command[0]`, a path, with the rest as arguments, in the current directory.
[[nodiscard]] ChildResult run_child(const std::vector<std::string>& command);

/// The number after the first `words` of what a program said, spaces between; NaN where there is none.
[[nodiscard]] double number_after(const std::string& said, const std::string& words);

}  // namespace hillock::bench
