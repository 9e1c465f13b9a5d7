#pragma once
/// The units by name, with the power of ten that leads to SI.
///
/// Every unit of Brian 2's default namespace is 10^n SI units, n whole. Keeping n instead of 10^n makes a compound such
/// as uS/cm**2 exact: 10^(-6 - 2*(-2)), rounded once.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "units/unit.hpp"

namespace hillock::units {

struct TableUnit {
  std::string name;
  Dimension dimension;
  double decimal = 0.0;  ///< the factor to SI is 10^decimal
  double offset = 0.0;   ///< degC only
};

/// nullptr when there is none of that name.
[[nodiscard]] const TableUnit* find_table_unit(std::string_view name);
/// All of them, sorted by name.
[[nodiscard]] std::span<const TableUnit> table_units();
/// 10^decimal, correctly rounded where `decimal` is whole.
[[nodiscard]] double power_of_ten(double decimal);

}  // namespace hillock::units
