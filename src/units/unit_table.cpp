#include "units/unit_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace hillock::units {
namespace {

struct Root {
  std::string_view name;
  std::array<int, 7> exponents;  // m kg s A K mol cd
  int decimal = 0;
  bool powers = true;  // also name2 and name3
};

// Names that take every prefix below.
constexpr Root prefixed[] = {
    {"metre", {1, 0, 0, 0, 0, 0, 0}},
    {"meter", {1, 0, 0, 0, 0, 0, 0}},
    {"gram", {0, 1, 0, 0, 0, 0, 0}, -3},
    {"gramme", {0, 1, 0, 0, 0, 0, 0}, -3},
    {"second", {0, 0, 1, 0, 0, 0, 0}},
    {"amp", {0, 0, 0, 1, 0, 0, 0}},
    {"ampere", {0, 0, 0, 1, 0, 0, 0}},
    {"mol", {0, 0, 0, 0, 0, 1, 0}},
    {"mole", {0, 0, 0, 0, 0, 1, 0}},
    {"candle", {0, 0, 0, 0, 0, 0, 1}},
    {"radian", {0, 0, 0, 0, 0, 0, 0}},
    {"steradian", {0, 0, 0, 0, 0, 0, 0}},
    {"hertz", {0, 0, -1, 0, 0, 0, 0}},
    {"newton", {1, 1, -2, 0, 0, 0, 0}},
    {"pascal", {-1, 1, -2, 0, 0, 0, 0}},
    {"joule", {2, 1, -2, 0, 0, 0, 0}},
    {"watt", {2, 1, -3, 0, 0, 0, 0}},
    {"coulomb", {0, 0, 1, 1, 0, 0, 0}},
    {"volt", {2, 1, -3, -1, 0, 0, 0}},
    {"farad", {-2, -1, 4, 2, 0, 0, 0}},
    {"ohm", {2, 1, -3, -2, 0, 0, 0}},
    {"siemens", {-2, -1, 3, 2, 0, 0, 0}},
    {"weber", {2, 1, -2, -1, 0, 0, 0}},
    {"tesla", {0, 1, -2, -1, 0, 0, 0}},
    {"henry", {2, 1, -2, -2, 0, 0, 0}},
    {"lumen", {0, 0, 0, 0, 0, 0, 1}},
    {"lux", {-2, 0, 0, 0, 0, 0, 1}},
    {"becquerel", {0, 0, -1, 0, 0, 0, 0}},
    {"gray", {2, 0, -2, 0, 0, 0, 0}},
    {"sievert", {2, 0, -2, 0, 0, 0, 0}},
    {"katal", {0, 0, -1, 0, 0, 1, 0}},
    {"molar", {-3, 0, 0, 0, 0, 1, 0}, 3},
    {"litre", {3, 0, 0, 0, 0, 0, 0}, -3, false},
    {"liter", {3, 0, 0, 0, 0, 0, 0}, -3, false},
};

// Names that take none.
constexpr Root plain[] = {
    {"kilogram", {0, 1, 0, 0, 0, 0, 0}},        {"kilogramme", {0, 1, 0, 0, 0, 0, 0}},
    {"kelvin", {0, 0, 0, 0, 1, 0, 0}},          {"cmetre", {1, 0, 0, 0, 0, 0, 0}, -2},
    {"cmeter", {1, 0, 0, 0, 0, 0, 0}, -2},      {"cm", {1, 0, 0, 0, 0, 0, 0}, -2},
    {"mm", {1, 0, 0, 0, 0, 0, 0}, -3},          {"um", {1, 0, 0, 0, 0, 0, 0}, -6},
    {"mV", {2, 1, -3, -1, 0, 0, 0}, -3, false}, {"mA", {0, 0, 0, 1, 0, 0, 0}, -3, false},
    {"uA", {0, 0, 0, 1, 0, 0, 0}, -6, false},   {"nA", {0, 0, 0, 1, 0, 0, 0}, -9, false},
    {"pA", {0, 0, 0, 1, 0, 0, 0}, -12, false},  {"uF", {-2, -1, 4, 2, 0, 0, 0}, -6, false},
    {"nF", {-2, -1, 4, 2, 0, 0, 0}, -9, false}, {"pF", {-2, -1, 4, 2, 0, 0, 0}, -12, false},
    {"mS", {-2, -1, 3, 2, 0, 0, 0}, -3, false}, {"uS", {-2, -1, 3, 2, 0, 0, 0}, -6, false},
    {"nS", {-2, -1, 3, 2, 0, 0, 0}, -9, false}, {"ms", {0, 0, 1, 0, 0, 0, 0}, -3, false},
    {"us", {0, 0, 1, 0, 0, 0, 0}, -6, false},   {"Hz", {0, 0, -1, 0, 0, 0, 0}, 0, false},
    {"kHz", {0, 0, -1, 0, 0, 0, 0}, 3, false},  {"MHz", {0, 0, -1, 0, 0, 0, 0}, 6, false},
    {"mM", {-3, 0, 0, 0, 0, 1, 0}, 0, false},   {"uM", {-3, 0, 0, 0, 0, 1, 0}, -3, false},
    {"nM", {-3, 0, 0, 0, 0, 1, 0}, -6, false},
};

struct Prefix {
  std::string_view name;
  int decimal;
};

constexpr Prefix prefixes[] = {{"Y", 24},  {"Z", 21},  {"E", 18},  {"P", 15},  {"T", 12}, {"G", 9},
                               {"M", 6},   {"k", 3},   {"", 0},    {"m", -3},  {"u", -6}, {"n", -9},
                               {"p", -12}, {"f", -15}, {"a", -18}, {"z", -21}, {"y", -24}};
constexpr Prefix litre_prefixes[] = {{"da", 1}, {"h", 2}, {"d", -1}, {"c", -2}};

void add(std::vector<TableUnit>& units, const Root& root, std::string_view prefix, int prefix_decimal) {
  const int decimal = root.decimal + prefix_decimal;
  TableUnit unit;
  unit.name = std::string(prefix) + std::string(root.name);
  for (std::size_t i = 0; i < 7; ++i) unit.dimension.exponents[i] = root.exponents[i];
  unit.decimal = decimal;
  units.push_back(unit);
  if (!root.powers) return;
  for (const int n : {2, 3}) {
    TableUnit raised;
    raised.name = unit.name + std::to_string(n);
    raised.dimension = power(unit.dimension, n);
    raised.decimal = decimal * n;
    units.push_back(raised);
  }
}

std::vector<TableUnit> build() {
  std::vector<TableUnit> units;
  for (const Root& root : prefixed) {
    for (const Prefix& prefix : prefixes) add(units, root, prefix.name, prefix.decimal);
    if (!root.powers)
      for (const Prefix& prefix : litre_prefixes) add(units, root, prefix.name, prefix.decimal);
  }
  for (const Root& root : plain) add(units, root, "", 0);
  TableUnit celsius;
  celsius.name = "degC";
  celsius.dimension.exponents[4] = 1.0;
  celsius.offset = 273.15;
  units.push_back(celsius);
  std::ranges::sort(units, {}, &TableUnit::name);
  return units;
}

}  // namespace

std::span<const TableUnit> table_units() {
  static const std::vector<TableUnit> units = build();
  return units;
}

const TableUnit* find_table_unit(std::string_view name) {
  const auto units = table_units();
  const auto place = std::ranges::lower_bound(units, name, {}, &TableUnit::name);
  return place != units.end() && place->name == name ? &*place : nullptr;
}

double power_of_ten(double decimal) {
  if (decimal != std::floor(decimal) || std::abs(decimal) > 300) return std::pow(10.0, decimal);
  char text[16];
  const int size = std::snprintf(text, sizeof text, "1e%d", static_cast<int>(decimal));
  double value = 0.0;
  std::from_chars(text, text + size, value);
  return value;
}

}  // namespace hillock::units
