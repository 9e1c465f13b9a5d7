#include "study/simulate.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "io/npz/npz.hpp"
#include "io/whole_file.hpp"
#include "report/terminal_plot.hpp"
#include "sim/simulator.hpp"
#include "study/code_cache.hpp"
#include "study/picture_file.hpp"
#include "study/simulate_integrator.hpp"
#include "study/simulate_many.hpp"
#include "study/simulate_precision.hpp"
#include "study/simulate_sensitivity.hpp"
#include "study/simulate_setup.hpp"
#include "study/simulate_shown.hpp"
#include "study/simulate_spike_times.hpp"

namespace hillock::study {
namespace {

/// What is written out: a named column in its display unit.
struct Column {
  std::string name;
  std::string unit;
  std::vector<double> values;
};

/// When something happened, in seconds.
struct Happened {
  std::string name;
  std::vector<double> times;
};

std::string file_name(const Column& c) {
  std::string unit = c.unit;
  std::replace(unit.begin(), unit.end(), '/', '_');
  return unit.empty() || unit == "1" ? c.name : c.name + "_" + unit;
}

std::string label(const Column& c) { return c.unit == "1" ? c.name : c.name + " [" + c.unit + "]"; }

class Run {
 public:
  Run(const SimulateOptions& options, Progress& progress) : options_(options), progress_(progress) {}

  Result<Answer> run() {
    auto setup = set_up_simulation(options_);
    if (!setup) return fail(std::move(setup.error()));
    model_ = std::move(setup->model);
    experiment_ = std::move(setup->experiment);
    parameters_ = std::move(setup->parameters);
    return compute();
  }

 private:
  Result<Answer> compute() {
    auto backend = sim::choose_backend(options_.run.isa);
    if (!backend) return fail(std::move(backend.error()));
    auto taken = taken_integrator(model_, experiment_, parameters_, options_.integrator);
    if (!taken) return fail(std::move(taken.error()));
    integrator_ = std::move(*taken);
    const ir::Model model = shown_model(model_);
    sim::ProgramRequest request{sim::Purpose::trace, integrator_.name, {}};
    if (auto chosen = choose_events(model.observations.size(), request); !chosen)
      return fail(std::move(chosen.error()));
    const sim::RunOptions how{*backend,
                              options_.run.threads,
                              static_cast<std::uint64_t>(options_.seed),
                              code_store(options_.run.cache),
                              options_.run.isa == "auto" ? 1.0 : std::numeric_limits<double>::infinity(),
                              [&] { return progress_.should_stop(); }};
    auto batch = sim::Batch::create(model, experiment_, request, how);
    if (!batch) return fail(std::move(batch.error()));
    progress_.begin("simulate", 1.0);
    Array2 point(1, parameters_.size());
    std::copy(parameters_.begin(), parameters_.end(), point.values.begin());
    std::vector<Column> columns{{"time", "ms", {}}};
    for (std::size_t i = 0; i < experiment_.samples; ++i) columns[0].values.push_back(experiment_.time_of(i) * 1e3);
    for (const ir::Observation& o : model.observations) columns.push_back({o.channel, o.unit.name, {}});
    bool finer = false;  // more spikes between two samples than a trace keeps the times of
    const auto keep = [&](std::size_t, std::span<const double> values) {
      const std::size_t outs = model.observations.size();
      const std::size_t stride = batch->program().outputs_per_sample;
      for (std::size_t o = 0; o < outs; ++o)
        for (std::size_t i = 0; i < experiment_.samples; ++i)
          columns[o + 1].values.push_back(model.observations[o].unit.from_si(values[i * stride + 2 * o]));
      // What happens in the step that begins at a sample is counted from the next sample on.
      const auto times = [&](std::size_t counter) -> std::optional<std::vector<double>> {
        std::vector<double> out;
        for (std::size_t i = 0; i + 1 < experiment_.samples; ++i)
          for (double n = values[i * stride + counter]; n < values[(i + 1) * stride + counter]; n += 1.0)
            out.push_back(experiment_.time_of(i));
        return out;
      };
      std::size_t counter = 2 * outs;
      if (model.spiking) {
        const std::size_t kept = batch->program().spike_times;
        auto inside = kept == 0 ? times(counter) : spike_times_in(values, stride, counter, kept);
        finer = !inside.has_value();
        happened_.push_back({"spike", inside.value_or(std::vector<double>())});
        counter += 1 + kept;
      }
      for (const ir::Event& event : model.events) happened_.push_back({event.name, *times(counter++)});
    };
    batch->outputs(point, keep, [&] { return progress_.should_stop(); });
    if (columns[1].values.empty()) return fail("interrupted", "stopped: the simulation was not done");
    if (finer) {
      auto found = spike_times_by_finer_samples(model, experiment_, parameters_, request, how,
                                                [&] { return progress_.should_stop(); });
      if (!found) return fail(std::move(found.error()));
      happened_.front().times = std::move(*found);
    }
    if (auto done = compute_events(model, request, how); !done) return fail(std::move(done.error()));
    if (request.precision == sim::Precision::float32) {
      auto measured =
          PrecisionError::measure({model_, experiment_, request, how, point}, [&] { return progress_.should_stop(); });
      if (!measured) return fail(std::move(measured.error()));
      precision_ = std::move(*measured);
    }
    progress_.update(1.0, "");
    if (!options_.out.empty())
      if (auto written = write(columns); !written) return fail(std::move(written.error()));
    return describe(columns);
  }

  /// Where spikes are, and what is differentiated by what.
  Result<void> choose_events(std::size_t traces, sim::ProgramRequest& request) const {
    auto events = events_for(options_, model_);
    if (!events) return fail(std::move(events.error()));
    request.events = *events;
    auto precision = sim::precision_called(options_.precision.empty() ? "float64" : options_.precision);
    if (!precision) return fail(std::move(precision.error()));
    request.precision = *precision;
    if (options_.sensitivity.empty()) return {};
    if (request.precision == sim::Precision::float32)
      return fail("precision-unfit", "float32 is not for derivatives: the differences they are would be rounding",
                  "--precision", "--precision float64");
    auto by = parameters_called(model_, options_.sensitivity);
    if (!by) return fail(std::move(by.error()));
    request.with_respect_to = std::move(*by);
    return Sensitivity::affordable(traces, experiment_.samples, request.with_respect_to.size());
  }

  /// Located spikes have times of their own; derivatives where they are asked for.
  Result<void> compute_events(const ir::Model& model, sim::ProgramRequest request, const sim::RunOptions& how) {
    const auto stop = [&] { return progress_.should_stop(); };
    if (model.spiking && request.events == sim::Events::located) {
      request.purpose = sim::Purpose::spike_times;
      auto batch = sim::Batch::create(model, experiment_, request, how);
      if (!batch) return fail(std::move(batch.error()));
      Array2 point(1, parameters_.size());
      point.values = parameters_;
      bool done = false;
      const auto read = [&](std::size_t, const sim::SpikeTrain& train) {
        done = true;
        happened_.front().times = train.times;
        located_ = train.trouble;
      };
      batch->spikes(point, read, stop);
      if (!done) return fail("interrupted", "stopped: the simulation was not done");
    }
    if (options_.sensitivity.empty()) return {};
    auto computed = Sensitivity::compute(model, experiment_, parameters_, request, how, stop);
    if (!computed) return fail(std::move(computed.error()));
    sensitivity_ = std::move(*computed);
    return {};
  }

  Result<void> write(const std::vector<Column>& columns) const {
    if (options_.out.ends_with(".npz")) {
      std::vector<data::Array> arrays;
      for (const Column& c : columns) arrays.push_back({file_name(c), {c.values.size()}, c.values});
      for (const Happened& happened : happened_) {
        std::vector<double> times = happened.times;
        for (double& t : times) t *= 1e3;
        arrays.push_back({happened.name + "_time_ms", {times.size()}, times});
      }
      if (sensitivity_)
        for (data::Array& array : sensitivity_->arrays()) arrays.push_back(std::move(array));
      if (precision_)
        for (data::Array& array : precision_->arrays()) arrays.push_back(std::move(array));
      return io::write_npz(options_.out, arrays);
    }
    if (is_picture(options_.out)) return write_picture(options_.out, picture(columns));
    if (!options_.out.ends_with(".csv"))
      return fail("format-unknown", "traces are written as .csv, .npz, .svg or .png, not as " + options_.out, "--out",
                  "--out trace.csv");
    std::string text = precision_ ? "# " + precision_->line() + "\n" : "";
    for (std::size_t c = 0; c < columns.size(); ++c) text += (c > 0 ? "," : "") + file_name(columns[c]);
    text += "\n";
    for (std::size_t i = 0; i < columns[0].values.size(); ++i) {
      for (std::size_t c = 0; c < columns.size(); ++c)
        text += fmt::format("{}{}", c > 0 ? "," : "", columns[c].values[i]);
      text += "\n";
    }
    return io::write_whole(options_.out, text);
  }

  /// Inputs, states and what is observed; sub-expressions only where there is nothing else.
  [[nodiscard]] report::Picture picture(const std::vector<Column>& columns) const {
    report::Picture out{
        std::filesystem::path(options_.model).filename().string() + (precision_ ? "; " + precision_->line() : ""),
        "time [ms]",
        columns[0].values,
        false,
        false,
        {},
        {}};
    const auto add = [&](bool all) {
      for (std::size_t c = 1; c < columns.size(); ++c) {
        const bool definition =
            std::ranges::any_of(model_.definitions, [&](const ir::Definition& d) { return d.name == columns[c].name; });
        const bool observed = std::ranges::any_of(
            model_.observations, [&](const ir::Observation& o) { return o.channel == columns[c].name; });
        if (!all && definition && !observed) continue;
        out.lines.push_back({label(columns[c]), columns[c].values});
      }
    };
    add(false);
    if (out.lines.empty()) add(true);
    if (!happened_.empty())
      for (const double t : happened_.front().times) out.marks.push_back(t * 1e3);
    return out;
  }

  Answer describe(const std::vector<Column>& columns) const {
    Answer answer;
    nlohmann::ordered_json json{{"model", options_.model},
                                {"integrator", integrator_.name},
                                {"samples", experiment_.samples},
                                {"dt_ms", experiment_.interval * 1e3}};
    if (precision_) {
      json["precision"] = "float32";
      json["float32_error"] = nlohmann::ordered_json::parse(precision_->json());
    }
    json["outputs"] = nlohmann::ordered_json::array();
    answer.text = fmt::format("{}: {} samples, every {:g} ms, {}{}\n", options_.model, experiment_.samples,
                              experiment_.interval * 1e3, integrator_.name, precision_ ? ", float32" : "");
    if (!integrator_.reason.empty()) {
      answer.text += fmt::format("  {}, as {}\n", integrator_.name, integrator_.reason);
      json["integrator_reason"] = integrator_.reason;
    }
    for (std::size_t c = 1; c < columns.size(); ++c) {
      const auto bad =
          std::count_if(columns[c].values.begin(), columns[c].values.end(), [](double v) { return !std::isfinite(v); });
      const auto [low, high] = std::minmax_element(columns[c].values.begin(), columns[c].values.end());
      answer.text +=
          fmt::format("  {:<12} {:>12.6g} to {:<12.6g} {}{}\n", columns[c].name, *low, *high, columns[c].unit,
                      bad > 0 ? fmt::format("   {} samples not finite: the simulation blew up", bad) : "");
      json["outputs"].push_back({{"name", columns[c].name},
                                 {"unit", columns[c].unit},
                                 {"min", *low},
                                 {"max", *high},
                                 {"last", columns[c].values.back()},
                                 {"not_finite", bad}});
    }
    for (const Happened& happened : happened_) {
      const std::vector<double>& times = happened.times;
      const bool spike = model_.spiking && &happened == &happened_.front();
      const std::string what = spike ? (times.size() == 1 ? "spike" : "spikes")
                                     : fmt::format("{} of '{}'", times.size() == 1 ? "event" : "events", happened.name);
      answer.text += times.empty() ? fmt::format("  no {}\n", what)
                                   : fmt::format("  {} {}: the first at {:g} ms, the last at {:g} ms\n", times.size(),
                                                 what, times.front() * 1e3, times.back() * 1e3);
      nlohmann::ordered_json& list = spike ? json["spikes_ms"] : json["events_ms"][happened.name];
      list = nlohmann::ordered_json::array();
      for (const double t : times) list.push_back(t * 1e3);
    }
    if (located_) json["events"] = {{"located", true}, {"trouble", sim::to_string(*located_)}};
    if (located_ && !sensitivity_ && *located_ != sim::EventTrouble::none)
      answer.text += "  " + sentence(*located_) + "\n";
    if (sensitivity_) {
      answer.text += sensitivity_->text();
      json["sensitivity"] = nlohmann::ordered_json::parse(sensitivity_->json());
    }
    if (precision_) answer.text += precision_->text();
    if (model_.random()) json["seed"] = options_.seed;
    const auto shown_one = std::find_if(columns.begin() + 1, columns.end(), [&](const Column& c) {
      return !model_.observations.empty()
                 ? c.name == model_.observations.front().channel
                 : (!model_.states.empty() && c.name == model_.symbol(model_.states.front().symbol).name);
    });
    if (shown_one != columns.end()) {
      std::vector<double> marks;
      if (model_.spiking)
        for (const double t : happened_.front().times) marks.push_back(t * 1e3);
      const std::string plot = report::draw(report::TerminalPlot{.y_label = label(*shown_one),
                                                                 .x_label = "time [ms]",
                                                                 .x = columns[0].values,
                                                                 .y = shown_one->values,
                                                                 .marks = marks,
                                                                 .width = options_.run.width});
      if (!plot.empty()) answer.text += "\n" + plot;
    }
    if (!options_.out.empty()) {
      answer.text += "written: " + options_.out + "\n";
      json["file"] = options_.out;
    }
    answer.json = json.dump(2) + "\n";
    return answer;
  }

  const SimulateOptions& options_;
  Progress& progress_;
  ir::Model model_;
  sim::Experiment experiment_;
  std::vector<double> parameters_;
  TakenIntegrator integrator_;
  std::vector<Happened> happened_;            ///< spikes where there is a threshold, then events
  std::optional<sim::EventTrouble> located_;  ///< where spikes are located
  std::optional<Sensitivity> sensitivity_;
  std::optional<PrecisionError> precision_;  ///< of float32
};

}  // namespace

Result<Answer> simulate_model(const SimulateOptions& options, Progress& progress) {
  if (asks_for_many(options)) return simulate_many(options, progress);
  return Run(options, progress).run();
}

}  // namespace hillock::study
