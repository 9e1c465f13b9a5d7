#include "study/simulate_precision.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "study/simulate_shown.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t most_runs = 32;
constexpr std::size_t most_traces = 4;
constexpr std::size_t most_numbers = std::size_t{8} << 20U;  // of traces, in memory at once
constexpr double still = 1e-6;                               // eight spacings of a float32
constexpr double infinite = std::numeric_limits<double>::infinity();

/// |a - b|; 0 for two that are not finite alike, infinite for one that is not.
double difference(double a, double b) {
  if (std::isfinite(a) && std::isfinite(b)) return std::fabs(a - b);
  return std::isfinite(a) == std::isfinite(b) ? 0.0 : infinite;
}

/// `count` of `among` rows, evenly.
std::vector<std::size_t> evenly(std::size_t count, std::size_t among) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < std::min(count, among); ++i) out.push_back(i * among / std::min(count, among));
  return out;
}

/// The points with the addresses of their random numbers, which go by their place among all or are given.
Array2 rows_of(const PrecisionError::Simulated& s, std::span<const std::size_t> rows) {
  const std::size_t own = s.points.cols;
  Array2 out(rows.size(), own + (s.model.random() ? 2U : 0U));
  for (std::size_t k = 0; k < rows.size(); ++k) {
    std::copy(s.points.row(rows[k]).begin(), s.points.row(rows[k]).end(), out.row(k).begin());
    if (out.cols == own) continue;
    out(k, own) = static_cast<double>(s.each.noise.empty() ? rows[k] : s.each.noise[rows[k]]);
    out(k, own + 1) = static_cast<double>(s.how.seed);
  }
  return out;
}

/// JSON has no infinity.
nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

std::string share(double value) { return std::isfinite(value) ? fmt::format("{:.2g}", value) : "not finite in one"; }

std::string plural(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Samples at which the count of spikes has become higher than before.
std::vector<std::size_t> spike_samples(std::span<const double> values, std::size_t stride, std::size_t counter,
                                       std::size_t samples) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i + 1 < samples; ++i)
    if (values[(i + 1) * stride + counter] > values[i * stride + counter]) out.push_back(i);
  return out;
}

}  // namespace

Result<PrecisionError> PrecisionError::measure(const Simulated& s, const std::function<bool()>& stop) {
  PrecisionError out;
  out.all_runs_ = s.points.rows;
  const std::vector<std::size_t> rows = evenly(most_runs, s.points.rows);
  out.runs_ = rows.size();
  if (s.features != nullptr)
    if (auto done = out.compare_features(s, rows, rows_of(s, rows), stop); !done) return fail(std::move(done.error()));
  if (auto done = out.compare_traces(s, rows_of(s, evenly(most_traces, s.points.rows)), stop); !done)
    return fail(std::move(done.error()));
  return out;
}

Result<void> PrecisionError::compare_features(const Simulated& s, std::span<const std::size_t> rows,
                                              const Array2& points, const std::function<bool()>& stop) {
  sim::ProgramRequest request = s.request;
  request.precision = sim::Precision::float64;
  sim::RunOptions how = s.how;
  how.simulations = static_cast<double>(points.rows);
  auto batch = sim::Batch::create(s.model, s.experiment, request, how);
  if (!batch) return fail(std::move(batch.error()));
  std::vector<std::size_t> samples;
  for (const std::size_t row : rows)
    if (!s.each.samples.empty()) samples.push_back(s.each.samples[row]);
  const sim::FeatureTable wide = batch->features(points, stop, {samples, {}});
  if (stop()) return fail("interrupted", "stopped: the error of float32 was not measured");
  for (std::size_t f = 0; f < request.features.size(); ++f) {
    Feature feature{request.features[f].name, s.units[f]};
    double size = 0.0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const double narrow = s.features->values(rows[k], f), exact = wide.values(k, f);
      if (s.features->why[rows[k] * request.features.size() + f] != wide.why[k * request.features.size() + f])
        ++feature.undefined_in_one;
      else if (std::isfinite(exact) || std::isfinite(narrow)) {
        // Differences have no zero point of their own (degrees).
        const double in_unit = difference(feature.unit.from_si(narrow), feature.unit.from_si(exact));
        feature.largest = std::max(feature.largest, in_unit);
        size = std::max(size, std::fabs(feature.unit.from_si(exact)));
      }
    }
    feature.relative = feature.largest == 0.0 ? 0.0 : size > 0.0 ? feature.largest / size : infinite;
    features_.push_back(std::move(feature));
  }
  return {};
}

Result<void> PrecisionError::compare_traces(const Simulated& s, const Array2& points,
                                            const std::function<bool()>& stop) {
  const ir::Model model = shown_model(s.model);
  const std::size_t outs = model.observations.size();
  sim::ProgramRequest request = s.request;
  request.purpose = sim::Purpose::trace;
  request.features.clear();
  sim::Experiment experiment = s.experiment;
  // Both precisions, mean and sd of each observation, and the counts.
  const std::size_t stride_at_most = 2 * outs + 1 + model.events.size();
  const std::size_t fit = std::max<std::size_t>(2, most_numbers / (2 * points.rows * stride_at_most));
  whole_traces_ = experiment.samples <= fit;
  experiment.samples = std::min(experiment.samples, fit);
  experiment.mask.resize(experiment.samples);
  trace_runs_ = points.rows;
  trace_duration_ = experiment.interval * static_cast<double>(experiment.samples - 1);
  for (const ir::Observation& o : model.observations) {
    const auto named = [&](const auto& list, auto&& name) {
      return std::ranges::any_of(list, [&](const auto& each) { return name(each) == o.channel; });
    };
    const bool main = named(s.model.states, [&](const ir::State& e) { return s.model.symbol(e.symbol).name; }) ||
                      named(s.model.observations, [](const ir::Observation& e) { return e.channel; });
    traces_.push_back({o.channel, !main && !s.model.states.empty()});
  }
  if (model.spiking) spikes_ = Spikes{};

  sim::RunOptions how = s.how;
  how.simulations = static_cast<double>(points.rows);
  std::vector<std::vector<double>> narrow(points.rows);
  for (const sim::Precision precision : {sim::Precision::float32, sim::Precision::float64}) {
    request.precision = precision;
    auto batch = sim::Batch::create(model, experiment, request, how);
    if (!batch) return fail(std::move(batch.error()));
    const std::size_t stride = batch->program().outputs_per_sample;
    const auto compare = [&](std::size_t run, std::span<const double> exact) {
      const std::vector<double>& got = narrow[run];
      for (std::size_t o = 0; o < outs; ++o) {
        double low = infinite, high = -infinite, largest = 0.0, squares = 0.0;
        for (std::size_t i = 0; i < experiment.samples; ++i) {
          const double value = exact[i * stride + 2 * o];
          if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
          const double d = difference(got[i * stride + 2 * o], value);
          largest = std::max(largest, d), squares += d * d;
        }
        // A trace that stands still, as far as float32 can tell, is compared with its size.
        const double size = std::max(std::fabs(low), std::fabs(high));
        const double range = high - low > still * size ? high - low : size;
        const double scale = largest == 0.0 ? 0.0 : range > 0.0 ? 1.0 / range : infinite;
        traces_[o].largest = std::max(traces_[o].largest, largest == 0.0 ? 0.0 : largest * scale);
        if (largest > 0.0)
          traces_[o].mean_square =
              std::max(traces_[o].mean_square, squares * scale * scale / static_cast<double>(experiment.samples));
      }
      if (!spikes_) return;
      const auto ours = spike_samples(got, stride, 2 * outs, experiment.samples);
      const auto theirs = spike_samples(exact, stride, 2 * outs, experiment.samples);
      spikes_->number += theirs.size();
      if (ours.size() != theirs.size()) {
        ++spikes_->other_number;
        return;
      }
      for (std::size_t i = 0; i < ours.size(); ++i)
        spikes_->largest_shift =
            std::max(spikes_->largest_shift, std::fabs(experiment.time_of(ours[i]) - experiment.time_of(theirs[i])));
    };
    std::size_t done = 0;
    const auto take = [&](std::size_t run, std::span<const double> values) {
      ++done;
      if (precision == sim::Precision::float32) narrow[run].assign(values.begin(), values.end());
      else compare(run, values);
    };
    batch->outputs(points, take, stop);
    if (done < points.rows) return fail("interrupted", "stopped: the error of float32 was not measured");
  }
  return {};
}

std::string PrecisionError::json() const {
  nlohmann::ordered_json out{{"runs", runs_}};
  if (!features_.empty()) {
    out["features"] = nlohmann::ordered_json::array();
    for (const Feature& f : features_)
      out["features"].push_back({{"name", f.name},
                                 {"unit", f.unit.name},
                                 {"largest", number(f.largest)},
                                 {"relative", number(f.relative)},
                                 {"undefined_in_one", f.undefined_in_one}});
  }
  out["trace_runs"] = trace_runs_;
  out["trace_duration_ms"] = trace_duration_ * 1e3;
  out["traces"] = nlohmann::ordered_json::array();
  for (const Trace& t : traces_)
    out["traces"].push_back(
        {{"name", t.name}, {"largest", number(t.largest)}, {"rms", number(std::sqrt(t.mean_square))}});
  if (spikes_)
    out["spikes"] = {{"number", spikes_->number},
                     {"runs_with_another_number", spikes_->other_number},
                     {"largest_shift_ms", spikes_->largest_shift * 1e3}};
  return out.dump();
}

std::string PrecisionError::text() const {
  const std::string which = runs_ == all_runs_ ? (runs_ == 1 ? "this run" : fmt::format("these {} runs", runs_))
                                               : fmt::format("{} of these runs", runs_);
  std::string out = fmt::format("  float32, against {} in float64:\n", which);
  for (const Feature& f : features_) {
    out += fmt::format("    {}: ", f.name);
    if (f.largest == 0.0 && f.undefined_in_one == 0) out += "equal";
    else if (!std::isfinite(f.largest)) out += "not finite in one";
    else
      out += fmt::format("off by up to {:.2g}{} ({} of the largest)", f.largest,
                         f.unit.name == "1" ? "" : " " + f.unit.name, share(f.relative));
    if (f.undefined_in_one > 0) out += fmt::format("; in {} defined otherwise", plural(f.undefined_in_one, "run"));
    out += "\n";
  }
  out += trace_lines();
  return out;
}

std::string PrecisionError::trace_lines() const {
  const std::string where = (trace_runs_ == runs_ ? "" : fmt::format(", {} runs", trace_runs_)) +
                            (whole_traces_ ? "" : fmt::format(", the first {:g} ms", trace_duration_ * 1e3));
  std::string out = fmt::format("    traces{}, off by up to, as part of their range (root mean square):\n", where);
  const Trace* derived = nullptr;  // the worst
  for (const Trace& t : traces_) {
    if (!t.derived)
      out += fmt::format("      {:<12} {} ({})\n", t.name, share(t.largest), share(std::sqrt(t.mean_square)));
    else if (derived == nullptr || t.largest > derived->largest) derived = &t;
  }
  if (derived != nullptr && derived->largest > 0.0)
    out += fmt::format("      sub-expressions at most {} ({}: {})\n", share(derived->largest), derived->name,
                       share(std::sqrt(derived->mean_square)));
  if (!spikes_) return out;
  if (spikes_->other_number > 0)
    out += fmt::format("    spikes: another number in {}", plural(spikes_->other_number, "run"));
  else out += fmt::format("    spikes: all {} are there", spikes_->number);
  if (spikes_->other_number < trace_runs_ && spikes_->number > 0)
    out += fmt::format(", shifted by up to {:g} ms", spikes_->largest_shift * 1e3);
  return out + "\n";
}

std::string PrecisionError::line() const {
  double worst = 0.0;
  for (const Trace& t : traces_)
    if (!t.derived) worst = std::max(worst, t.largest);
  std::string out = fmt::format("float32: traces within {} of their range of float64", share(worst));
  if (spikes_)
    out += spikes_->other_number > 0
               ? fmt::format(", another number of spikes in {}", plural(spikes_->other_number, "run"))
               : fmt::format(", spikes within {:g} ms", spikes_->largest_shift * 1e3);
  return out + fmt::format(" (measured on {})", plural(trace_runs_, "run"));
}

std::vector<data::Array> PrecisionError::arrays() const {
  std::vector<data::Array> out;
  for (const Trace& t : traces_) out.push_back({"float32_error_" + t.name, {2}, {t.largest, std::sqrt(t.mean_square)}});
  for (const Feature& f : features_) out.push_back({"float32_error_" + f.name, {1}, {f.largest}});
  if (spikes_)
    out.push_back(
        {"float32_error_spikes", {2}, {static_cast<double>(spikes_->other_number), spikes_->largest_shift * 1e3}});
  return out;
}

}  // namespace hillock::study
