#pragma once
/// SHA-256 (FIPS 180-4), the name by which a study knows its files.

#include <string>
#include <string_view>

namespace hillock::io {

/// The digest of the bytes as 64 hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace hillock::io
