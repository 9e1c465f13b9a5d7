#include <gtest/gtest.h>

#include "units/unit.hpp"

namespace hillock::units {
namespace {

TEST(Quantity, Written) {
  struct Case {
    const char* text;
    double value;
    const char* unit;
    double si;
  };
  const Case cases[] = {
      {"5 ms", 5, "ms", 5e-3},
      {"-80*mV", -80, "mV", -80e-3},
      {"1000/ms", 1000, "1/ms", 1e6},
      {"1e-7/ms", 1e-7, "1/ms", 1e-4},
      {"3", 3, "1", 3},
      {" +2.5e1 uS / cm**2 ", 25, "uS/cm**2", 0.25},
      {"0.4/mV", 0.4, "1/mV", 400},
      {"21.3 degC", 21.3, "degC", 294.45},
      {"-5 degC", -5, "degC", 268.15},
      {".5mV", 0.5, "mV", 0.5e-3},
      {"8.314 joule/mole/kelvin", 8.314, "joule/mole/kelvin", 8.314},
  };
  for (const Case& c : cases) {
    const auto q = parse_quantity(c.text);
    ASSERT_TRUE(q.has_value()) << c.text << "\n" << render(q.error());
    EXPECT_EQ(q->value, c.value) << c.text;
    EXPECT_EQ(q->unit.name, c.unit) << c.text;
    EXPECT_DOUBLE_EQ(q->si(), c.si) << c.text;
    EXPECT_NEAR(q->unit.from_si(q->si()), c.value, 1e-13 * (273.15 + std::abs(c.value))) << c.text;
  }
}

TEST(Quantity, Mistakes) {
  struct Case {
    const char* text;
    const char* rendered;
  };
  const Case cases[] = {
      {"",
       "error: expected a number, with its unit, in '' [quantity-syntax]\n    try: for example '5 ms' or '-80*mV'\n"},
      {"ms",
       "error: expected a number, with its unit, in 'ms' [quantity-syntax]\n    try: for example '5 ms' or '-80*mV'\n"},
      {"5 sm", "error: there is no unit 'sm' in '5 sm' [unit-unknown]\n    try: 'ms'\n"},
      {"5,0 ms", "error: found a comma in '5,0 ms' [quantity-syntax]\n    try: write the decimal point as '.'\n"},
      {"1e400 mV", "error: a number beyond the range of double precision in '1e400 mV' [quantity-syntax]\n"},
      {"5 ms 3", "error: expected '*', '/' or the end of the unit, found '3' in '5 ms 3' [quantity-syntax]\n"},
      {"nan mV",
       "error: expected a number, with its unit, in 'nan mV' [quantity-syntax]\n    try: for example '5 ms' or "
       "'-80*mV'\n"},
      {"--5 mV",
       "error: expected a number, with its unit, in '--5 mV' [quantity-syntax]\n    try: for example '5 ms' or "
       "'-80*mV'\n"},
  };
  for (const Case& c : cases) {
    const auto q = parse_quantity(c.text);
    ASSERT_FALSE(q.has_value()) << c.text;
    EXPECT_EQ(render(q.error()), c.rendered) << c.text;
  }
}

}  // namespace
}  // namespace hillock::units
