#pragma once
/// The verdict in about 25 lines, for the end of `hillock fit`.

#include <string>
#include <string_view>

#include "verify/verdict.hpp"

namespace hillock::report {

/// Lines of at most `width` columns (at least 40), ending in a newline. `color`: ANSI escapes for the status; nothing
/// depends on them. Control characters of names and texts are replaced. `folder`: where the files are; empty: no line
/// about it.
[[nodiscard]] std::string render_terminal(const verify::Verdict& verdict, bool color, int width,
                                          std::string_view folder = {});

}  // namespace hillock::report
