// Any text as a study file, and behind its first NUL, line by line, as `--set`: a study, or errors that can be shown.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "study/read_study.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hillock;
  std::string_view text(reinterpret_cast<const char*>(data), size), given;
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    given = text.substr(nul + 1);
    text = text.substr(0, nul);
  }
  std::vector<std::string> overrides;
  for (std::size_t at = 0; at < given.size();) {
    const std::size_t end = std::min(given.find('\n', at), given.size());
    overrides.emplace_back(given.substr(at, end - at));
    at = end + 1;
  }
  const auto study = study::resolve_study(text, "/nowhere/study.toml", overrides);
  if (study) return 0;
  if (study.error().empty()) std::abort();
  for (const Error& error : study.error())
    if (render(error).empty()) std::abort();
  return 0;
}
