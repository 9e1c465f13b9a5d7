#include "report/format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hillock::report {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

TEST(Number, SignificantDigits) {
  EXPECT_EQ(number(0.007527140656), "0.00753");
  EXPECT_EQ(number(0.007527140656, 4), "0.007527");
  EXPECT_EQ(number(1.0), "1.00");
  EXPECT_EQ(number(123.456), "123");
  EXPECT_EQ(number(-40.0, 2), "−40");
  EXPECT_EQ(number(0.000197375), "1.97×10⁻⁴");
  EXPECT_EQ(number(1.5e12, 2), "1.5×10¹²");
  EXPECT_EQ(number(12345), "12300");
}
TEST(Number, RoundingUpToTheNextPower) {
  EXPECT_EQ(number(0.9999), "1.00");
  EXPECT_EQ(number(0.00099996), "0.00100");
  EXPECT_EQ(number(9.996e-5), "1.00×10⁻⁴");
}
TEST(Number, WhatIsNotFinite) {
  EXPECT_EQ(number(nan), "–");
  EXPECT_EQ(number(inf), "∞");
  EXPECT_EQ(number(-inf), "−∞");
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(5e-324, 2), "5×10⁻³²⁴");
}
TEST(WithError, TwoDigitsOfTheErrorRule) {
  EXPECT_EQ(with_error(0.026101, 0.000213), "0.02610\u00A0±\u00A00.00021");
  EXPECT_EQ(with_error(12.3456, 1.26), "12.3\u00A0±\u00A01.3");
  EXPECT_EQ(with_error(1.23e-6, 4.5e-8), "(1.230\u00A0±\u00A00.045)×10⁻⁶");
  EXPECT_EQ(with_error(0.5, 0.0996), "0.50\u00A0±\u00A00.10");
  EXPECT_EQ(with_error(0.026101, nan), "0.0261");
  EXPECT_EQ(with_error(nan, 0.1), "–");
  EXPECT_EQ(with_error(0.0261, 0), "0.0261");
}
TEST(Interval, TwoDigitsOfTheWidth) {
  EXPECT_EQ(interval(0.10412, 0.10496), "0.10412 to 0.10496");
  EXPECT_EQ(interval(0.1041, 0.1250), "0.104 to 0.125");
  EXPECT_EQ(interval(0.000195, 0.000201), "(1.950 to 2.010)×10⁻⁴");
  EXPECT_EQ(interval(1e-7, 1000), "1.0×10⁻⁷ to 1000");
  EXPECT_EQ(interval(-3, 12), "−3 to 12");
  EXPECT_EQ(interval(nan, 1), "–");
  EXPECT_EQ(interval(2, 2), "2.000 to 2.000");
}
TEST(Within, DigitsOfTheInterval) {
  EXPECT_EQ(within(0.1045540282, 0.1041, 0.1050), "0.10455");
  EXPECT_EQ(within(0.1045540282, nan, nan), "0.1046");
  EXPECT_EQ(within(0.1045540282, 0.01, 1), "0.10");
  EXPECT_EQ(within(0.0, -1, 1), "0.0");
  // Rounding up to the next power of ten moves the power.
  EXPECT_EQ(within(9.96e-5, 0.5e-4, 1.7e-4), "1.0×10⁻⁴");
  EXPECT_EQ(within(9.4e-5, 0.5e-4, 1.7e-4), "9×10⁻⁵");
}
TEST(Count, Thousands) {
  EXPECT_EQ(count(80000), "80\u202F000");
  EXPECT_EQ(count(1234567), "1\u202F234\u202F567");
  EXPECT_EQ(count(9999), "9999");
  EXPECT_EQ(count(-5), "−5");
  EXPECT_EQ(count(0), "0");
}
TEST(Percent, MoreDigitsNearTheEnds) {
  EXPECT_EQ(percent(0.61), "61\u202F%");
  EXPECT_EQ(percent(0.99998), "99.998\u202F%");
  EXPECT_EQ(percent(0.9995), "99.95\u202F%");
  EXPECT_EQ(percent(0.002), "0.2\u202F%");
  EXPECT_EQ(percent(1), "100\u202F%");
  EXPECT_EQ(percent(nan), "–");
}
TEST(Duration, InTheUnitThatFits) {
  EXPECT_EQ(duration(0.0353), "35 ms");
  EXPECT_EQ(duration(12.34), "12.3 s");
  EXPECT_EQ(duration(125), "2 min 5 s");
  EXPECT_EQ(duration(3725), "1 h 2 min");
}
TEST(PrettyUnit, PowersAndMicro) {
  EXPECT_EQ(pretty_unit("uS/cm**2"), "µS/cm²");
  EXPECT_EQ(pretty_unit("1/ms"), "1/ms");
  EXPECT_EQ(pretty_unit("mV*second**-1"), "mV·second⁻¹");
  EXPECT_EQ(pretty_unit("1"), "");
  EXPECT_EQ(pretty_unit("unit"), "unit");
  EXPECT_EQ(label("p2", "1/mV"), "p2 (1/mV)");
  EXPECT_EQ(label("a", "1"), "a");
}
TEST(Algebra, Superscripts) {
  EXPECT_EQ(algebra_html("p5^0.71 * p6^-0.7"), "p5<sup>0.71</sup> · p6<sup>−0.7</sup>");
  EXPECT_EQ(algebra_html("x^(-2) < y^z"), "x<sup>−2</sup> &lt; y^z");
  EXPECT_EQ(algebra_html("grows as p1^2."), "grows as p1<sup>2</sup>.");
  EXPECT_EQ(algebra_text("p5^0.71 / p6^-2"), "p5⁰·⁷¹ / p6⁻²");
  EXPECT_EQ(algebra_html("^"), "^");
}

}  // namespace
}  // namespace hillock::report
