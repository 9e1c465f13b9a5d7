#include "study/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace hillock::study {

Terminal terminal_on(int descriptor) {
  Terminal out;
  const char* term = std::getenv("TERM");
  out.interactive = ::isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb";
  const char* plain = std::getenv("NO_COLOR");
  out.color = out.interactive && (plain == nullptr || *plain == '\0');
  winsize size{};
  if (out.interactive && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) out.width = size.ws_col;
  return out;
}

}  // namespace hillock::study
