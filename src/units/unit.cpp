#include "units/unit.hpp"

#include <charconv>
#include <cmath>
#include <map>

#include "units/unit_parser.hpp"
#include "units/unit_table.hpp"

namespace hillock::units {
namespace {

// Exponents come from sums and products of short decimals and simple fractions (at most a few dozen of them, each at
// most 100): two that mean the same differ by far less than this, two that differ do so by more.
constexpr double same_exponent = 1e-9;

Error to_error(const UnitMistake& mistake, std::string_view text) {
  return {
      mistake.code, mistake.message + " in '" + std::string(text.substr(0, 100)) + "'", std::nullopt, {}, mistake.hint};
}

}  // namespace

bool operator==(const Dimension& a, const Dimension& b) {
  for (std::size_t i = 0; i < a.exponents.size(); ++i)
    if (!(std::abs(a.exponents[i] - b.exponents[i]) < same_exponent)) return false;
  return true;
}

bool Dimension::dimensionless() const { return *this == Dimension{}; }

Dimension operator*(const Dimension& a, const Dimension& b) {
  Dimension out;
  for (std::size_t i = 0; i < out.exponents.size(); ++i) out.exponents[i] = a.exponents[i] + b.exponents[i];
  return out;
}

Dimension operator/(const Dimension& a, const Dimension& b) {
  Dimension out;
  for (std::size_t i = 0; i < out.exponents.size(); ++i) out.exponents[i] = a.exponents[i] - b.exponents[i];
  return out;
}

Dimension power(const Dimension& a, double exponent) {
  Dimension out;
  for (std::size_t i = 0; i < out.exponents.size(); ++i) out.exponents[i] = a.exponents[i] * exponent;
  return out;
}

const Unit* find_unit(std::string_view name) {
  static const auto units = [] {
    std::map<std::string, Unit, std::less<>> by_name;
    for (const TableUnit& unit : table_units())
      by_name[unit.name] = Unit{unit.name, unit.dimension, power_of_ten(unit.decimal), unit.offset};
    return by_name;
  }();
  const auto place = units.find(name);
  return place == units.end() ? nullptr : &place->second;
}

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const TableUnit& unit : table_units()) all.push_back(unit.name);
    return all;
  }();
  return names;
}

Result<Unit> parse_unit(std::string_view text) {
  auto unit = read_unit(text);
  if (!unit) return fail(to_error(unit.error(), text));
  return std::move(*unit);
}

Result<Quantity> parse_quantity(std::string_view text) {
  const auto wrong = [&](std::string message, std::string hint = {}) {
    return fail("quantity-syntax", std::move(message) + " in '" + std::string(text.substr(0, 100)) + "'", {},
                std::move(hint));
  };
  const auto skip = [&](std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    return at;
  };
  std::size_t at = skip(0);
  double sign = 1.0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) sign = text[at++] == '-' ? -1.0 : 1.0;
  at = skip(at);
  const bool starts = at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == '.');
  if (!starts) return wrong("expected a number, with its unit,", "for example '5 ms' or '-80*mV'");
  Quantity out;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), out.value);
  if (error == std::errc::result_out_of_range) return wrong("a number beyond the range of double precision");
  if (error != std::errc{}) return wrong("expected a number");
  out.value *= sign;
  at = skip(static_cast<std::size_t>(end - text.data()));
  if (at == text.size()) return out;
  if (text[at] == ',') return wrong("found a comma", "write the decimal point as '.'");
  std::string unit_text;
  if (text[at] == '/') {
    unit_text = "1" + std::string(text.substr(at));
  } else if (text[at] == '*' && text.substr(at, 2) != "**") {
    unit_text = text.substr(at + 1);
  } else {
    unit_text = text.substr(at);
  }
  while (!unit_text.empty() && (unit_text.back() == ' ' || unit_text.back() == '\t')) unit_text.pop_back();
  auto unit = read_unit(unit_text);
  if (!unit) {
    Error mistake = to_error(unit.error(), text);
    if (mistake.code == "unit-syntax") mistake.code = "quantity-syntax";
    return fail(std::move(mistake));
  }
  out.unit = std::move(*unit);
  return out;
}

}  // namespace hillock::units
