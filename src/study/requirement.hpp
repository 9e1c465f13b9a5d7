#pragma once
/// `--require STATUS`: the least verdict that the caller takes for success.

#include <string_view>

#include "base/error.hpp"
#include "verify/verdict.hpp"

namespace hillock::study {

/// "consistent" and so on. Error code "status-unknown", with the nearest.
[[nodiscard]] Result<verify::Status> parse_status(std::string_view text);

/// Whether `found` is at least `wanted`: nothing where it is, else an error that says both. Code "requirement-not-met".
[[nodiscard]] Result<void> require_status(verify::Status wanted, const verify::Verdict& found);

}  // namespace hillock::study
