#include "report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "report/escape.hpp"

namespace hillock::report {
namespace {

constexpr std::string_view minus = "−";
constexpr std::string_view none = "–";

/// The decimal exponent of the first significant digit, after rounding to `digits` digits.
int exponent_of(double magnitude, int digits) {
  int e = static_cast<int>(std::floor(std::log10(magnitude)));
  const double scaled = magnitude / std::pow(10.0, e - digits + 1);
  if (std::round(scaled) >= std::pow(10.0, digits)) ++e;
  return e;
}

std::string true_minus(std::string text) {
  // "-0.00" is zero to the digits shown.
  if (!text.empty() && text[0] == '-') {
    const bool zero = text.find_first_of("123456789") == std::string::npos;
    text = (zero ? std::string() : std::string(minus)) + text.substr(1);
  }
  return text;
}

std::string fixed(double x, int decimals) {
  if (decimals >= 0) return true_minus(fmt::format("{:.{}f}", x, decimals));
  const double unit = std::pow(10.0, -decimals);
  return true_minus(fmt::format("{:.0f}", std::round(x / unit) * unit));
}

/// How to write numbers of size up to `magnitude` so that the last digit is worth 10^last.
struct Layout {
  int exponent = 0;  ///< of the factor ×10^exponent; 0: none
  int decimals = 0;
};
Layout layout(double magnitude, int last) {
  if (!(magnitude > 0)) return {0, std::clamp(-last, 0, 12)};
  // Of the number as it will be written: 9.96e-5 to two digits is 1.0e-4.
  const int unrounded = static_cast<int>(std::floor(std::log10(magnitude)));
  const bool tiny = magnitude < 1e-290;  // where powers of ten come to an end
  const int e = tiny ? unrounded : exponent_of(magnitude, std::clamp(unrounded - last + 1, 1, 16));
  if (e >= -3 && e < 6 && last > -9) return {0, -last};
  return {e, std::clamp(e - last, 0, 15)};
}
std::string factor(const Layout& l) { return l.exponent == 0 ? "" : "×10" + superscript(l.exponent); }
std::string mantissa(double x, const Layout& l) {
  // In two steps where the power itself would be 0.
  if (l.exponent < -300) return fixed(x * 1e300 / std::pow(10.0, l.exponent + 300), l.decimals);
  return fixed(x / std::pow(10.0, l.exponent), l.decimals);
}

constexpr std::array<std::string_view, 10> superscript_digits = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

std::string superscript_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') out += superscript_digits[static_cast<std::size_t>(c - '0')];
    else if (c == '-') out += "⁻";
    else if (c == '.') out += "·";
    else out += c;
  }
  return out;
}

/// Calls plain(text) and power(exponent text) for the parts of a combination, in order.
template <class Plain, class Power>
void split_algebra(std::string_view text, Plain&& plain, Power&& power) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t caret = text.find('^', at);
    if (caret == std::string_view::npos) break;
    std::size_t from = caret + 1;
    const bool bracket = from < text.size() && text[from] == '(';
    if (bracket) ++from;
    std::size_t to = from;
    if (to < text.size() && (text[to] == '-' || text[to] == '+')) ++to;
    const std::size_t digits_from = to;
    while (to < text.size() && (std::isdigit(static_cast<unsigned char>(text[to])) != 0 || text[to] == '.')) ++to;
    while (to > digits_from && text[to - 1] == '.') --to;  // the full stop of a sentence
    const bool closed = !bracket || (to < text.size() && text[to] == ')');
    if (to == digits_from || !closed) {
      plain(text.substr(at, caret + 1 - at));
      at = caret + 1;
      continue;
    }
    plain(text.substr(at, caret - at));
    power(text.substr(from, to - from));
    at = to + (bracket ? 1U : 0U);
  }
  if (at < text.size()) plain(text.substr(at));
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::string superscript(int n) { return superscript_text(fmt::format("{}", n)); }

std::string number(double x, int digits) {
  if (std::isnan(x)) return std::string(none);
  if (std::isinf(x)) return x > 0 ? "∞" : std::string(minus) + "∞";
  if (x == 0) return "0";
  const int e = exponent_of(std::abs(x), digits);
  const Layout l = layout(std::pow(10.0, e) * 1.000001, e - digits + 1);
  return mantissa(x, l) + factor(l);
}

std::string setting(double x) {
  if (!std::isfinite(x)) return number(x);
  return true_minus(fmt::format("{:.6g}", x));
}

std::string with_error(double value, double error) {
  if (!std::isfinite(value) || !std::isfinite(error) || error <= 0) return number(value);
  const int last = exponent_of(error, 2) - 1;
  const Layout l = layout(std::max(std::abs(value), error), last);
  const std::string both = mantissa(value, l) + "\u00A0±\u00A0" + mantissa(error, l);
  return l.exponent == 0 ? both : "(" + both + ")" + factor(l);
}

std::string within(double value, double low, double high) {
  const double width = std::abs(high - low);
  if (!std::isfinite(value) || !std::isfinite(width) || width <= 0) return number(value, 4);
  const double magnitude = std::max({std::abs(value), std::abs(low), std::abs(high)});
  const int last = std::max(exponent_of(width, 2) - 1, static_cast<int>(std::floor(std::log10(magnitude))) - 9);
  const Layout l = layout(value == 0 ? magnitude : std::abs(value), last);
  return mantissa(value, l) + factor(l);
}

std::string interval(double low, double high) {
  if (std::isnan(low) || std::isnan(high)) return std::string(none);
  const double width = std::abs(high - low);
  if (!std::isfinite(width) || width <= 0) return number(low, 4) + " to " + number(high, 4);
  const double magnitude = std::max(std::abs(low), std::abs(high));
  // Ranges over decades: each end for itself.
  if (low > 0 && high / low > 1000) return number(low, 2) + " to " + number(high, 2);
  const int last = std::max(exponent_of(width, 2) - 1, static_cast<int>(std::floor(std::log10(magnitude))) - 9);
  const Layout l = layout(magnitude, last);
  const std::string both = mantissa(low, l) + " to " + mantissa(high, l);
  return l.exponent == 0 ? both : "(" + both + ")" + factor(l);
}

std::string to_place(double value, int place, double magnitude) {
  if (!std::isfinite(value)) return number(value);
  if (value == 0) return "0";
  const Layout l = layout(std::max(std::abs(value), magnitude * 1.000001), place);
  return mantissa(value, l) + factor(l);
}

std::string count(std::int64_t n) {
  const std::string digits = fmt::format("{}", n < 0 ? -n : n);
  std::string out = n < 0 ? std::string(minus) : std::string();
  const bool group = digits.size() > 4;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (group && i > 0 && (digits.size() - i) % 3 == 0) out += "\u202F";
    out += digits[i];
  }
  return out;
}

std::string percent(double fraction) {
  if (!std::isfinite(fraction)) return number(fraction);
  const double p = 100 * fraction;
  const double distance = std::min(std::abs(p), std::abs(100 - p));
  int decimals = 0;
  if (distance != 0 && distance < 0.995) decimals = distance < 0.00995 ? 3 : (distance < 0.0995 ? 2 : 1);
  return fixed(p, decimals) + "\u202F%";
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return number(seconds);
  if (seconds < 0.9995) return number(1000 * seconds, 2) + " ms";
  if (seconds < 99.5) return number(seconds, 3) + " s";
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string pretty_unit(std::string_view unit) {
  if (unit == "1") return {};
  std::string text(unit);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool starts = i == 0 || std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0;
    if (starts && text[i] == 'u' && i + 1 < text.size()) {
      // A prefix only before a unit's symbol: uS, um, umol; not "unit".
      std::size_t end = i + 1;
      while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
      const std::string rest = text.substr(i + 1, end - i - 1);
      static constexpr std::array<std::string_view, 16> symbols = {"S", "A", "V", "s", "m",  "M",   "F", "g",
                                                                   "l", "L", "W", "J", "Pa", "mol", "C", "meter"};
      if (std::find(symbols.begin(), symbols.end(), rest) != symbols.end()) {
        out += "µ";
        ++i;
        continue;
      }
    }
    const bool stars = text.compare(i, 2, "**") == 0;
    if (stars || text[i] == '^') {
      std::size_t from = i + (stars ? 2U : 1U);
      std::size_t to = from;
      if (to < text.size() && text[to] == '-') ++to;
      while (to < text.size() && std::isdigit(static_cast<unsigned char>(text[to])) != 0) ++to;
      if (to > from) {
        out += superscript_text(text.substr(from, to - from));
        i = to;
        continue;
      }
    }
    if (text[i] == '*') out += "·";
    else out += text[i];
    ++i;
  }
  return out;
}

std::string label(std::string_view name, std::string_view unit) {
  const std::string shown = pretty_unit(unit);
  if (shown.empty()) return std::string(name);
  return fmt::format("{} ({})", name, shown);
}

std::string algebra_html(std::string_view algebra) {
  std::string out;
  split_algebra(
      algebra, [&](std::string_view t) { out += replace_all(escape_html(t), " * ", " · "); },
      [&](std::string_view t) { out += "<sup>" + replace_all(escape_html(t), "-", minus) + "</sup>"; });
  return out;
}

std::string algebra_text(std::string_view algebra) {
  std::string out;
  split_algebra(
      algebra, [&](std::string_view t) { out += replace_all(clean_utf8(t), " * ", " · "); },
      [&](std::string_view t) { out += superscript_text(t); });
  return out;
}

}  // namespace hillock::report
