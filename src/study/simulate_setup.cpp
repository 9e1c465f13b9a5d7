#include "study/simulate_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/whole_file.hpp"
#include "lang/expression.hpp"
#include "lang/load.hpp"
#include "prob/prior.hpp"
#include "sim/model_size.hpp"
#include "study/parameter_space.hpp"
#include "study/sweep.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t largest_model = std::size_t{64} << 20U;
constexpr double most_samples = 1e8;  // 800 MB a column
constexpr std::size_t most_of_an_axis = 1000000;

class Setup {
 public:
  Setup(const SimulateOptions& options, bool values_needed) : options_(options), values_needed_(values_needed) {}

  Result<SimulateSetup> run() {
    auto text = io::read_whole(options_.model, largest_model);
    if (!text) return fail(std::move(text.error()));
    std::vector<std::string> started;
    for (const Assignment& a : options_.initial) started.push_back(a.name);
    auto model = lang::load_model(*text, options_.model, started);
    if (!model) return fail(std::move(model.error()));
    s_.model = std::move(*model);
    if (auto fits = sim::small_enough_to_run(s_.model); !fits) return fail(std::move(fits.error()));
    set_time();
    set_values();
    set_initial_values();
    set_inputs();
    if (s_.model.observations.empty() && s_.model.states.empty() && s_.model.definitions.empty())
      errors_.push_back(
          {"nothing-to-simulate", "the model has no states and observes nothing", {}, options_.model, {}});
    if (!errors_.empty()) return fail(std::move(errors_));
    if (options_.durations) std::ranges::rotate(s_.axes, s_.axes.begin() + 1);  // that sweep goes fastest
    for (Axis& axis : s_.axes)
      if (axis.parameter) axis.parameter = as_parameter(*s_.model.find(axis.name));
    return std::move(s_);
  }

 private:
  void set_time() {
    s_.experiment.interval = options_.dt ? options_.dt->si() : 1e-4;
    double duration = options_.duration ? options_.duration->si() : 1.0;
    double shortest = duration;
    if (options_.durations) {
      sweep_durations(*options_.durations);
      if (!errors_.empty()) return;
      const auto [least, most] = std::ranges::minmax(s_.axes.back().values);
      shortest = least, duration = most;
    }
    if (!(s_.experiment.interval > 0.0))
      errors_.push_back({"value-range", "the step must be positive", {}, "--dt", "--dt \"0.1 ms\""});
    else if (!(shortest >= s_.experiment.interval))
      errors_.push_back(
          {"value-range", "the run is shorter than one step", {}, "--duration", "a longer run or a smaller --dt"});
    else if (duration / s_.experiment.interval > most_samples)
      errors_.push_back(
          {"value-range",
           fmt::format("a run of {:.3g} steps would store {:.3g} GB", duration / s_.experiment.interval,
                       duration / s_.experiment.interval * 8e-9 * static_cast<double>(s_.model.states.size() + 1)),
           {},
           "--duration",
           "a shorter run or a larger --dt"});
    if (!errors_.empty()) return;
    s_.experiment.samples = samples_in(duration, s_.experiment.interval);
    s_.experiment.mask.assign(s_.experiment.samples, 1);
    s_.experiment.name = "simulate";
  }

  void sweep_durations(const Assignment& a) { sweep(a, a.name, *units::find_unit("ms"), std::nullopt); }

  /// --init: the constants that load_model has made for them.
  void set_initial_values() {
    std::vector<std::string> known;
    for (const ir::State& state : s_.model.states) known.push_back(s_.model.symbol(state.symbol).name);
    for (const Assignment& a : options_.initial) {
      if (std::ranges::find(known, a.name) == known.end()) {
        errors_.push_back(
            a.origin.error("name-unknown", "the model has no state called " + a.name, nearest(a.name, known)));
        continue;
      }
      const ir::SymbolId id = *s_.model.find(lang::initial_name(a.name));
      if (is_sweep(a.text)) {
        sweep(a, lang::initial_name(a.name), s_.model.symbol(id).unit, 0);
      } else if (const auto si = value_of(a, a.text, s_.model.symbol(id).unit)) {
        s_.experiment.constants[lang::initial_name(a.name)] = *si;
      }
    }
  }

  /// A parameter's value: --set, else its default, else its prior's median.
  void set_values() {
    std::vector<std::string> known;
    for (const ir::Parameter& p : s_.model.parameters) known.push_back(s_.model.symbol(p.symbol).name);
    for (const ir::Constant& c : s_.model.constants) known.push_back(s_.model.symbol(c.symbol).name);
    for (const ir::Parameter& p : s_.model.parameters) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (p.value) value = *p.value;
      else if (p.prior && !p.prior->conditional()) {
        if (auto prior = prob::Prior::make(p.prior->family, p.prior->arguments)) value = prior->quantile(0.5);
      }
      s_.parameters.push_back(value);
    }
    for (const Assignment& a : options_.set) {
      const auto id = s_.model.find(a.name);
      if (!id || std::find(known.begin(), known.end(), a.name) == known.end()) {
        const bool state = std::ranges::any_of(
            s_.model.states, [&](const ir::State& s) { return s_.model.symbol(s.symbol).name == a.name; });
        errors_.push_back(
            a.origin.error("name-unknown", "the model has no parameter or constant called " + a.name,
                           state ? "--init " + a.name + "=... is its initial value" : nearest(a.name, known)));
        continue;
      }
      if (is_sweep(a.text)) {
        sweep(a, a.name, s_.model.symbol(*id).unit, 0);
        continue;
      }
      const auto si = value_of(a, a.text, s_.model.symbol(*id).unit);
      if (!si) continue;
      if (s_.model.symbol(*id).kind == ir::SymbolKind::constant) s_.experiment.constants[a.name] = *si;
      for (std::size_t i = 0; i < s_.model.parameters.size(); ++i)
        if (s_.model.parameters[i].symbol == *id) s_.parameters[i] = *si;
    }
    set_conditional_values();
    for (std::size_t i = 0; values_needed_ && i < s_.parameters.size(); ++i)
      if (std::isnan(s_.parameters[i]) && std::ranges::none_of(s_.axes, [&](const Axis& axis) {
            return axis.name == s_.model.symbol(s_.model.parameters[i].symbol).name;
          }))
        errors_.push_back(
            {"parameter-without-value",
             "the parameter " + s_.model.symbol(s_.model.parameters[i].symbol).name + " has no default and no prior",
             s_.model.symbol(s_.model.parameters[i].symbol).span, options_.model,
             "--set " + s_.model.symbol(s_.model.parameters[i].symbol).name + "=..."});
  }

  [[nodiscard]] bool swept(ir::SymbolId id) const {
    return std::ranges::any_of(s_.axes, [&](const Axis& axis) { return axis.name == s_.model.symbol(id).name; });
  }

  /// Of parameters that no value was given, by --set or as default, and whose prior depends on others.
  void set_conditional_values() {
    for (std::uint32_t i = 0; i < s_.parameters.size(); ++i) {
      const ir::Parameter& p = s_.model.parameters[i];
      if (!std::isnan(s_.parameters[i]) || !p.prior || !p.prior->conditional() || swept(p.symbol)) continue;
      auto prior = prior_of(s_.model, i);
      if (!prior) continue;  // no value, then
      const auto here = prob::given(*prior, s_.parameters);
      if (here) s_.parameters[i] = here->quantile(0.5);
      s_.medians.push_back({i, std::move(*prior)});
      if (here) continue;
      // What it reads is swept, or has an error of its own, or is where this prior has no meaning.
      s_.parameters[i] = 0.0;
      const bool known = std::ranges::all_of(
          std::get<prob::Conditional>(s_.medians.back().prior).given,
          [&](std::size_t k) { return !std::isnan(s_.parameters[k]) && !swept(s_.model.parameters[k].symbol); });
      if (known && values_needed_) errors_.push_back(no_prior_here(s_.model, i, options_.model));
    }
  }

  void set_inputs() {
    const lang::NamedDimension time[] = {{"t", units::find_unit("second")->dimension}};
    std::vector<std::string> known;
    for (const ir::SymbolId id : s_.model.inputs) known.push_back(s_.model.symbol(id).name);
    for (const Assignment& a : options_.inputs) {
      if (std::find(known.begin(), known.end(), a.name) == known.end()) {
        errors_.push_back(
            a.origin.error("name-unknown", "the model has no input called " + a.name, nearest(a.name, known)));
        continue;
      }
      if (is_sweep(a.text)) {
        sweep(a, a.name, s_.model.symbol(*s_.model.find(a.name)).unit, 0);
        continue;
      }
      auto value =
          lang::parse_expression(a.text, a.origin.key, time, s_.model.symbol(*s_.model.find(a.name)).unit.dimension);
      if (!value) {
        errors_.insert(errors_.end(), value.error().begin(), value.error().end());
        continue;
      }
      std::vector<sim::Piece> pieces;
      pieces.push_back({std::numeric_limits<double>::infinity(), std::move(value->graph), value->root});
      const std::shared_ptr<const sim::Stimulus> stimulus = sim::piecewise(pieces);
      if (jumps_too_often(*stimulus, s_.experiment))
        errors_.push_back(a.origin.error("too-many-jumps",
                                         fmt::format("the input jumps more than {} times", sim::Stimulus::most_jumps),
                                         "a slower input, or a shorter run"));
      s_.experiment.inputs[a.name] = stimulus;
    }
    for (const std::string& name : known)
      if (!s_.experiment.inputs.contains(name) && std::none_of(options_.inputs.begin(), options_.inputs.end(),
                                                               [&](const Assignment& a) { return a.name == name; }))
        errors_.push_back(
            {"input-missing",
             "the model has an input " + name + ", and nothing says what it is",
             {},
             options_.model,
             fmt::format("--input {}=\"... {}\"", name, s_.model.symbol(*s_.model.find(name)).unit.name)});
  }

  /// A quantity in SI; a bare number is in `unit`. Nothing where it is none (reported).
  std::optional<double> value_of(const Assignment& a, std::string_view text, const units::Unit& unit) {
    auto quantity = units::parse_quantity(text);
    if (!quantity) {
      for (Error& e : quantity.error()) e.where = a.origin.key, errors_.push_back(std::move(e));
      return {};
    }
    if (quantity->unit.name == "1" && !unit.dimension.dimensionless()) return unit.to_si(quantity->value);
    if (quantity->unit.dimension == unit.dimension) return quantity->si();
    errors_.push_back(a.origin.error(
        "unit-mismatch",
        fmt::format("{} is in {} ({}), not in {} ({})", a.name, unit.name, units::describe(unit.dimension),
                    quantity->unit.name, units::describe(quantity->unit.dimension)),
        fmt::format("{}=\"... {}\"", a.name, unit.name)));
    return {};
  }

  /// @param axis  what the values are called in answers
  void sweep(const Assignment& a, const std::string& axis, const units::Unit& unit,
             std::optional<std::uint32_t> parameter) {
    const auto wrong = [&](const std::string& what) {
      errors_.push_back(parameter
                            ? a.origin.error("sweep-syntax", what,
                                             fmt::format("{}=FROM:TO:COUNT, {}=FROM:TO:COUNT:log", a.name, a.name))
                            : a.origin.error("sweep-syntax", what, "--duration \"10 ms:100 ms:10\""));
    };
    const auto found = read_sweep(a.text, most_of_an_axis);
    if (!found) return wrong(found.error().front().message);
    const auto from = value_of(a, found->from, unit), to = value_of(a, found->to, unit);
    if (!from || !to) return;
    if (found->logarithmic && !(*from > 0.0 && *to > 0.0))
      return wrong(fmt::format("\"{}\" is logarithmic and not between positive numbers", a.text));
    if (std::ranges::any_of(s_.axes, [&](const Axis& other) { return other.name == axis; }))
      return wrong(fmt::format("\"{}\" is a second sweep of the same name", a.text));
    s_.axes.push_back({axis, unit, values_of(*found, *from, *to), parameter});
  }

  /// What ranges over values must be able to differ between simulations: constants and inputs become parameters.
  std::uint32_t as_parameter(ir::SymbolId id) {
    for (std::uint32_t i = 0; i < s_.model.parameters.size(); ++i)
      if (s_.model.parameters[i].symbol == id) return i;
    std::erase_if(s_.model.constants, [&](const ir::Constant& c) { return c.symbol == id; });
    std::erase(s_.model.inputs, id);
    s_.model.symbols[index(id)].kind = ir::SymbolKind::parameter;
    s_.model.parameters.push_back({id, {}, {}});
    s_.parameters.push_back(0.0);
    return static_cast<std::uint32_t>(s_.model.parameters.size() - 1);
  }

  const SimulateOptions& options_;
  bool values_needed_;
  SimulateSetup s_;
  Errors errors_;
};

}  // namespace

Result<void> set_medians(const SimulateSetup& setup, std::span<double> point, const std::string& where) {
  for (const ConditionalMedian& median : setup.medians) {
    const auto prior = prob::given(median.prior, point);
    if (!prior) return fail(no_prior_here(setup.model, median.parameter, where));
    point[median.parameter] = prior->quantile(0.5);
  }
  return {};
}

std::size_t samples_in(double duration, double interval) {
  const double steps = duration / interval;
  const double whole = std::fabs(steps - std::round(steps)) <= 1e-4 ? std::round(steps) : std::ceil(steps);
  return static_cast<std::size_t>(whole) + 1;
}

Result<SimulateSetup> set_up_simulation(const SimulateOptions& options, bool values_needed) {
  return Setup(options, values_needed).run();
}

}  // namespace hillock::study
