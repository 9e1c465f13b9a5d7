#pragma once
/// Physical dimensions and units.
///
/// Inside Hillock every number is in coherent SI units (mV is 1e-3 V); a Unit is what a person writes and reads:
/// a dimension, the factor to SI, and a name.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::units {

/// Exponents of metre, kilogram, second, ampere, kelvin, mole, candela. Fractions occur (xi is second**-0.5).
struct Dimension {
  std::array<double, 7> exponents{};
  friend bool operator==(const Dimension& a, const Dimension& b);
  [[nodiscard]] bool dimensionless() const;
};
[[nodiscard]] Dimension operator*(const Dimension& a, const Dimension& b);
[[nodiscard]] Dimension operator/(const Dimension& a, const Dimension& b);
[[nodiscard]] Dimension power(const Dimension& a, double exponent);
/// "volt", "siemens metre^-2", "1" for dimensionless: the shortest familiar name, for messages.
[[nodiscard]] std::string describe(const Dimension& d);

/// A unit as written: `value_in_si = value * factor + offset`. Only degC has an offset.
struct Unit {
  std::string name = "1";  ///< as written, e.g. "mV" or "uS/cm**2"
  Dimension dimension;
  double factor = 1.0;
  double offset = 0.0;
  [[nodiscard]] double to_si(double value) const { return value * factor + offset; }
  [[nodiscard]] double from_si(double si) const { return (si - offset) / factor; }
};

/// A number with its unit, as in "5 ms", "-80*mV", "1000/ms", "21.3 degC", "3".
struct Quantity {
  double value = 0.0;  ///< in `unit`
  Unit unit;
  [[nodiscard]] double si() const { return unit.to_si(value); }
};

/// Brian 2's unit names with all SI prefixes and powers 2/3 ("mV", "msecond", "cm2", "uS", "kHz", "mM"), and degC.
/// nullptr when there is none of that name. Thread-safe; the table is built once.
[[nodiscard]] const Unit* find_unit(std::string_view name);
/// Every name that `find_unit` knows, for suggestions.
[[nodiscard]] const std::vector<std::string>& unit_names();
/// A unit expression: `1/ms`, `uS/cm**2`, `volt`, `mV*second**-1`, `1`. Error code "unit-unknown" or "unit-syntax".
[[nodiscard]] Result<Unit> parse_unit(std::string_view text);
/// A quantity text. Error codes "quantity-syntax", "unit-unknown".
[[nodiscard]] Result<Quantity> parse_quantity(std::string_view text);
/// A unit for showing values of this dimension: `preferred` if it fits, else SI.
[[nodiscard]] Unit display_unit(const Dimension& d);

}  // namespace hillock::units
