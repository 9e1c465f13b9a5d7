#pragma once
/// The page's style sheets, scripts and licence texts, compiled in (see embed.cmake).

#include <span>
#include <string_view>

namespace hillock::report {

struct Asset {
  std::string_view name;  ///< "report_css", "report_js", "theme_js", "uplot_js", ...
  std::string_view text;
  std::string_view sha256;  ///< hex, of the text
};

/// All of them (written by embed.cmake).
[[nodiscard]] std::span<const Asset> assets();

}  // namespace hillock::report
