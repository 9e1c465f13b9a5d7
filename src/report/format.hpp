#pragma once
/// How numbers, units and combinations of parameters are written for people.
///
/// Minus signs and exponents are Unicode ("−1.97×10⁻⁴"), so one text serves the page and the terminal. What was not
/// computed (NaN) is an en dash.

#include <cstdint>
#include <string>
#include <string_view>

namespace hillock::report {

/// `digits` significant digits: "0.00753", "1.97×10⁻⁴", "−40", "∞", "–".
[[nodiscard]] std::string number(double x, int digits = 3);
/// A setting as it was given: up to six digits, without trailing zeros ("0.1").
[[nodiscard]] std::string setting(double x);
/// The value to the decimal place that `error` has at two significant digits: "0.02610 ± 0.00021" (no-break spaces).
/// Without a finite positive error: the value alone, to three digits.
[[nodiscard]] std::string with_error(double value, double error);
/// The value to the place where the width of [low, high] has two significant digits; four digits without a width.
[[nodiscard]] std::string within(double value, double low, double high);
/// "0.1041 to 0.1050", "(1.95 to 2.01)×10⁻⁴": to two significant digits of the width. "–" where either is NaN.
[[nodiscard]] std::string interval(double low, double high);
/// The value to the decimal place 10^place, with a power of ten where `magnitude`, the largest value shown beside it,
/// calls for one.
[[nodiscard]] std::string to_place(double value, int place, double magnitude);
/// Whole numbers with narrow no-break spaces between thousands: "80 000".
[[nodiscard]] std::string count(std::int64_t n);
/// A fraction as a percentage, two digits where it is between 0.1 and 0.999: "87 %", "99.95 %", "0.20 %".
[[nodiscard]] std::string percent(double fraction);
/// "35 ms", "12.3 s", "2 min 5 s".
[[nodiscard]] std::string duration(double seconds);
/// A unit as it is printed: "uS/cm**2" as "µS/cm²", "1/ms" as it is, "1" (dimensionless) as nothing. Not escaped.
[[nodiscard]] std::string pretty_unit(std::string_view unit);
/// "current (nA)"; the unit is left out where there is none. Not escaped.
[[nodiscard]] std::string label(std::string_view name, std::string_view unit);
/// A combination of parameters for the page: escaped, `p5^0.71 * p6^-0.7` with <sup>, "·" and a true minus.
[[nodiscard]] std::string algebra_html(std::string_view algebra);
/// The same for a terminal: Unicode superscripts.
[[nodiscard]] std::string algebra_text(std::string_view algebra);
/// An integer in Unicode superscript digits.
[[nodiscard]] std::string superscript(int n);

}  // namespace hillock::report
