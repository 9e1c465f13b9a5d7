#pragma once
/// What goes to stdout and stderr.

#include <string_view>

#include "base/error.hpp"

namespace hillock::cli {

/// Errors as text on stderr and, where `json`, as {"errors": [...]} on stdout.
void say_errors(const Errors& errors, bool json);

/// To stdout. False where it could not be written (a full disk, a closed pipe).
[[nodiscard]] bool say(std::string_view text);

/// To stderr.
void remark(std::string_view text);

}  // namespace hillock::cli
