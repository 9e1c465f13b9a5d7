#include "study/simulate_sensitivity.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "study/moving_edges.hpp"

namespace hillock::study {
namespace {

constexpr double most_bytes = 4e9;
constexpr double lanes_at_once = 8.0;

std::string for_file(std::string name, std::string unit) {
  std::replace(unit.begin(), unit.end(), '/', '_');
  return unit.empty() || unit == "1" ? name : name + "_" + unit;
}

}  // namespace

Result<std::vector<std::uint32_t>> parameters_called(const ir::Model& model, const std::string& names) {
  std::vector<std::uint32_t> out;
  std::vector<std::string> known;
  for (const ir::Parameter& p : model.parameters) known.push_back(model.symbol(p.symbol).name);
  if (known.empty())
    return fail("name-unknown", "the model has no parameters to differentiate by", "--sensitivity",
                "a line such as: param g : nS = 60 nS");
  if (names == "all") {
    out.resize(known.size());
    std::iota(out.begin(), out.end(), 0U);
    return out;
  }
  Errors errors;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    std::string name = names.substr(at, comma - at);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    at = comma + 1;
    const auto found = std::ranges::find(known, name);
    if (found != known.end()) {
      out.push_back(static_cast<std::uint32_t>(found - known.begin()));
      continue;
    }
    const auto symbol = model.find(name);
    const bool constant = symbol && model.symbol(*symbol).kind == ir::SymbolKind::constant;
    errors.push_back(
        {"name-unknown",
         constant ? name + " is a constant: derivatives are taken by parameters" : "no parameter is called " + name,
         {},
         "--sensitivity",
         constant ? "param " + name + " : unit = ... instead of const" : nearest(name, known)});
  }
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

Result<sim::Events> events_for(const SimulateOptions& options, const ir::Model& model) {
  auto events = sim::events_called(options.events.empty() ? "grid" : options.events);
  if (!events || options.sensitivity.empty()) return events;
  if (model.spiking && options.events == "grid")
    return fail("events-unfit", "spikes on the grid of steps are no smooth function of the parameters", "--events",
                "--events located");
  return sim::Events::located;
}

std::string unit_of_slope(const std::string& of, const std::string& by) {
  if (by == "1") return of;
  return of + "/" + (by.find_first_of("/*") == std::string::npos ? by : "(" + by + ")");
}

RateSlopes rate_slopes(const sim::SpikeTrain& spikes, std::size_t parameters) {
  RateSlopes out;
  const std::size_t n = spikes.times.size();
  if (n < 2) return out;
  const double span = spikes.times.back() - spikes.times.front();
  out.rate = static_cast<double>(n - 1) / span;
  for (std::size_t k = 0; k < parameters; ++k)
    out.slopes.push_back(-out.rate / span * (spikes.slopes[(n - 1) * parameters + k] - spikes.slopes[k]));
  return out;
}

std::string sentence(sim::EventTrouble trouble) {
  switch (trouble) {
    case sim::EventTrouble::none: return "";
    case sim::EventTrouble::grazing:
      return "The threshold is touched rather than crossed: a spike is about to appear or to go, and from there on no "
             "derivative exists.";
    case sim::EventTrouble::crowded: return "Two spikes fall into one step: a smaller --dt is needed from there on.";
    case sim::EventTrouble::too_short:
      return "A refractory period begins and ends within one step: a smaller --dt is needed from there on.";
    case sim::EventTrouble::not_located:
      return "A crossing of the threshold was not found to 1e-6 of a step: a smaller --dt is needed from there on.";
    case sim::EventTrouble::on_threshold:
      return "The cell is on its threshold when it becomes able to spike (at the start, after a reset or a refractory "
             "period): whether it spikes at once is undecided, and from there on no derivative exists.";
    case sim::EventTrouble::at_end:
      return "The cell is on its threshold when the run ends: whether there is a last spike is undecided.";
  }
  return "";
}

Result<void> Sensitivity::affordable(std::size_t traces, std::size_t samples, std::size_t parameters) {
  const double bytes =
      8.0 * lanes_at_once * static_cast<double>(samples) * static_cast<double>(traces * (1 + parameters));
  if (bytes <= most_bytes) return {};
  return fail("value-range", fmt::format("the derivatives of {} samples would need {:.3g} GB", samples, bytes * 1e-9),
              "--sensitivity", "fewer parameters by name, a shorter run or a larger --dt");
}

Result<Sensitivity> Sensitivity::compute(const ir::Model& model, const sim::Experiment& experiment,
                                         const std::vector<double>& point, sim::ProgramRequest request,
                                         const sim::RunOptions& options, const std::function<bool()>& stop) {
  const std::vector<std::uint32_t> wrt = request.with_respect_to;
  const std::size_t stride = model.observations.size() * (1 + wrt.size());
  Sensitivity out;
  out.spiking_ = model.spiking.has_value();
  out.edges_ = about_moving_edges(model, request.integrator, wrt);
  std::vector<double> scale;  // to the parameter's unit
  for (const std::uint32_t k : wrt) {
    const ir::Symbol& symbol = model.symbol(model.parameters[k].symbol);
    out.parameters_.push_back({symbol.name, symbol.unit.name});
    out.values_.push_back(symbol.unit.from_si(point[k]));
    scale.push_back(symbol.unit.factor);
  }
  Array2 at(1, point.size());
  at.values = point;

  request.purpose = sim::Purpose::trace_slopes;
  auto traces = sim::Batch::create(model, experiment, request, options);
  if (!traces) return fail(std::move(traces.error()));
  bool done = false;
  const auto keep = [&](std::size_t, std::span<const double> values) {
    done = true;
    for (std::size_t o = 0; o < model.observations.size(); ++o)
      for (std::size_t k = 0; k < wrt.size(); ++k) {
        const ir::Observation& observation = model.observations[o];
        Slope slope{{observation.channel, observation.unit.name}, k, {}};
        for (std::size_t i = 0; i < experiment.samples; ++i)
          slope.values.push_back(values[i * stride + o * (1 + wrt.size()) + 1 + k] * scale[k] /
                                 observation.unit.factor);
        out.traces_.push_back(std::move(slope));
      }
  };
  traces->outputs(at, keep, stop);
  if (done && out.spiking_) {
    request.purpose = sim::Purpose::spike_time_slopes;
    auto spikes = sim::Batch::create(model, experiment, request, options);
    if (!spikes) return fail(std::move(spikes.error()));
    done = false;
    const auto read = [&](std::size_t, const sim::SpikeTrain& train) { done = true, out.spikes_ = train; };
    spikes->spikes(at, read, stop);
    out.rate_ = rate_slopes(out.spikes_, wrt.size());
    for (std::size_t k = 0; k < wrt.size(); ++k) {
      if (!out.rate_.slopes.empty()) out.rate_.slopes[k] *= scale[k];
      out.spike_slopes_.emplace_back();
      for (std::size_t i = k; i < out.spikes_.slopes.size(); i += wrt.size())
        out.spike_slopes_[k].push_back(out.spikes_.slopes[i] * scale[k] * 1e3);
    }
  }
  if (!done) return fail("interrupted", "stopped: the simulation was not done");
  return out;
}

std::string Sensitivity::unit(const Named& of, std::size_t parameter) const {
  return unit_of_slope(of.unit, parameters_[parameter].unit);
}

std::string Sensitivity::json() const {
  nlohmann::ordered_json out;
  out["parameters"] = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < parameters_.size(); ++k)
    out["parameters"].push_back({{"name", parameters_[k].name}, {"unit", parameters_[k].unit}, {"value", values_[k]}});
  out["outputs"] = nlohmann::ordered_json::array();
  for (const Slope& s : traces_) {
    double largest = 0.0;
    for (const double v : s.values) largest = std::max(largest, std::fabs(v));
    out["outputs"].push_back({{"name", s.of.name},
                              {"parameter", parameters_[s.parameter].name},
                              {"unit", unit(s.of, s.parameter)},
                              {"last", s.values.back()},
                              {"largest", largest}});
  }
  if (!edges_.empty()) out["note"] = edges_;
  if (!spiking_) return out.dump();
  out["spikes"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < spikes_.times.size(); ++i) {
    nlohmann::ordered_json slopes;
    for (std::size_t k = 0; k < parameters_.size(); ++k) slopes[parameters_[k].name] = spike_slopes_[k][i];
    out["spikes"].push_back({{"time_ms", spikes_.times[i] * 1e3}, {"d_time_ms", slopes}});
  }
  if (rate_.slopes.empty()) {
    out["rate"] = nullptr;
  } else {
    nlohmann::ordered_json slopes;
    for (std::size_t k = 0; k < parameters_.size(); ++k) slopes[parameters_[k].name] = rate_.slopes[k];
    out["rate"] = {{"hz", rate_.rate}, {"d_hz", slopes}};
  }
  out["trouble"] = spikes_.trouble == sim::EventTrouble::none ? nlohmann::ordered_json(nullptr)
                                                              : nlohmann::ordered_json(to_string(spikes_.trouble));
  return out.dump();
}

std::string Sensitivity::text() const {
  std::string out = "\nderivatives by " + parameters_[0].name;
  for (std::size_t k = 1; k < parameters_.size(); ++k) out += ", " + parameters_[k].name;
  out += "\n";
  for (const Slope& s : traces_) {
    double largest = 0.0;
    for (const double v : s.values) largest = std::max(largest, std::fabs(v));
    out += fmt::format("  {:<20} {:>12.6g} at the end, {:>12.6g} at most  {}\n",
                       "d " + s.of.name + "/d " + parameters_[s.parameter].name, s.values.back(), largest,
                       unit(s.of, s.parameter));
  }
  if (!edges_.empty()) out += "  " + edges_ + "\n";
  if (!spiking_) return out;
  for (std::size_t k = 0; k < parameters_.size() && !spikes_.times.empty(); ++k)
    out += fmt::format("  {:<20} {:>12.6g} first spike, {:>12.6g} last spike  {}\n", "d time/d " + parameters_[k].name,
                       spike_slopes_[k].front(), spike_slopes_[k].back(), unit({"", "ms"}, k));
  for (std::size_t k = 0; k < rate_.slopes.size(); ++k)
    out += fmt::format("  {:<20} {:>12.6g} at {:.6g} Hz  {}\n", "d rate/d " + parameters_[k].name, rate_.slopes[k],
                       rate_.rate, unit({"", "Hz"}, k));
  if (rate_.slopes.empty()) out += "  fewer than two spikes: no rate\n";
  if (spikes_.trouble != sim::EventTrouble::none) out += "  " + sentence(spikes_.trouble) + "\n";
  return out;
}

std::vector<data::Array> Sensitivity::arrays() const {
  std::vector<data::Array> out;
  const auto by = [&](std::size_t k) { return "_d_" + for_file(parameters_[k].name, parameters_[k].unit); };
  for (const Slope& s : traces_)
    out.push_back({"d_" + for_file(s.of.name, s.of.unit) + by(s.parameter), {s.values.size()}, s.values});
  for (std::size_t k = 0; k < spike_slopes_.size(); ++k)
    out.push_back({"d_spike_time_ms" + by(k), {spike_slopes_[k].size()}, spike_slopes_[k]});
  return out;
}

}  // namespace hillock::study
