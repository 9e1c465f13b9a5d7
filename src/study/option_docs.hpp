#pragma once
/// The table of options as text: for the terminal, and docs/reference/options.md.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace hillock::study {

/// docs/reference/options.md.
[[nodiscard]] std::string options_markdown();

/// `hillock help options [PREFIX]`: the options whose key begins with `prefix` ("search", "data.train.mask"; empty:
/// all). Error code "key-unknown", with the nearest.
[[nodiscard]] Result<std::string> options_help(std::string_view prefix);

}  // namespace hillock::study
