#pragma once
/// The command line: arguments in, text and an exit code out.
///
/// Exit codes: 0 it ran (whatever the verdict); 1 the input is wrong; 2 wrong usage; 3 `--require` is not met; 70 a bug
/// in Hillock; 130 interrupted. Under --json, stdout holds exactly one JSON document, whatever happens.

#include <string>
#include <vector>

#include "study/pipeline.hpp"

namespace hillock::cli {

enum ExitCode : int {
  exit_ran = 0,
  exit_input = 1,
  exit_usage = 2,
  exit_requirement = 3,
  exit_bug = 70,
  exit_interrupted = 130,
};

/// Runs one command; writes to stdout and stderr. `arguments` are without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& arguments, const study::Pipeline& pipeline);

}  // namespace hillock::cli
