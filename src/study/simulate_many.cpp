#include "study/simulate_many.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>

#include "base/rng.hpp"
#include "io/npz/npz.hpp"
#include "io/whole_file.hpp"
#include "prob/conditional.hpp"
#include "report/terminal_plot.hpp"
#include "sim/simulator.hpp"
#include "study/code_cache.hpp"
#include "study/feature_text.hpp"
#include "study/fit_target.hpp"
#include "study/parameter_space.hpp"
#include "study/picture_file.hpp"
#include "study/simulate_integrator.hpp"
#include "study/simulate_precision.hpp"
#include "study/simulate_sensitivity.hpp"
#include "study/simulate_setup.hpp"
#include "study/sweep.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t most_runs = 100000000;       // of a table of one column: 0.8 GB
constexpr std::size_t most_slopes = 200000000;     // 1.6 GB
constexpr std::size_t shown_rows = 40;             // on a terminal
constexpr std::size_t most_rows_in_json = 100000;  // more go to a file
constexpr std::size_t stop_every = 1024;           // rows between two questions whether to stop
constexpr int most_tries = 10000;                  // for a draw that the joint conditions allow

class Many {
 public:
  Many(const SimulateOptions& options, Progress& progress) : options_(options), progress_(progress) {}

  Result<Answer> run() {
    auto setup = set_up_simulation(options_, options_.draws == 0);
    if (!setup) return fail(std::move(setup.error()));
    s_ = std::move(*setup);
    Errors errors;
    read_features(errors);
    check_sizes(errors);
    if (!errors.empty()) return fail(std::move(errors));
    if (auto filled = fill_points(); !filled) return fail(std::move(filled.error()));
    auto backend = sim::choose_backend(options_.run.isa);
    if (!backend) return fail(std::move(backend.error()));
    auto taken = taken_integrator(s_.model, s_.experiment, {}, options_.integrator);
    if (!taken) return fail(std::move(taken.error()));
    integrator_ = std::move(*taken);
    sim::ProgramRequest request{sim::Purpose::features, integrator_.name, {}, {}};
    for (const FeatureColumn& c : columns_) request.features.push_back(c.request);
    auto events = events_for(options_, s_.model);
    if (!events) return fail(std::move(events.error()));
    request.events = *events;
    if (!by_.empty()) request.purpose = sim::Purpose::feature_slopes, request.with_respect_to = by_;
    auto precision = sim::precision_called(options_.precision.empty() ? "float64" : options_.precision);
    if (!precision) return fail(std::move(precision.error()));
    request.precision = *precision;
    sim::RunOptions how{*backend, options_.run.threads, static_cast<std::uint64_t>(options_.seed),
                        code_store(options_.run.cache)};
    how.stop = [&] { return progress_.should_stop(); };
    auto batch = sim::Batch::create(s_.model, s_.experiment, request, how);
    if (!batch) return fail(std::move(batch.error()));
    progress_.begin("simulate", static_cast<double>(points_.rows));
    table_ = batch->features(points_, how.stop, {samples_, noise_});
    if (progress_.should_stop()) return fail("interrupted", "stopped: not all simulations were done");
    if (request.precision == sim::Precision::float32) {
      std::vector<units::Unit> units;
      for (const FeatureColumn& c : columns_) units.push_back(c.unit);
      auto measured = PrecisionError::measure(
          {s_.model, s_.experiment, request, how, points_, &table_, std::move(units), {samples_, noise_}},
          [&] { return progress_.should_stop(); });
      if (!measured) return fail(std::move(measured.error()));
      precision_ = std::move(*measured);
    }
    progress_.update(static_cast<double>(points_.rows), "");
    if (!options_.out.empty())
      if (auto written = write(); !written) return fail(std::move(written.error()));
    return describe();
  }

 private:
  void read_features(Errors& errors) {
    const Sampling sampling = sampling_of(s_.experiment);
    for (const std::string& text : options_.features) {
      auto columns = parse_feature(text, s_.model, sampling);
      if (columns) std::ranges::move(*columns, std::back_inserter(columns_));
      else errors.insert(errors.end(), columns.error().begin(), columns.error().end());
    }
    if (!options_.features.empty()) return;
    std::string name;
    if (!s_.model.states.empty()) name = s_.model.symbol(s_.model.states.front().symbol).name;
    else if (!s_.model.definitions.empty()) name = s_.model.definitions.front().name;
    else name = s_.model.observations.front().channel;
    const std::array spikes =
        options_.sensitivity.empty() ? std::array{"spike_count", "spike_rate"} : std::array{"latency", "isi_mean"};
    for (const char* feature : s_.model.spiking ? spikes : std::array{"mean", "sd"})
      if (auto columns = parse_feature(fmt::format("{}({})", feature, name), s_.model, sampling))
        std::ranges::move(*columns, std::back_inserter(columns_));
  }

  void check_sizes(Errors& errors) {
    if (!options_.sensitivity.empty()) {
      if (auto by = parameters_called(s_.model, options_.sensitivity)) by_ = std::move(*by);
      else errors.insert(errors.end(), by.error().begin(), by.error().end());
    }
    double runs = static_cast<double>(std::max<std::int64_t>(options_.draws, 1)) * static_cast<double>(options_.trials);
    for (const Axis& axis : s_.axes) runs *= static_cast<double>(axis.values.size());
    if (runs > static_cast<double>(most_runs))
      errors.push_back(
          {"too-many-runs",
           fmt::format("{:.3g} runs are more than one table holds ({:.3g})", runs, static_cast<double>(most_runs)),
           {},
           "--set",
           "fewer values, draws or trials"});
    const double slopes = runs * static_cast<double>(columns_.size() * by_.size());
    if (runs <= static_cast<double>(most_runs) && slopes > static_cast<double>(most_slopes))
      errors.push_back({"too-many-runs",
                        fmt::format("{:.3g} derivatives are more than one table holds ({:.3g})", slopes,
                                    static_cast<double>(most_slopes)),
                        {},
                        "--sensitivity",
                        "fewer runs, or fewer parameters by name"});
    if (!options_.noise.empty() && options_.noise != "own" && options_.noise != "common")
      errors.push_back({"noise-unknown",
                        "runs have noise of their own or common noise, not \"" + options_.noise + "\"",
                        {},
                        "--noise",
                        "own or common"});
    if (options_.draws < 0 || options_.trials < 1)
      errors.push_back({"value-range",
                        "draws and trials are counts",
                        {},
                        options_.draws < 0 ? "--draws" : "--trials",
                        "--draws 1000, --trials 20"});
    if (is_picture(options_.out) && (s_.axes.size() != 1 || random()))
      errors.push_back(
          {"format-unknown", "a picture is of one sweep, without draws and trials", {}, "--out", "--out table.csv"});
    else if (!options_.out.empty() && !options_.out.ends_with(".csv") && !options_.out.ends_with(".npz") &&
             !is_picture(options_.out))
      errors.push_back({"format-unknown",
                        "tables are written as .csv or .npz, curves as .svg or .png, not as " + options_.out,
                        {},
                        "--out",
                        "--out table.csv"});
    if (options_.draws == 0) return;
    for (std::uint32_t i = 0; i < s_.model.parameters.size(); ++i) {
      const ir::Parameter& p = s_.model.parameters[i];
      if (!fixed(i) && !p.prior && !p.value)
        errors.push_back(
            {"no-prior",
             fmt::format("the parameter {} has no prior to draw from, and no default", s_.model.symbol(p.symbol).name),
             s_.model.symbol(p.symbol).span, options_.model,
             fmt::format("--set {}=...", s_.model.symbol(p.symbol).name)});
    }
  }

  /// Over a grid that somebody chose, a mean means nothing; over draws and trials it does.
  [[nodiscard]] bool random() const { return options_.draws > 0 || options_.trials > 1; }

  /// Swept, or given by --set: not drawn.
  [[nodiscard]] bool fixed(std::uint32_t parameter) const {
    const std::string& name = s_.model.symbol(s_.model.parameters[parameter].symbol).name;
    return std::ranges::any_of(s_.axes, [&](const Axis& a) { return a.parameter == parameter; }) ||
           std::ranges::any_of(options_.set, [&](const Assignment& a) { return a.name == name; });
  }

  Result<void> fill_points() {
    for (std::uint32_t i = 0; i < s_.model.parameters.size(); ++i)
      if (options_.draws > 0 && !fixed(i) && s_.model.parameters[i].prior) drawn_.push_back(i);
    std::size_t grid = 1;
    for (const Axis& axis : s_.axes) grid *= axis.values.size();
    const auto draws = static_cast<std::size_t>(std::max<std::int64_t>(options_.draws, 1));
    const auto trials = static_cast<std::size_t>(options_.trials);
    points_ = Array2(grid * draws * trials, s_.model.parameters.size());
    const bool durations = std::ranges::any_of(s_.axes, [](const Axis& a) { return !a.parameter; });
    const bool common = options_.noise == "common" && s_.model.random();
    std::vector<prob::Entry> priors;
    for (const std::uint32_t i : drawn_) {
      auto prior = prior_of(s_.model, i);
      if (!prior) return fail(std::move(prior.error()));
      priors.push_back(std::move(*prior));
    }
    Requirements requirements(s_.model, s_.experiment.constants);
    std::size_t row = 0;
    for (std::size_t g = 0; g < grid; ++g)
      for (std::size_t d = 0; d < draws; ++d) {
        std::vector<double> point = s_.parameters;
        std::size_t place = g;  // the last sweep goes fastest
        double duration = 0.0;
        for (std::size_t a = s_.axes.size(); a-- > 0; place /= s_.axes[a].values.size())
          (s_.axes[a].parameter ? point[*s_.axes[a].parameter] : duration) =
              s_.axes[a].values[place % s_.axes[a].values.size()];
        if (options_.draws == 0 && !s_.medians.empty())
          if (auto set = set_medians(s_, point, options_.model); !set) return fail(std::move(set.error()));
        if (row % stop_every < trials && progress_.should_stop())
          return fail("interrupted", "stopped: no simulation was done");
        // Draw d is the same at every place of the grid.
        Rng rng(static_cast<std::uint64_t>(options_.seed), stream_id("simulate draws"), d);
        for (int tries = 0; !drawn_.empty(); ++tries) {
          // A prior that reads a parameter which is set or swept is taken at that value.
          for (std::size_t i = 0; i < drawn_.size(); ++i) {
            const auto prior = prob::given(priors[i], point);
            if (!prior) return fail(no_prior_here(s_.model, drawn_[i], options_.model));
            point[drawn_[i]] = prior->sample(rng);
          }
          if (!requirements.any() || requirements.hold(point)) break;
          if (tries == most_tries)
            return fail("no-prior", fmt::format("{} draws in a row do not meet the model's joint conditions", tries),
                        options_.model, "wider conditions, or other values of what is swept");
        }
        for (std::size_t t = 0; t < trials; ++t) {
          std::copy(point.begin(), point.end(), points_.row(row++).begin());
          if (durations) durations_.push_back(duration);
          if (durations) samples_.push_back(samples_in(duration, s_.experiment.interval));
          if (common) noise_.push_back(t);
        }
      }
    return {};
  }

  /// A column of the answer: what identifies a run, then its features.
  struct Shown {
    std::string name;
    std::string unit;
    std::vector<double> values;  ///< in `unit`
    std::size_t feature = SIZE_MAX;
    bool slope = false;  ///< a derivative of the feature
  };

  [[nodiscard]] std::vector<Shown> shown() const {
    std::vector<Shown> out;
    const auto parameter = [&](std::uint32_t i) {
      const ir::Symbol& symbol = s_.model.symbol(s_.model.parameters[i].symbol);
      Shown column{symbol.name, symbol.unit.name, {}};
      for (std::size_t k = 0; k < points_.rows; ++k) column.values.push_back(symbol.unit.from_si(points_(k, i)));
      out.push_back(std::move(column));
    };
    for (const Axis& axis : s_.axes) {
      if (axis.parameter) {
        parameter(*axis.parameter);
        continue;
      }
      out.push_back({axis.name, axis.unit.name, {}});
      for (const double duration : durations_) out.back().values.push_back(axis.unit.from_si(duration));
    }
    for (const std::uint32_t i : drawn_) parameter(i);
    if (options_.trials > 1) {
      Shown column{"trial", "1", {}};
      for (std::size_t k = 0; k < points_.rows; ++k)
        column.values.push_back(static_cast<double>(k % static_cast<std::size_t>(options_.trials)));
      out.push_back(std::move(column));
    }
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      const units::Unit& unit = columns_[f].unit;
      Shown column{columns_[f].request.name, unit.name, {}, f};
      for (std::size_t k = 0; k < points_.rows; ++k) column.values.push_back(unit.from_si(table_.values(k, f)));
      out.push_back(std::move(column));
      for (std::size_t b = 0; b < by_.size(); ++b) {
        const ir::Symbol& p = s_.model.symbol(s_.model.parameters[by_[b]].symbol);
        Shown slope{
            "d " + columns_[f].request.name + "/d " + p.name, unit_of_slope(unit.name, p.unit.name), {}, f, true};
        for (std::size_t k = 0; k < points_.rows; ++k)
          slope.values.push_back(table_.slopes(k, f * by_.size() + b) * p.unit.factor / unit.factor);
        out.push_back(std::move(slope));
      }
    }
    return out;
  }

  /// Why a cell has no value; empty where it has one.
  [[nodiscard]] std::string_view why(std::size_t run, const Shown& column) const {
    if (column.feature == SIZE_MAX) return "";
    const std::size_t cell = run * columns_.size() + column.feature;
    if (table_.why[cell] != features::Undefined::none) return features::to_string(table_.why[cell]);
    if (!column.slope) return "";
    if (table_.no_slope[cell] != features::NoSlope::none) return features::to_string(table_.no_slope[cell]);
    return sim::to_string(table_.trouble[run]);
  }

  [[nodiscard]] static std::string title(const Shown& c) {
    return c.unit == "1" ? c.name : c.name + " [" + c.unit + "]";
  }

  /// Of one sweep: does it go in even ratios?
  [[nodiscard]] bool logarithmic() const {
    const std::vector<double>& v = s_.axes.front().values;
    return v.size() > 2 && std::min(v.front(), v.back()) > 0 && std::fabs(v[1] / v[0] - v[2] / v[1]) < 1e-9;
  }

  [[nodiscard]] Result<void> write() const {
    const std::vector<Shown> columns = shown();
    if (is_picture(options_.out)) {
      report::Picture picture{options_.model + (precision_ ? "; " + precision_->line() : ""),
                              title(columns[0]),
                              columns[0].values,
                              logarithmic(),
                              true,
                              {},
                              {}};
      for (std::size_t c = 1; c < columns.size(); ++c) picture.lines.push_back({title(columns[c]), columns[c].values});
      return write_picture(options_.out, picture);
    }
    if (options_.out.ends_with(".npz")) {
      std::vector<data::Array> arrays;
      for (const Shown& c : columns) {
        std::vector<double> values = c.values;
        for (std::size_t k = 0; k < values.size(); ++k)
          if (!why(k, c).empty()) values[k] = std::numeric_limits<double>::quiet_NaN();
        arrays.push_back({title(c), {values.size()}, std::move(values)});
      }
      if (precision_)
        for (data::Array& array : precision_->arrays()) arrays.push_back(std::move(array));
      return io::write_npz(options_.out, arrays);
    }
    std::string text = precision_ ? "# " + precision_->line() + "\n" : "";
    for (std::size_t c = 0; c < columns.size(); ++c) text += (c > 0 ? ",\"" : "\"") + title(columns[c]) + "\"";
    text += "\n";
    for (std::size_t k = 0; k < points_.rows; ++k) {
      if (k % stop_every == 0 && progress_.should_stop())
        return fail("interrupted", "stopped: " + options_.out + " was not written");
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const std::string_view reason = why(k, columns[c]);
        text += c > 0 ? "," : "";
        text += reason.empty() ? fmt::format("{}", columns[c].values[k]) : std::string(reason);
      }
      text += "\n";
    }
    return io::write_whole(options_.out, text);
  }

  [[nodiscard]] Answer describe() const {
    const std::vector<Shown> columns = shown();
    Answer answer;
    nlohmann::ordered_json json{{"model", options_.model},
                                {"integrator", integrator_.name},
                                {"samples", s_.experiment.samples},
                                {"dt_ms", s_.experiment.interval * 1e3},
                                {"runs", points_.rows},
                                {"seed", options_.seed}};
    if (options_.noise == "common") json["noise"] = "common";
    answer.text = fmt::format("{}: {} run{} of {} samples, every {:g} ms, {}{}\n", options_.model, points_.rows,
                              points_.rows == 1 ? "" : "s", s_.experiment.samples, s_.experiment.interval * 1e3,
                              integrator_.name, precision_ ? ", float32" : "");
    if (precision_) {
      json["precision"] = "float32";
      json["float32_error"] = nlohmann::ordered_json::parse(precision_->json());
    }
    if (!integrator_.reason.empty()) {
      answer.text += fmt::format("  {}, as {}\n", integrator_.name, integrator_.reason);
      json["integrator_reason"] = integrator_.reason;
    }
    std::vector<std::size_t> widths;
    std::string names = " ", units = " ";
    for (const Shown& c : columns) {
      widths.push_back(std::max<std::size_t>({c.name.size(), c.unit.size(), 12}));
      names += fmt::format(" {:>{}}", c.name, widths.back());
      units += fmt::format(" {:>{}}", c.unit == "1" ? "" : c.unit, widths.back());
      json["columns"].push_back({{"name", c.name}, {"unit", c.unit}});
    }
    answer.text += names + "\n" + units + "\n";
    const std::size_t in_json = points_.rows <= most_rows_in_json ? points_.rows : 0;
    json["rows"] = nlohmann::ordered_json::array();
    for (std::size_t k = 0; k < std::max(in_json, std::min(points_.rows, shown_rows)); ++k) {
      nlohmann::ordered_json row = nlohmann::ordered_json::array();
      std::string line = " ";
      for (std::size_t c = 0; c < columns.size(); ++c) {
        const std::string_view reason = why(k, columns[c]);
        const std::string cell = reason.empty() ? fmt::format("{:.6g}", columns[c].values[k]) : std::string(reason);
        line += fmt::format(" {:>{}}", cell, widths[c]);
        if (reason.empty()) row.push_back(columns[c].values[k]);
        else row.push_back(cell);
      }
      if (k < shown_rows) answer.text += line + "\n";
      if (k < in_json) json["rows"].push_back(std::move(row));
    }
    if (points_.rows > shown_rows)
      answer.text +=
          fmt::format("  ... {} row{} more{}\n", points_.rows - shown_rows, points_.rows - shown_rows == 1 ? "" : "s",
                      options_.out.empty() ? " (--out table.csv)" : "");
    if (in_json == 0) json["rows_omitted"] = points_.rows;
    for (const Shown& c : columns) {
      if (c.feature == SIZE_MAX) continue;
      std::map<std::string_view, std::size_t> reasons;
      double sum = 0.0, squares = 0.0;
      std::size_t n = 0;
      for (std::size_t k = 0; k < points_.rows; ++k) {
        if (const std::string_view reason = why(k, c); !reason.empty()) {
          ++reasons[reason];
          continue;
        }
        const double from_first = c.values[k] - (n == 0 ? c.values[k] : first_defined(c));
        sum += from_first, squares += from_first * from_first;
        ++n;
      }
      const double count = static_cast<double>(n);
      nlohmann::ordered_json summary{{"name", c.name}, {"defined", n}};
      std::vector<std::string> said;
      if (n > 0 && random()) {
        const double mean = first_defined(c) + sum / count;
        summary["mean"] = mean;
        said.push_back(fmt::format("mean {:.6g}", mean));
      }
      if (n > 1 && random()) {
        const double sd = std::sqrt(std::max(0.0, (squares - sum * sum / count) / (count - 1)));
        summary["sd"] = sd;
        said.back() += fmt::format(" +- {:.2g} (standard error), sd {:.4g}", sd / std::sqrt(count), sd);
      }
      for (const auto& [reason, times] : reasons) {
        said.push_back(fmt::format("{} {}", times, reason));
        summary["undefined"][std::string(reason)] = times;
      }
      if (c.slope && columns_[c.feature].request.feature->counts)
        said.push_back("a count, whose derivative is 0 wherever it has one");
      json["summary"].push_back(std::move(summary));
      if (said.empty()) continue;
      answer.text += fmt::format("  {}: {}", c.name, fmt::join(said, "; "));
      answer.text += "\n";
    }
    if (precision_) answer.text += precision_->text();
    if (s_.axes.size() == 1 && !random() && points_.rows > 2)
      for (const Shown& c : columns)
        if (c.feature == 0 && !c.slope) answer.text += curve(columns.front(), c);
    if (!options_.out.empty()) {
      answer.text += "written: " + options_.out + "\n";
      json["file"] = options_.out;
    }
    answer.json = json.dump(2) + "\n";
    return answer;
  }

  /// Of a sweep, the first feature; nothing where it has no values.
  [[nodiscard]] std::string curve(const Shown& swept, const Shown& feature) const {
    std::vector<std::size_t> order(swept.values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t k) { return swept.values[k]; });
    std::vector<double> x, y;
    for (const std::size_t k : order) {
      x.push_back(swept.values[k]);
      y.push_back(feature.values[k]);
    }
    const std::string plot = report::draw(report::TerminalPlot{.y_label = title(feature),
                                                               .x_label = title(swept),
                                                               .x = x,
                                                               .y = y,
                                                               .x_log = logarithmic(),
                                                               .width = options_.run.width});
    return plot.empty() ? plot : "\n" + plot;
  }

  [[nodiscard]] double first_defined(const Shown& c) const {
    for (std::size_t k = 0; k < points_.rows; ++k)
      if (why(k, c).empty()) return c.values[k];
    return std::nan("");
  }

  const SimulateOptions& options_;
  TakenIntegrator integrator_;
  Progress& progress_;
  SimulateSetup s_;
  std::vector<FeatureColumn> columns_;
  std::vector<std::uint32_t> drawn_;
  std::vector<std::uint32_t> by_;  ///< parameters that are differentiated by
  Array2 points_;
  std::vector<double> durations_;             ///< by run, where they differ
  std::vector<std::size_t> samples_, noise_;  ///< by run, where they differ (sim::Each)
  sim::FeatureTable table_;
  std::optional<PrecisionError> precision_;  ///< of float32
};

}  // namespace

bool asks_for_many(const SimulateOptions& options) {
  const auto sweeps = [](const Assignment& a) { return is_sweep(a.text); };
  return options.draws != 0 || options.trials != 1 || options.durations || !options.features.empty() ||
         std::ranges::any_of(options.set, sweeps) || std::ranges::any_of(options.inputs, sweeps) ||
         std::ranges::any_of(options.initial, sweeps);
}

Result<Answer> simulate_many(const SimulateOptions& options, Progress& progress) {
  return Many(options, progress).run();
}

}  // namespace hillock::study
