#pragma once
/// Quantities as a person writes them in an option.

#include <string_view>

#include "base/error.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

/// Whether `quantity` has the dimension of `unit` ("second"). Error code "unit-mismatch", at the quantity's origin.
[[nodiscard]] Result<void> check_dimension(const QuantityText& quantity, std::string_view unit);
[[nodiscard]] Result<void> check_dimension(const QuantityText& quantity, const units::Unit& unit);

/// A quantity given on the command line: `where` is the flag ("--duration").
[[nodiscard]] Result<QuantityText> read_quantity_text(std::string_view text, std::string_view where,
                                                      std::string_view unit);

}  // namespace hillock::study
