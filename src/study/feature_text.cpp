#include "study/feature_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study/feature_expansion.hpp"
#include "study/sweep.hpp"

namespace hillock::study {
namespace {

using features::Argument;
using features::Feature;

constexpr double most_frequencies = 256.0;  // two columns of numbers each

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

struct Named {
  std::string name;
  units::Unit unit;
};

std::vector<Named> quantities(const ir::Model& model) {
  std::vector<Named> out;
  for (const ir::State& s : model.states) out.push_back({model.symbol(s.symbol).name, model.symbol(s.symbol).unit});
  for (const ir::Definition& d : model.definitions) out.push_back({d.name, d.unit});
  for (const ir::Observation& o : model.observations) out.push_back({o.channel, o.unit});
  return out;
}

/// The quantity's own unit to a power, times a time: "mV**2", "mV*ms".
units::Unit unit_of(const Feature& feature, const units::Unit& of) {
  const bool pure = of.name == "1";
  const bool product = of.name.find_first_of("*/") != std::string::npos;
  const std::string base = product ? "(" + of.name + ")" : of.name;
  const units::Dimension d = features::dimension_of(feature, of.dimension);
  switch (feature.gives) {
    case features::Gives::number: return {};
    case features::Gives::quantity: return of;
    case features::Gives::squared: return {pure ? "1" : base + "**2", d, of.factor * of.factor};
    case features::Gives::time: return *units::find_unit("ms");
    case features::Gives::rate: return *units::find_unit("Hz");
    case features::Gives::times_time: return {pure ? "ms" : base + "*ms", d, of.factor * 1e-3};
    case features::Gives::density: return {pure ? "1/Hz" : base + "**2/Hz", d, of.factor * of.factor};
  }
  return {};
}

class Reader {
 public:
  Reader(std::string_view text, const ir::Model& model, const Sampling& sampling)
      : text_(text), model_(model), sampling_(sampling) {}

  Result<FeatureColumn> read() {
    const std::string text = trimmed(text_);
    const std::size_t open = text.find('(');
    if (open == std::string::npos || text.back() != ')')
      return fail("feature-syntax", fmt::format("\"{}\" is not a feature of a quantity", text), "--feature",
                  "--feature \"mean(v)\", --feature \"spike_count(v, from=10 ms)\"");
    std::vector<std::string> parts{""};
    for (const char c : text.substr(open + 1, text.size() - open - 2))
      if (c == ',') parts.emplace_back();
      else parts.back() += c;
    column_.request.name = text;
    find_feature(trimmed(text.substr(0, open)));
    find_quantity(trimmed(parts[0]));
    if (feature_ != nullptr && !quantity_.name.empty()) {
      for (std::size_t i = 1; i < parts.size(); ++i) argument(parts[i]);
      complete();
      column_.unit = unit_of(*feature_, quantity_.unit);
    }
    if (!errors_.empty()) return fail(std::move(errors_));
    return std::move(column_);
  }

 private:
  void add(std::string code, std::string message, std::string hint) {
    errors_.push_back({std::move(code), std::move(message), {}, "--feature " + trimmed(text_), std::move(hint)});
  }

  void find_feature(const std::string& name) {
    feature_ = features::find_feature(name);
    column_.request.feature = feature_;
    if (feature_ != nullptr) return;
    std::vector<std::string> names;
    for (const Feature& row : features::registry()) names.emplace_back(row.name);
    const std::string near = nearest(name, names);
    add("feature-unknown", fmt::format("there is no feature \"{}\"", name),
        near.empty() ? fmt::format("{}", fmt::join(names, ", ")) : near);
  }

  void find_quantity(const std::string& name) {
    std::vector<std::string> names;
    for (const Named& q : quantities(model_)) {
      names.push_back(q.name);
      if (q.name == name) quantity_ = q;
    }
    column_.request.quantity = name;
    if (!quantity_.name.empty()) return;
    const std::string near = nearest(name, names);
    add("name-unknown", fmt::format("the model has no state, sub-expression or channel \"{}\"", name),
        near.empty() ? fmt::format("{}", fmt::join(names, ", ")) : near);
  }

  /// The time that "on" or "off" at the beginning of a text stands for, which is taken off; 0 where it begins
  /// otherwise; nothing where there is no stimulus (reported).
  std::optional<double> after_stimulus(std::string& text) {
    for (const auto& [word, when] : {std::pair{"on", sampling_.on}, {"off", sampling_.off}}) {
      const std::size_t length = std::string_view(word).size();
      if (!text.starts_with(word)) continue;
      const std::string rest = trimmed(std::string_view(text).substr(length));
      if (!rest.empty() && rest[0] != '+' && rest[0] != '-') continue;
      if (!when) {
        add("no-stimulus",
            fmt::format("\"{}\" counts from when an input {}, and none does", word,
                        std::string_view(word) == "on" ? "jumps" : "has jumped back"),
            "from=10 ms, or an --input that jumps: int(t > 10*ms)");
        return {};
      }
      // "+ 10 ms" is a quantity without its sign and space.
      const std::string quantity = rest.empty() ? "" : trimmed(std::string_view(rest).substr(1));
      text = rest.empty() || rest[0] == '+' ? quantity : "-" + quantity;
      return when;
    }
    return 0.0;
  }
  /// A time that is a sample's but for rounding, to the bit: what begins there begins with that sample.
  [[nodiscard]] double at_a_sample(double time) const {
    const double sample = std::round((time - sampling_.start) / sampling_.interval);
    const double exact = sampling_.start + sample * sampling_.interval;
    return std::fabs(exact - time) < 1e-6 * sampling_.interval ? exact : time;
  }

  void argument(const std::string& part) {
    const std::size_t equals = part.find('=');
    const std::string name = trimmed(part.substr(0, equals));
    if (equals == std::string::npos)
      return add("feature-syntax", fmt::format("\"{}\" is not an argument with a value", trimmed(part)), "from=10 ms");
    const units::Dimension second = units::find_unit("second")->dimension;
    units::Dimension wanted = second;
    const Argument* row = nullptr;
    if (name != "from" && name != "until") {
      const auto found = std::ranges::find(feature_->arguments, name, &Argument::name);
      if (found == feature_->arguments.end()) {
        std::vector<std::string> names{"from", "until"};
        for (const Argument& a : feature_->arguments) names.emplace_back(a.name);
        return add("argument-unknown", fmt::format("{} has no argument \"{}\"", feature_->name, name),
                   fmt::format("{}", fmt::join(names, ", ")));
      }
      row = &*found;
      wanted = features::dimension_of(*row, quantity_.unit.dimension);
    }
    std::string text = trimmed(part.substr(equals + 1));
    const bool edge = name == "from" || name == "until" || name == "at";
    double base = 0.0;
    if (edge) {
      const auto stimulus = after_stimulus(text);
      if (!stimulus) return;
      base = *stimulus;
    }
    if (text.empty()) text = "0 ms";
    auto value = units::parse_quantity(text);
    if (!value) {
      for (Error& e : value.error()) e.where = "--feature " + trimmed(text_), errors_.push_back(std::move(e));
      return;
    }
    double si = value->si();
    // A bare number is in the quantity's own unit.
    if (value->unit.name == "1" && row != nullptr && row->of == Argument::Of::quantity)
      si = quantity_.unit.to_si(value->value);
    else if (!(value->unit.dimension == wanted))
      return add(
          "unit-mismatch",
          fmt::format("{} is in {}, not in {}", name, units::describe(wanted), units::describe(value->unit.dimension)),
          fmt::format("{}=... {}", name, units::display_unit(wanted).name));
    if (edge) si = at_a_sample(base + si);
    if (name == "from") column_.request.window.from = si;
    else if (name == "until") column_.request.window.until = si;
    else column_.request.arguments[name] = si;
  }

  /// Of one sample: which one it is must be said, unless there is only one, and it must be there.
  void one_sample() {
    const features::Window& w = column_.request.window;
    const auto at = column_.request.arguments.find("at");
    if (at == column_.request.arguments.end()) {
      if (sampling_.samples != 1 && w.everything())
        add("argument-missing",
            fmt::format("value of {} needs at: which of {} samples", quantity_.name, sampling_.samples),
            fmt::format("value({}, at=...)", quantity_.name));
      return;
    }
    if (!w.everything())
      add("value-range", "`at` is one sample: `from` and `until` choose nothing more",
          fmt::format("value({}, at=...)", quantity_.name));
    const double place = (at->second - sampling_.start) / sampling_.interval;
    const double last = static_cast<double>(sampling_.samples) - 1.0;
    const auto time_of = [&](double sample) {
      return fmt::format("{:.10g} second", sampling_.start + sample * sampling_.interval);
    };
    const double nearest_one = std::round(place);
    const bool inside = nearest_one >= 0.0 && nearest_one <= last;
    if (inside && at->second == sampling_.start + nearest_one * sampling_.interval) return;
    if (!(place >= 0.0 && place <= last))
      add("off-grid",
          fmt::format("there is no sample at {:.10g} second: they are from {} to {}", at->second, time_of(0.0),
                      time_of(last)),
          fmt::format("at={}", time_of(place > last ? last : 0.0)));
    else
      add("off-grid",
          fmt::format("there is no sample at {:.10g} second: the nearest are at {} and {}", at->second,
                      time_of(std::floor(place)), time_of(std::ceil(place))),
          fmt::format("at={}", time_of(nearest_one)));
  }

  void complete() {
    if (feature_->name == "value") one_sample();
    const auto& arguments = column_.request.arguments;
    const bool voltage = quantity_.unit.dimension == units::find_unit("volt")->dimension;
    for (const Argument& a : feature_->arguments) {
      const auto found = arguments.find(a.name);
      const bool takes_own = a.name == "threshold" && model_.spiking && !shape();
      const bool usual = (a.name == "threshold" || a.name == "slope") && (voltage || takes_own);
      const bool needed = a.required || ((a.name == "threshold" || a.name == "slope") && !usual);
      if (found == arguments.end()) {
        if (needed)
          add("argument-missing",
              fmt::format("{} of {} needs {}: {}", feature_->name, quantity_.name, a.name, a.sentence),
              fmt::format("{}({}, {}=...)", feature_->name, quantity_.name, a.name));
        continue;
      }
      const bool whole = found->second == std::floor(found->second);
      if (a.of == Argument::Of::number &&
          !(whole && found->second >= 1.0 && found->second <= (a.name == "lag" ? 256 : 1e9)))
        add("value-range",
            fmt::format("{} must be a whole number {}", a.name, a.name == "lag" ? "from 1 to 256" : "from 1 on"),
            fmt::format("{}=1", a.name));
      if (a.of == Argument::Of::frequency && !(found->second > 0.0 || (a.name == "low" && found->second == 0.0)))
        add("value-range", "a frequency must be positive", fmt::format("{}=40 Hz", a.name));
    }
    const features::Window& w = column_.request.window;
    if (!(w.from < w.until)) add("value-range", "the window ends before it begins", "from=10 ms, until=110 ms");
    if (arguments.contains("low") && arguments.contains("high") && !(arguments.at("low") < arguments.at("high")))
      add("value-range", "low is not below high", "low=..., high=...");
    else if (column_.request.feature->name == "band_power" && errors_.empty()) band();
  }

  void band() {
    complete_resolution(column_.request, sampling_.start, sampling_.interval, sampling_.samples);
    const auto& arguments = column_.request.arguments;
    const double most = 0.5 / sampling_.interval;
    if (arguments.at("high") > most * (1 + 1e-9))
      return add("value-range", fmt::format("frequencies are below half the sampling rate, {:g} Hz", most),
                 fmt::format("high={:g} Hz", most));
    const double width = (arguments.at("high") - arguments.at("low")) / arguments.at("resolution");
    if (width > most_frequencies)
      add("value-range",
          fmt::format("the band has {:.0f} frequencies, {:g} Hz apart, and {:.0f} are summed at most", width,
                      arguments.at("resolution"), most_frequencies),
          fmt::format("resolution={:.2g} Hz, or a narrower band", arguments.at("resolution") * width / 200));
  }

  /// Features of the shape of spikes are taken at crossings even where the model has spikes of its own.
  [[nodiscard]] bool shape() const {
    constexpr std::string_view shapes[] = {"spike_peak",  "spike_trough",    "spike_width", "half_width",
                                           "spike_onset", "spike_amplitude", "ahp_depth"};
    return std::ranges::find(shapes, feature_->name) != std::end(shapes);
  }

  std::string_view text_;
  const ir::Model& model_;
  const Sampling& sampling_;
  const Feature* feature_ = nullptr;
  Named quantity_;
  FeatureColumn column_;
  Errors errors_;
};

}  // namespace

Sampling sampling_of(const sim::Experiment& e) {
  Sampling out{e.start, e.interval, e.samples};
  for (const auto& [name, input] : e.inputs)
    if (const std::vector<double> jumps = sim::jumps_of(*input, e); !jumps.empty()) {
      out.on = std::min(out.on.value_or(jumps.front()), jumps.front());
      out.off = std::max(out.off.value_or(jumps.back()), jumps.back());
    }
  if (out.on == out.off) out.off.reset();
  return out;
}

Result<std::vector<FeatureColumn>> parse_feature(std::string_view text, const ir::Model& model,
                                                 const Sampling& sampling) {
  auto texts = expand_feature(text);
  if (!texts) return fail(std::move(texts.error()));
  // One column is as the person wrote it.
  if (texts->size() == 1 && !is_sweep(text)) texts->front() = std::string(text);
  std::vector<FeatureColumn> out;
  for (const std::string& one : *texts) {
    auto column = Reader(one, model, sampling).read();
    if (!column) return fail(std::move(column.error()));
    out.push_back(std::move(*column));
  }
  return out;
}

}  // namespace hillock::study
