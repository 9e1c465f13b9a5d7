#include <charconv>
#include <cmath>
#include <string_view>

#include "units/unit.hpp"
#include "units/unit_table.hpp"

namespace hillock::units {
namespace {

constexpr std::string_view base_names[7] = {"metre", "kilogram", "second", "amp", "kelvin", "mole", "candle"};
// Tried as the leading factor, the familiar ones first: on a tie the earlier wins.
constexpr std::string_view leading_names[] = {"volt", "siemens", "farad",  "coulomb", "ohm",   "joule",
                                              "watt", "newton",  "pascal", "weber",   "henry", "tesla"};

struct Factor {
  std::string_view name;
  double exponent;
};

std::string exponent_text(double value) {
  if (std::abs(value - std::round(value)) < 1e-9) value = std::round(value);
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6).ptr;
  return {buffer, end};
}

/// The fewest factors, then the smallest exponents, then a positive leading one (ohm, not siemens^-1).
std::vector<Factor> factors(const Dimension& d) {
  std::vector<Factor> best;
  double best_cost = INFINITY;
  const auto consider = [&](std::string_view leading, double n, const Dimension& rest) {
    std::vector<Factor> found;
    double cost = 0.0;
    if (n != 0.0) found.push_back({leading, n}), cost += 100.0 + std::abs(n) + (n < 0 ? 0.5 : 0.0);
    for (const bool positive : {true, false}) {
      for (std::size_t i = 0; i < 7; ++i) {
        const double e = rest.exponents[i];
        if (std::abs(e) < 1e-9 || (e > 0) != positive) continue;
        found.push_back({base_names[i], e});
        cost += 100.0 + std::abs(e);
      }
    }
    if (cost < best_cost - 1e-6) best_cost = cost, best = std::move(found);
  };
  consider({}, 0.0, d);
  for (const std::string_view name : leading_names) {
    const Dimension leading = find_table_unit(name)->dimension;
    for (const double n : {1.0, -1.0, 2.0, -2.0, 0.5, -0.5}) consider(name, n, d / power(leading, n));
  }
  return best;
}

std::string join(const std::vector<Factor>& all, std::string_view between, std::string_view raise) {
  if (all.empty()) return "1";
  std::string out;
  for (const Factor& factor : all) {
    if (!out.empty()) out += between;
    out += factor.name;
    if (const std::string n = exponent_text(factor.exponent); n != "1") out += std::string(raise) + n;
  }
  return out;
}

}  // namespace

std::string describe(const Dimension& d) { return join(factors(d), " ", "^"); }

Unit display_unit(const Dimension& d) {
  // What electrophysiologists write.
  static const std::vector<Unit> familiar = [] {
    std::vector<Unit> units;
    for (const std::string_view text :
         {"1", "mV", "ms", "nA", "uS", "pF", "Mohm", "kelvin", "mM", "um", "1/ms", "1/mV", "mV/ms", "mS/cm**2",
          "uF/cm**2", "uA/cm**2", "ohm*cm", "coulomb/mole", "joule/mole/kelvin"})
      units.push_back(parse_unit(text).value());
    return units;
  }();
  for (const Unit& unit : familiar)
    if (unit.dimension == d) return unit;
  Unit si;
  si.name = join(factors(d), "*", "**");
  si.dimension = d;
  return si;
}

}  // namespace hillock::units
