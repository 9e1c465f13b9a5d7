#pragma once
/// What a person's screen is like.

namespace hillock::study {

struct Terminal {
  bool interactive = false;  ///< a terminal that moves its cursor; else a file, a pipe, or TERM=dumb
  bool color = false;        ///< interactive, and NO_COLOR (no-color.org) is not set
  int width = 0;             ///< columns; 0: not known
};

/// Of a file descriptor of this process.
[[nodiscard]] Terminal terminal_on(int descriptor);

}  // namespace hillock::study
