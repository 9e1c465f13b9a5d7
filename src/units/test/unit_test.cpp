#include "units/unit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

namespace hillock::units {
namespace {

struct Row {
  std::string name;
  Dimension dimension;
  double factor = 0.0;
};

/// Brian 2's default namespace of units, as Brian 2.5.1 itself prints it.
std::vector<Row> brian_units() {
  std::ifstream file(std::string(HILLOCK_SOURCE_DIR) + "/src/units/test/brian_units.tsv");
  std::vector<Row> rows;
  Row row;
  while (file >> row.name) {
    for (double& e : row.dimension.exponents) file >> e;
    file >> row.factor;
    rows.push_back(row);
  }
  return rows;
}

TEST(Unit, EveryBrianUnitHasItsDimensionAndFactor) {
  const auto rows = brian_units();
  ASSERT_EQ(rows.size(), 1710U);
  for (const Row& row : rows) {
    const Unit* unit = find_unit(row.name);
    ASSERT_NE(unit, nullptr) << row.name;
    EXPECT_EQ(unit->dimension, row.dimension) << row.name;
    // Ours is 10^n rounded once; Brian raises a rounded 10^n to the third power: at most three roundings more.
    EXPECT_NEAR(unit->factor / row.factor, 1.0, 4 * 2.3e-16) << row.name;
    EXPECT_EQ(unit->offset, 0.0) << row.name;
    EXPECT_EQ(unit->name, row.name);
  }
}

TEST(Unit, NoNameIsTakenFromVariablesThatBrianLeavesFree) {
  std::set<std::string> brian;
  for (const Row& row : brian_units()) brian.insert(row.name);
  std::set<std::string> ours_alone;
  for (const std::string& name : unit_names())
    if (!brian.contains(name)) ours_alone.insert(name);
  EXPECT_EQ(ours_alone,
            (std::set<std::string>{"cmetre", "cmetre2", "cmetre3", "cmeter", "cmeter2", "cmeter3", "mS", "degC"}))
      << "(Brian exports mS, but not into its equations)";
}

TEST(Unit, UnknownNamesAreNone) {
  for (const char* name : {"", "V", "s", "mv", "MV", "volts", "mV4", "uV", "xi", "celsius", "damp"})
    EXPECT_EQ(find_unit(name), nullptr) << name;
}

Unit unit(std::string_view text) {
  auto u = parse_unit(text);
  EXPECT_TRUE(u.has_value()) << text << "\n" << (u ? "" : render(u.error()));
  return u.value_or(Unit{});
}

TEST(Unit, CompoundsAreExactPowersOfTen) {
  EXPECT_EQ(unit("uS/cm**2").factor, 1e-2);
  EXPECT_EQ(unit("uS/cm2").factor, 1e-2);
  EXPECT_EQ(unit("1/ms").factor, 1e3);
  EXPECT_EQ(unit("mV*second**-1").factor, 1e-3);
  EXPECT_EQ(unit("uF/cm**2").factor, 1e-2);
  EXPECT_EQ(unit("ms**(1/2)").factor, std::pow(10.0, -1.5));
  EXPECT_EQ(unit("second**-0.5").dimension.exponents[2], -0.5);
  EXPECT_EQ(unit("ohm*cm").factor, 1e-2);
  EXPECT_EQ(unit("1").factor, 1.0);
  EXPECT_TRUE(unit("1").dimension.dimensionless());
  EXPECT_TRUE(unit("radian").dimension.dimensionless());
  EXPECT_EQ(unit("1/(ms*mV)").factor, 1e6);
}

TEST(Unit, KeepsWhatWasWrittenWithoutSpaces) {
  EXPECT_EQ(unit(" uS / cm**2 ").name, "uS/cm**2");
  EXPECT_EQ(unit("mV").name, "mV");
}

TEST(Unit, DivisionAssociatesToTheLeft) {
  EXPECT_EQ(unit("joule/mole/kelvin").dimension, unit("joule*mole**-1*kelvin**-1").dimension);
  EXPECT_EQ(unit("siemens/metre**2*second").dimension, unit("siemens*second/metre2").dimension);
}

TEST(Unit, DimensionsFormAGroup) {
  const Dimension volt = unit("volt").dimension, second = unit("second").dimension;
  EXPECT_EQ(volt * second / second, volt);
  EXPECT_EQ(power(power(volt, 0.5), 2.0), volt);
  EXPECT_EQ(power(power(volt, 1.0 / 3.0), 3.0), volt);
  EXPECT_EQ(unit("volt*siemens").dimension, unit("amp").dimension);
  EXPECT_EQ(unit("ohm*farad").dimension, second);
  EXPECT_FALSE(volt == second);
}

struct Mistake {
  const char* text;
  const char* rendered;
};

TEST(Unit, Mistakes) {
  const Mistake cases[] = {
      {"mv", "error: there is no unit 'mv' in 'mv' [unit-unknown]\n    try: 'mV'\n"},
      {"vlot/second", "error: there is no unit 'vlot' in 'vlot/second' [unit-unknown]\n    try: 'volt'\n"},
      {"V", "error: there is no unit 'V' in 'V' [unit-unknown]\n    try: 'volt'\n"},
      {"1/s", "error: there is no unit 's' in '1/s' [unit-unknown]\n    try: 'second'\n"},
      {"kOhm", "error: there is no unit 'kOhm' in 'kOhm' [unit-unknown]\n    try: 'kohm'\n"},
      {"uV", "error: there is no unit 'uV' in 'uV' [unit-unknown]\n    try: 'uvolt'\n"},
      {"", "error: expected the name of a unit in '' [unit-syntax]\n"},
      {"mV/", "error: expected the name of a unit in 'mV/' [unit-syntax]\n"},
      {"mV^2",
       "error: expected '*', '/' or the end of the unit, found '^' in 'mV^2' [unit-syntax]\n    try: write '**'\n"},
      {"1000/ms",
       "error: a unit is made of names, found the number 1000 in '1000/ms' [unit-syntax]\n"
       "    try: only 1 may stand for a name, as in '1/ms'\n"},
      {"(mV", "error: expected ')' in '(mV' [unit-syntax]\n"},
      {"mV**x", "error: expected a number as exponent, found 'x' in 'mV**x' [unit-syntax]\n"},
      {"mV**(1/0)", "error: an exponent divided by zero in 'mV**(1/0)' [unit-syntax]\n"},
      {"mV**1000", "error: an exponent beyond 100 in 'mV**1000' [unit-syntax]\n"},
      {"Ymetre3**100", "error: a unit beyond the range of double precision in 'Ymetre3**100' [unit-syntax]\n"},
      {"1/degC",
       "error: degC cannot be part of a compound unit in '1/degC' [unit-syntax]\n"
       "    try: use kelvin for differences of temperature\n"},
      {"\xC2\xB5V", "error: expected the name of a unit, found '\xC2\xB5' in '\xC2\xB5V' [unit-syntax]\n"},
  };
  for (const Mistake& mistake : cases) {
    const auto result = parse_unit(mistake.text);
    ASSERT_FALSE(result.has_value()) << mistake.text;
    EXPECT_EQ(render(result.error()), mistake.rendered) << mistake.text;
  }
}

TEST(Unit, HostileTextsEnd) {
  EXPECT_FALSE(parse_unit(std::string(100000, '(')).has_value());
  EXPECT_FALSE(parse_unit(std::string(60, '(') + "mV" + std::string(60, ')')).has_value());
  EXPECT_FALSE(parse_unit(std::string(10'000'000, 'x')).has_value());
  EXPECT_FALSE(parse_unit(std::string("mV\0", 3)).has_value());
  EXPECT_TRUE(parse_unit(std::string(40, '(') + "mV" + std::string(40, ')')).has_value());
}

TEST(Unit, DescribesInWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"mV", "volt"},
      {"1", "1"},
      {"1/ms", "second^-1"},
      {"uS/cm**2", "siemens metre^-2"},
      {"mV/ms", "volt second^-1"},
      {"1/mV", "volt^-1"},
      {"nA", "amp"},
      {"joule/mole/kelvin", "joule kelvin^-1 mole^-1"},
      {"coulomb/mole", "coulomb mole^-1"},
      {"second**-0.5", "second^-0.5"},
      {"mM", "mole metre^-3"},
      {"Mohm", "ohm"},
      {"volt**0.5", "volt^0.5"},
      {"volt2", "volt^2"},
      {"hertz", "second^-1"},
      {"uA/cm**2", "amp metre^-2"},
  };
  for (const auto& [text, words] : cases) EXPECT_EQ(describe(unit(text).dimension), words) << text;
}

TEST(Unit, DisplayUnitsHaveTheirDimensionAndParse) {
  for (const char* text : {"volt", "second", "amp", "siemens", "farad", "hertz", "1", "kelvin", "volt**-1", "volt2",
                           "joule/mole/kelvin", "kilogram*metre**2", "second**-0.5", "siemens/metre2", "candle"}) {
    const Dimension d = unit(text).dimension;
    const Unit shown = display_unit(d);
    EXPECT_EQ(shown.dimension, d) << text;
    const Unit again = unit(shown.name);
    EXPECT_EQ(again.dimension, d) << shown.name;
    EXPECT_EQ(again.factor, shown.factor) << shown.name;
  }
  EXPECT_EQ(display_unit(unit("volt").dimension).name, "mV");
  EXPECT_EQ(display_unit(unit("volt2").dimension).name, "volt**2");
}

}  // namespace
}  // namespace hillock::units
