#pragma once
/// Values of one name in turn, as a person writes them: FROM:TO:COUNT, FROM:TO:COUNT:log.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::study {

struct Sweep {
  std::string from, to;  ///< as written: quantities
  std::size_t count = 1;
  bool logarithmic = false;
};

/// A value that is none of one number.
[[nodiscard]] inline bool is_sweep(std::string_view text) { return text.find(':') != std::string_view::npos; }

/// @param most  values
/// Error code "sweep-syntax", whose message has neither place nor hint.
[[nodiscard]] Result<Sweep> read_sweep(std::string_view text, std::size_t most);

/// Both ends and what is evenly between them, or in even ratios, which ends above 0 have.
[[nodiscard]] std::vector<double> values_of(const Sweep& sweep, double from, double to);

}  // namespace hillock::study
