#pragma once
/// `hillock help`, on one page.

#include <string_view>

namespace hillock::cli {

[[nodiscard]] std::string_view help_page();

}  // namespace hillock::cli
