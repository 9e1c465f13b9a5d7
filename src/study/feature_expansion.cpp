#include "study/feature_expansion.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "study/sweep.hpp"
#include "units/unit.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t most_columns = 1000;

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

class Expansion {
 public:
  explicit Expansion(std::string_view text) : whole_(trimmed(text)) {}

  Result<std::vector<std::string>> run() {
    const std::size_t open = whole_.find('(');
    if (open == std::string::npos || whole_.back() != ')') return std::vector{whole_};
    head_ = whole_.substr(0, open + 1);
    std::vector<std::string> parts{""};
    for (const char c : whole_.substr(open + 1, whole_.size() - open - 2))
      if (c == ',') parts.emplace_back();
      else parts.back() += c;
    for (const std::string& part : parts) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) parts_.push_back({trimmed(part), ""});
      else parts_.push_back({trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1))});
    }
    std::vector<std::vector<Part>> out{parts_};
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (is_sweep(parts_[i].value)) {
        auto values = sweep(parts_[i]);
        if (!values) return fail(std::move(values.error()));
        out = with_each(out, {parts_[i].name}, *values);
      }
    if (find("bins") != nullptr) {
      auto edges = bins();
      if (!edges) return fail(std::move(edges.error()));
      for (std::vector<Part>& column : out) std::erase_if(column, [](const Part& p) { return p.name == "bins"; });
      out = with_each(out, {"low", "high"}, *edges);
    }
    std::vector<std::string> texts;
    for (const std::vector<Part>& column : out) texts.push_back(written(column));
    return texts;
  }

 private:
  struct Part {
    std::string name, value;  ///< a quantity has no value
  };
  using Values = std::vector<std::vector<std::string>>;  ///< [column][name]

  [[nodiscard]] const Part* find(std::string_view name) const {
    const auto found = std::ranges::find(parts_, name, &Part::name);
    return found == parts_.end() ? nullptr : &*found;
  }
  [[nodiscard]] Error error(std::string code, std::string message, std::string hint) const {
    return {std::move(code), std::move(message), {}, "--feature " + whole_, std::move(hint)};
  }

  /// Evenly from one quantity to another, in the unit of the first.
  Result<std::vector<std::string>> between(const Sweep& sweep) {
    auto from = units::parse_quantity(trimmed(sweep.from)), to = units::parse_quantity(trimmed(sweep.to));
    Errors errors;
    for (const auto* side : {&from, &to})
      if (!*side)
        for (const Error& e : side->error()) errors.push_back(e), errors.back().where = "--feature " + whole_;
    if (!errors.empty()) return fail(std::move(errors));
    // A bare number beside a quantity is in its unit.
    const units::Unit& unit = from->unit.name == "1" ? to->unit : from->unit;
    const auto si = [&](const units::Quantity& q) { return q.unit.name == "1" ? unit.to_si(q.value) : q.si(); };
    if (sweep.logarithmic && !(from->value > 0.0 && to->value > 0.0))
      return fail(error("sweep-syntax", "a logarithmic sweep is between positive numbers", "lag=1:64:7:log"));
    std::vector<std::string> out;
    for (const double value : values_of(sweep, si(*from), si(*to)))
      out.push_back(fmt::format("{:.9g}{}{}", unit.from_si(value), unit.name == "1" ? "" : " ",
                                unit.name == "1" ? "" : unit.name));
    return out;
  }
  Result<Values> sweep(const Part& part) {
    auto read = read_sweep(part.value, most_columns);
    if (!read)
      return fail(error("sweep-syntax", read.error().front().message, fmt::format("{}=FROM:TO:COUNT", part.name)));
    auto values = between(*read);
    if (!values) return fail(std::move(values.error()));
    Values out;
    for (std::string& v : *values) out.push_back({std::move(v)});
    return out;
  }
  Result<Values> bins() {
    const Part *low = find("low"), *high = find("high");
    const std::string count = find("bins")->value;
    if (low == nullptr || high == nullptr)
      return fail(error("argument-missing", "bins are between low and high", "low=-80 mV, high=40 mV, bins=24"));
    auto read = read_sweep(low->value + ":" + high->value + ":" + count, most_columns);
    if (!read)
      return fail(
          error("value-range", fmt::format("\"{}\" is no number of bins, 1 to {}", count, most_columns), "bins=24"));
    ++read->count;
    auto edges = between(*read);
    if (!edges) return fail(std::move(edges.error()));
    Values out;
    for (std::size_t i = 0; i + 1 < edges->size(); ++i) out.push_back({(*edges)[i], (*edges)[i + 1]});
    return out;
  }

  static std::vector<std::vector<Part>> with_each(const std::vector<std::vector<Part>>& all,
                                                  const std::vector<std::string>& names, const Values& values) {
    std::vector<std::vector<Part>> out;
    for (const std::vector<Part>& parts : all)
      for (const std::vector<std::string>& value : values) {
        if (out.size() >= most_columns) return out;
        out.push_back(parts);
        for (Part& p : out.back())
          for (std::size_t i = 0; i < names.size(); ++i)
            if (p.name == names[i]) p.value = value[i];
      }
    return out;
  }
  [[nodiscard]] std::string written(const std::vector<Part>& parts) const {
    std::string out = head_;
    for (const Part& p : parts)
      out += (&p == parts.data() ? "" : ", ") + p.name + (p.value.empty() ? "" : "=" + p.value);
    return out + ")";
  }

  std::string whole_, head_;
  std::vector<Part> parts_;
};

}  // namespace

Result<std::vector<std::string>> expand_feature(std::string_view text) { return Expansion(text).run(); }

}  // namespace hillock::study
