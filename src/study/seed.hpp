#pragma once
/// A seed as typed. Apart from what uses it, so that the program that reads the command line stays small.

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace hillock::study {

/// The seed of noise in equations: a whole number below 2^52. Error code "value-range".
[[nodiscard]] Result<std::int64_t> parse_seed(std::string_view text);

}  // namespace hillock::study
