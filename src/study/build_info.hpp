#pragma once
/// What this program was built from.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hillock::study {

[[nodiscard]] std::string_view version();  ///< "0.1.0"
[[nodiscard]] std::string_view build();    ///< git describe, or "unknown"
/// Compiler and libraries that numbers may depend on: name, version.
[[nodiscard]] const std::vector<std::pair<std::string, std::string>>& libraries();

}  // namespace hillock::study
