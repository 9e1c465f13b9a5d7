#include "units/unit_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "units/unit_table.hpp"

namespace hillock::units {
namespace {

constexpr int deepest = 50;            // nested parentheses
constexpr std::size_t longest = 1000;  // bytes of a unit text
constexpr double steepest = 100;       // largest exponent: beyond it 10^n leaves the doubles

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Raised {
  Dimension dimension;
  double decimal = 0.0;
  double offset = 0.0;
};

class Reader {
 public:
  Reader(std::string_view text, bool suggest) : text_(text), suggest_(suggest) {}

  std::expected<Unit, UnitMistake> read() {
    if (text_.size() > longest)
      return std::unexpected(UnitMistake{"unit-syntax", "a unit of more than 1000 characters", 0, 1, ""});
    const Raised result = unit(0);
    skip_space();
    if (!mistake_.code.empty()) return std::unexpected(mistake_);
    if (at_ < text_.size()) {
      syntax("expected '*', '/' or the end of the unit, found '" + here() + "'", text_[at_] == '^' ? "write '**'" : "");
      return std::unexpected(mistake_);
    }
    if (result.offset != 0.0 && offset_used_) {
      mistake_ = {"unit-syntax", "degC cannot be part of a compound unit", 0, text_.size(),
                  "use kelvin for differences of temperature"};
      return std::unexpected(mistake_);
    }
    Unit out;
    out.name.clear();
    for (const char c : text_)
      if (c != ' ' && c != '\t') out.name += c;
    out.dimension = result.dimension;
    out.factor = power_of_ten(result.decimal);
    out.offset = result.offset;
    if (!std::isnormal(out.factor)) {
      syntax_at(0, text_.size(), "a unit beyond the range of double precision", "");
      return std::unexpected(mistake_);
    }
    return out;
  }

 private:
  std::string_view text_;
  bool suggest_;
  std::size_t at_ = 0;
  UnitMistake mistake_;
  bool offset_used_ = false;

  [[nodiscard]] bool failed() const { return !mistake_.code.empty(); }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  [[nodiscard]] std::string here() const {
    std::size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;  // a whole character
    return std::string(text_.substr(at_, end - at_));
  }
  void syntax_at(std::size_t offset, std::size_t length, std::string message, std::string hint) {
    if (!failed())
      mistake_ = {"unit-syntax", std::move(message), offset, std::max<std::size_t>(length, 1), std::move(hint)};
  }
  void syntax(std::string message, std::string hint = {}) {
    syntax_at(at_, at_ < text_.size() ? here().size() : 1, std::move(message), std::move(hint));
  }
  bool take(char c) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  bool take_power() {
    skip_space();
    if (text_.substr(at_, 2) != "**") return false;
    at_ += 2;
    return true;
  }
  [[nodiscard]] bool at_power() {
    skip_space();
    return text_.substr(at_, 2) == "**";
  }

  double number() {
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    double value = 0.0;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + at_, value);
    if (error != std::errc{} || end != text_.data() + at_) {
      at_ = start;
      syntax("expected a number as exponent" + (at_ < text_.size() ? ", found '" + here() + "'" : std::string{}));
      return 1.0;
    }
    return value;
  }

  double exponent() {
    const bool bracket = take('(');
    const double sign = take('-') ? -1.0 : (take('+'), 1.0);
    const std::size_t start = at_;
    double value = sign * number();
    if (bracket && !failed()) {
      if (take('/')) {
        const double divisor = number();
        if (divisor == 0.0) syntax_at(start, at_ - start, "an exponent divided by zero", "");
        else value /= divisor;
      }
      if (!failed() && !take(')')) syntax("expected ')' after the exponent");
    }
    if (std::abs(value) > steepest) syntax_at(start, at_ - start, "an exponent beyond 100", "");
    return value;
  }

  Raised factor(int depth) {
    skip_space();
    if (at_ >= text_.size()) {
      syntax("expected the name of a unit");
      return {};
    }
    if (take('(')) {
      if (depth >= deepest) {
        syntax("more than 50 nested parentheses in a unit");
        return {};
      }
      const Raised inner = unit(depth + 1);
      if (!failed() && !take(')')) syntax("expected ')'");
      return inner;
    }
    const std::size_t start = at_;
    if (is_digit(text_[at_]) || text_[at_] == '.') {
      while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
      const std::string_view digits = text_.substr(start, at_ - start);
      if (digits != "1")
        syntax_at(start, digits.size(), "a unit is made of names, found the number " + std::string(digits),
                  "only 1 may stand for a name, as in '1/ms'");
      return {};
    }
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (name.empty()) {
      syntax("expected the name of a unit, found '" + here() + "'");
      return {};
    }
    const TableUnit* unit = find_table_unit(name);
    if (unit == nullptr) {
      if (!failed()) {
        const std::string suggestion = suggest_ ? suggest_unit(name) : "";
        mistake_ = {"unit-unknown", "there is no unit '" + std::string(name) + "'", start, name.size(),
                    suggestion.empty() ? "" : "'" + suggestion + "'"};
      }
      return {};
    }
    return {unit->dimension, unit->decimal, unit->offset};
  }

  Raised term(int depth) {
    Raised value = factor(depth);
    if (failed() || !take_power()) return value;
    const double n = exponent();
    if (value.offset != 0.0) offset_used_ = true;
    value.dimension = power(value.dimension, n);
    value.decimal *= n;
    if (!failed() && at_power()) syntax("a second '**'");
    return value;
  }

  Raised unit(int depth) {
    Raised value = term(depth);
    while (!failed()) {
      const bool times = !at_power() && take('*');
      if (!times && !take('/')) break;
      const Raised right = term(depth);
      offset_used_ = offset_used_ || value.offset != 0.0 || right.offset != 0.0;
      if (right.offset != 0.0) value.offset = right.offset;
      value.dimension = times ? value.dimension * right.dimension : value.dimension / right.dimension;
      value.decimal += times ? right.decimal : -right.decimal;
    }
    return value;
  }
};

}  // namespace

std::expected<Unit, UnitMistake> read_unit(std::string_view text, bool suggest) { return Reader(text, suggest).read(); }

std::string suggest_unit(std::string_view name) {
  struct Symbol {
    std::string_view symbol, unit;
  };
  // The symbols of SI that are no unit names here (one-letter names are left to variables).
  static constexpr Symbol symbols[] = {
      {"V", "volt"},  {"A", "amp"},    {"S", "siemens"},    {"F", "farad"},       {"s", "second"}, {"sec", "second"},
      {"m", "metre"}, {"g", "gram"},   {"kg", "kgram"},     {"K", "kelvin"},      {"M", "molar"},  {"Hz", "hertz"},
      {"Ohm", "ohm"}, {"N", "newton"}, {"Pa", "pascal"},    {"J", "joule"},       {"W", "watt"},   {"C", "coulomb"},
      {"l", "litre"}, {"L", "litre"},  {"celsius", "degC"}, {"siemen", "siemens"}};
  const auto long_name = [](std::string_view symbol) -> std::string_view {
    for (const Symbol& s : symbols)
      if (s.symbol == symbol) return s.unit;
    return {};
  };
  if (const auto unit = long_name(name); !unit.empty()) return std::string(unit);
  if (name.size() > 1) {
    const std::string_view unit = long_name(name.substr(1));
    if (!unit.empty()) {
      const std::string prefixed = std::string(name.substr(0, 1)) + std::string(unit);
      if (find_table_unit(prefixed) != nullptr) return prefixed;
    }
  }
  // But for their case; of several units the first of the table.
  const auto folded = [](std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(c | 32);
    return out;
  };
  static const auto by_letters = [&] {
    std::unordered_map<std::string, const TableUnit*> out;
    for (const TableUnit& unit : table_units()) out.try_emplace(folded(unit.name), &unit);
    return out;
  }();
  if (const auto same = by_letters.find(folded(name)); same != by_letters.end()) return same->second->name;
  for (std::size_t i = 0; i + 1 < name.size() && name.size() < 32; ++i) {  // two letters swapped
    std::string swapped(name);
    std::swap(swapped[i], swapped[i + 1]);
    if (find_table_unit(swapped) != nullptr) return swapped;
  }
  return nearest(name, unit_names());
}

}  // namespace hillock::units
