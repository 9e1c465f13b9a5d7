#include "study/experiments.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "data/assemble.hpp"
#include "io/recording_reader.hpp"
#include "lang/expression.hpp"
#include "study/placed.hpp"
#include "study/quantity_text.hpp"
#include "study/simulate_setup.hpp"

namespace hillock::study {
namespace {

/// The channels of the assembled recording are called by what they are for, so that an observation and an input of one
/// name do not meet.
std::string observed_name(const std::string& channel) { return "observe." + channel; }
std::string input_name(const std::string& input) { return "input." + input; }

class Loader {
 public:
  Loader(const ResolvedStudy& study, const DataSplit& split, const ir::Model& model)
      : study_(study), split_(split), model_(model) {}

  Result<LoadedSplit> run() {
    out_.name = split_.name;
    out_.experiment.name = split_.name;
    check_names();
    if (of_statistics() ? read_statistics() : read_file()) {
      if (of_statistics()) made_up_grid();
      else time_grid();
      if (errors_.empty()) substeps();
      if (errors_.empty()) {
        if (!of_statistics()) observations();
        inputs();
        constants();
        holding();
      }
      if (errors_.empty()) {
        mask();
        if (errors_.empty()) command_in_gaps();
      }
    }
    if (!errors_.empty()) return fail(std::move(errors_));
    return std::move(out_);
  }

 private:
  /// Does the file hold statistics, so that there are no traces?
  [[nodiscard]] bool of_statistics() const { return split_.holds == "statistics"; }

  // ---- names --------------------------------------------------------------------------------------------------

  void check_names() {
    std::vector<std::string> channels, inputs, constants;
    for (const ir::Observation& observation : model_.observations) channels.push_back(observation.channel);
    for (const ir::SymbolId id : model_.inputs) inputs.push_back(model_.symbol(id).name);
    for (const ir::Constant& constant : model_.constants) constants.push_back(model_.symbol(constant.symbol).name);

    for (const Observed& item : split_.observe)
      known(item.channel, item.origin, channels, "channel-unknown", "observation");
    for (const InputSource& item : split_.inputs) known(item.name, item.origin, inputs, "input-unknown", "input");
    for (const ConstantSource& item : split_.constants)
      known(item.name, item.origin, constants, "constant-unknown", "constant");
    for (const NamedQuantity& item : split_.initial)
      known(item.name, item.value.origin, inputs, "input-unknown", "input");

    if (of_statistics()) needs_no_arrays();
    else
      for (const std::string& channel : channels)
        if (std::ranges::find(split_.observe, channel, &Observed::channel) == split_.observe.end())
          missing("observe", "observes", channel);
    for (const std::string& input : inputs)
      if (std::ranges::find(split_.inputs, input, &InputSource::name) == split_.inputs.end())
        missing("input", "has the input", input);
  }

  void known(const std::string& name, const Origin& origin, const std::vector<std::string>& names, std::string code,
             std::string_view kind) {
    if (std::ranges::find(names, name) != names.end()) return;
    const std::string near = nearest(name, names);
    std::string hint = fmt::format("the model has none: add the {} to it, or leave this key out", kind);
    if (!near.empty()) hint = fmt::format("did you mean \"{}\"?", near);
    else if (!names.empty()) hint = fmt::format("the model has {}", fmt::join(names, ", "));
    errors_.push_back(
        origin.error(std::move(code), fmt::format("the model has no {} \"{}\"", kind, name), std::move(hint)));
  }

  void missing(std::string_view key, std::string_view does, const std::string& name) {
    const std::string full = fmt::format("data.{}.{}.{}", split_.name, key, name);
    Error error = split_.origin.error(
        "key-missing", fmt::format("the model {} {}, but \"{}\" is missing", does, name, full),
        fmt::format("{}.{} = \"...\", an array of {}; `hillock data` lists them", key, name, split_.file.given));
    error.where = full;
    errors_.push_back(std::move(error));
  }

  /// A file of statistics has no array for an input or a constant.
  void needs_no_arrays() {
    const auto refuse = [&](const Origin& origin, std::string_view what) {
      errors_.push_back(origin.error(
          "value-choice", fmt::format("\"{}\" is an array, but {} holds statistics", origin.key, split_.file.given),
          fmt::format("{}", what)));
    };
    for (const InputSource& item : split_.inputs)
      if (std::holds_alternative<SampledInput>(item.source)) refuse(item.origin, "a constant, or pieces");
    for (const ConstantSource& item : split_.constants)
      if (std::holds_alternative<ArrayRef>(item.source)) refuse(item.origin, "a quantity");
  }

  // ---- the file -----------------------------------------------------------------------------------------------

  bool read_file() {
    auto file = io::read_arrays(split_.file.absolute);
    if (!file) {
      append(std::move(file.error()));
      return false;
    }
    data::Assembly assembly;
    assembly.time = split_.time;
    if (!split_.time_unit.empty()) {
      auto unit = units::parse_unit(split_.time_unit);
      if (!unit) append(std::move(unit.error()), split_.origin.key + ".time_unit");
      else assembly.time_unit = *unit;
    }
    for (const Observed& item : split_.observe)
      assembly.channels.push_back({observed_name(item.channel), item.source.array, item.source.unit});
    for (const InputSource& item : split_.inputs)
      if (const auto* sampled = std::get_if<SampledInput>(&item.source))
        assembly.channels.push_back({input_name(item.name), sampled->source.array, sampled->source.unit});
    for (const ConstantSource& item : split_.constants)
      if (const auto* array = std::get_if<ArrayRef>(&item.source))
        assembly.constants.push_back({item.name, array->array, array->unit});
    if (split_.sampling_interval) made_up_time(*file, assembly);
    auto recording = data::assemble(*file, assembly);
    if (!recording) {
      append(std::move(recording.error()));
      return false;
    }
    recording_ = std::move(*recording);
    out_.sha256 = recording_.sha256;
    return true;
  }

  /// A row of numbers, or one for each trial.
  bool read_statistics() {
    auto file = io::read_arrays(split_.file.absolute);
    if (!file) {
      append(std::move(file.error()));
      return false;
    }
    out_.sha256 = file->sha256;
    for (data::Array& array : file->arrays) {
      const std::size_t rows = out_.statistics.empty() ? array.values.size() : out_.statistics.front().values.size();
      if (array.values.empty() || array.values.size() != rows) {
        errors_.push_back(split_.file.origin.error(
            "statistics-rows",
            fmt::format("{} holds statistics, a row for each trial, but its column \"{}\" has {} numbers{}",
                        split_.file.given, array.name, array.values.size(),
                        array.values.empty() ? "" : fmt::format(" where others have {}", rows)),
            "a file with one row, or with a row for each trial; or holds = \"recording\""));
        return false;
      }
      out_.statistics.push_back(std::move(array));
    }
    return true;
  }

  void made_up_grid() {
    constexpr double most_samples = 1e8;
    sim::Experiment& experiment = out_.experiment;
    const auto& duration = split_.duration;
    const auto& interval = split_.sampling_interval;
    if (!duration && !interval && is_static(model_)) {
      experiment.samples = 1;
      experiment.interval = 1.0;
      return;
    }
    for (const auto& [given, key] :
         {std::pair{duration.has_value(), "duration"}, {interval.has_value(), "sampling_interval"}})
      if (!given)
        errors_.push_back(split_.origin.error(
            "key-missing",
            fmt::format("\"{}.{}\" is missing: {} holds statistics, so it does not say when samples are taken",
                        split_.origin.key, key, split_.file.given),
            fmt::format("{} = \"... ms\"", key)));
    if (!duration || !interval) return;
    if (!(duration->si() / interval->si() <= most_samples)) {
      errors_.push_back(duration->origin.error(
          "value-range",
          fmt::format("{} at {} are more than {:.0e} samples", duration->text, interval->text, most_samples),
          "a larger sampling_interval"));
      return;
    }
    experiment.interval = interval->si();
    experiment.samples = samples_in(duration->si(), experiment.interval);
  }

  /// A file without times: sample i is at i times the interval.
  void made_up_time(data::ArrayFile& file, data::Assembly& assembly) {
    const data::Array* longest = nullptr;
    for (const data::Wanted& wanted : assembly.channels)
      if (const data::Array* array = file.find(wanted.array); array != nullptr && longest == nullptr) longest = array;
    const std::size_t count = longest == nullptr ? 2 : longest->values.size();
    data::Array time{"sampling_interval", {count}, std::vector<double>(count)};
    for (std::size_t i = 0; i < count; ++i) time.values[i] = static_cast<double>(i) * split_.sampling_interval->si();
    file.arrays.push_back(std::move(time));
    assembly.time = file.arrays.back().name;
    assembly.time_unit = *units::find_unit("second");
  }

  void time_grid() {
    const data::Sweep& sweep = recording_.sweeps.front();
    sim::Experiment& experiment = out_.experiment;
    experiment.start = sweep.time.front();
    experiment.samples = sweep.time.size();
    if (split_.sampling_interval) {
      experiment.interval = split_.sampling_interval->si();
    } else {
      auto interval = data::sampling_interval(sweep);
      if (!interval) return append(std::move(interval.error()), split_.file.absolute);
      experiment.interval = *interval;
    }
  }

  void substeps() {
    sim::Experiment& experiment = out_.experiment;
    if (!study_.model.dt) return;
    const double ratio = experiment.interval / study_.model.dt->si();
    const double whole = std::round(ratio);
    constexpr double close = 1e-6;
    constexpr double most = 1e6;
    if (whole < 1.0 || whole > most || std::abs(ratio - whole) > close * whole)
      errors_.push_back(study_.model.dt->origin.error(
          "dt-unfit",
          fmt::format("the step {} does not fit a whole number of times into the sampling interval of {}, {:.6g} ms",
                      study_.model.dt->text, split_.file.given, 1e3 * experiment.interval),
          "leave model.dt out, or take the sampling interval divided by 1, 2, 3, ..."));
    else experiment.substeps = static_cast<int>(whole);
  }

  void append(Errors more, const std::string& where = {}) {
    for (Error& error : more) {
      if (error.where.empty()) error.where = where;
      errors_.push_back(std::move(error));
    }
  }

  // ---- what the model sees ------------------------------------------------------------------------------------

  void fits(const data::Channel& channel, const ArrayRef& source, const units::Unit& wanted, const Origin& origin,
            std::string_view what) {
    if (channel.unit.dimension == wanted.dimension) return;
    errors_.push_back(
        origin.error("unit-mismatch",
                     fmt::format("\"{}\": the array {} is in {} ({}), but {} is in {} ({})", origin.key, source.array,
                                 channel.unit.name, units::describe(channel.unit.dimension), what, wanted.name,
                                 units::describe(wanted.dimension)),
                     fmt::format("another array, or the unit of its numbers: {{ array = \"{}\", unit = \"{}\" }}",
                                 source.array, wanted.name)));
  }

  void observations() {
    for (const ir::Observation& observation : model_.observations) {
      const auto item = std::ranges::find(split_.observe, observation.channel, &Observed::channel);
      const data::Channel* channel = recording_.sweeps.front().find(observed_name(observation.channel));
      HILLOCK_CHECK(item != split_.observe.end() && channel != nullptr, "an observed channel was not read");
      fits(*channel, item->source, observation.unit, item->origin, "what the model observes");
      out_.experiment.observed[observation.channel] = channel->values;
    }
  }

  void inputs() {
    for (const InputSource& item : split_.inputs) {
      const units::Unit& unit = model_.symbol(*model_.find(item.name)).unit;
      if (const auto* sampled = std::get_if<SampledInput>(&item.source)) {
        const data::Channel* channel = recording_.sweeps.front().find(input_name(item.name));
        HILLOCK_CHECK(channel != nullptr, "a sampled input was not read");
        fits(*channel, sampled->source, unit, item.origin, "the input");
        out_.commands[item.name] = channel->values;
        set_sampled(item);
      } else {
        set_pieces(item, unit);
      }
    }
  }

  void set_sampled(const InputSource& item) {
    const bool held = std::get<SampledInput>(item.source).interpolation == "previous";
    out_.experiment.inputs[item.name] =
        sim::sampled(out_.experiment.start, out_.experiment.interval, out_.commands[item.name],
                     held ? sim::Interpolation::previous : sim::Interpolation::linear);
  }

  void set_pieces(const InputSource& item, const units::Unit& unit) {
    const std::vector<lang::NamedDimension> names{{"t", units::find_unit("second")->dimension}};
    std::vector<sim::Piece> pieces;
    const std::size_t before = errors_.size();
    for (const Piece& piece : std::get<std::vector<Piece>>(item.source)) {
      auto expression = lang::parse_expression(piece.value, piece.origin.key, names, unit.dimension);
      if (!expression) append(placed(std::move(expression.error()), piece.value, piece.origin));
      else
        pieces.push_back({piece.until ? piece.until->si() : std::numeric_limits<double>::infinity(),
                          std::move(expression->graph), expression->root});
    }
    if (errors_.size() != before) return;
    sim::Experiment& experiment = out_.experiment;
    const double end = experiment.time_of(experiment.samples - 1);
    const double slack = 1e-6 * experiment.interval;
    if (pieces.back().until < end - slack) {
      errors_.push_back(
          item.origin.error("pieces-short",
                            fmt::format("the pieces of \"{}\" end at {:.6g} ms, but the recording goes on to {:.6g} ms",
                                        item.origin.key, 1e3 * pieces.back().until, 1e3 * end),
                            "leave out `until` in the last piece"));
      return;
    }
    const auto stimulus = std::shared_ptr<const sim::Stimulus>(sim::piecewise(pieces));
    if (jumps_too_often(*stimulus, experiment))
      errors_.push_back(item.origin.error(
          "too-many-jumps",
          fmt::format("the input \"{}\" jumps more than {} times", item.name, sim::Stimulus::most_jumps),
          "a slower input"));
    std::vector<double>& command = out_.commands[item.name];
    for (std::size_t i = 0; i < experiment.samples; ++i) {
      const double t = experiment.time_of(i);
      // Half an interval on tells which side of a step the sample is on, whatever rounding did to its time.
      command.push_back(stimulus->at(t, t + 0.5 * experiment.interval));
    }
    const auto bad = std::ranges::find_if(command, [](double value) { return !std::isfinite(value); });
    if (bad != command.end())
      errors_.push_back(item.origin.error(
          "not-a-number", fmt::format("the input \"{}\" is {} at {:.6g} ms", item.name, *bad,
                                      1e3 * experiment.time_of(static_cast<std::size_t>(bad - command.begin())))));
    experiment.inputs[item.name] = stimulus;
  }

  void constants() {
    for (const ConstantSource& item : split_.constants) {
      const units::Unit& unit = model_.symbol(*model_.find(item.name)).unit;
      if (const auto* quantity = std::get_if<QuantityText>(&item.source)) {
        if (auto fit = check_dimension(*quantity, unit); !fit) append(std::move(fit.error()));
        else out_.experiment.constants[item.name] = quantity->si();
        continue;
      }
      const ArrayRef& source = std::get<ArrayRef>(item.source);
      const auto found = source.unit ? source.unit : data::unit_from_name(source.array);
      HILLOCK_CHECK(found.has_value() && recording_.constants.contains(item.name), "a constant was not read");
      data::Channel channel{item.name, *found, {}};
      fits(channel, source, unit, item.origin, "the model's constant");
      out_.experiment.constants[item.name] = recording_.constants.at(item.name);
    }
  }

  void holding() {
    for (const NamedQuantity& item : split_.initial) {
      const units::Unit& unit = model_.symbol(*model_.find(item.name)).unit;
      if (auto fit = check_dimension(item.value, unit); !fit) append(std::move(fit.error()));
      else out_.experiment.holding[item.name] = item.value.si();
    }
    for (const auto& [name, command] : out_.commands)
      if (!command.empty()) out_.experiment.holding.try_emplace(name, command.front());
  }

  // ---- what counts --------------------------------------------------------------------------------------------

  void mask() {
    const sim::Experiment& experiment = out_.experiment;
    const MaskOptions& mask = split_.mask;
    std::vector<data::SampleWindow> windows;
    for (const MaskSamples& range : mask.samples) windows.push_back(range.window);
    for (const MaskWindow& window : mask.windows)
      windows.push_back(data::window_from_times(window.from.si(), window.to.si(), experiment.start, experiment.interval,
                                                experiment.samples));
    if (mask.after_steps) after_steps(windows);
    out_.experiment.mask = data::mask_without(experiment.samples, windows);
    out_.gaps = data::gaps(out_.experiment.mask);
    const std::size_t least = of_statistics() ? 1 : 2;
    if (experiment.kept() < least)
      errors_.push_back(split_.origin.error("mask-everything",
                                            fmt::format("the mask of \"{}\" leaves {} of {} samples", split_.origin.key,
                                                        experiment.kept(), experiment.samples),
                                            "smaller windows in mask.samples, mask.windows or mask.after_steps"));
  }

  void after_steps(std::vector<data::SampleWindow>& windows) {
    const sim::Experiment& experiment = out_.experiment;
    const MaskOptions& mask = split_.mask;
    std::string input = mask.step_input;
    if (input.empty() && out_.commands.size() == 1) input = out_.commands.begin()->first;
    if (!out_.commands.contains(input)) {
      errors_.push_back(mask.after_steps->origin.error(
          input.empty() ? "key-missing" : "input-unknown",
          input.empty() ? fmt::format("the model has {} inputs: which one's steps count?", out_.commands.size())
                        : fmt::format("the model has no input \"{}\"", input),
          fmt::format("data.{}.mask.step_input = \"...\"", split_.name)));
      return;
    }
    const units::Unit& unit = model_.symbol(*model_.find(input)).unit;
    double threshold = 3e-3;
    if (mask.step_threshold) {
      if (auto fit = check_dimension(*mask.step_threshold, unit); !fit) return append(std::move(fit.error()));
      threshold = mask.step_threshold->si();
    } else if (!(unit.dimension == units::find_unit("volt")->dimension)) {
      errors_.push_back(mask.after_steps->origin.error(
          "key-missing",
          fmt::format("how large is a step of \"{}\"? (3 mV is taken for voltages only; it is in {})", input,
                      unit.name),
          fmt::format("data.{}.mask.step_threshold = \"... {}\"", split_.name, unit.name)));
      return;
    }
    const auto length =
        static_cast<std::size_t>(std::llround(std::min(mask.after_steps->si() / experiment.interval, 1e15)));
    for (const std::size_t step : data::command_steps(out_.commands.at(input), threshold))
      windows.push_back({step, step + length});
  }

  void command_in_gaps() {
    if (split_.command_in_gaps != "interpolated") return;
    bool any = false;
    for (const InputSource& item : split_.inputs) {
      if (!std::holds_alternative<SampledInput>(item.source)) continue;
      any = true;
      out_.commands[item.name] = across_gaps(std::move(out_.commands[item.name]), out_.gaps);
      set_sampled(item);
    }
    if (!any)
      errors_.push_back(split_.origin.error(
          "value-choice",
          fmt::format("\"data.{}.command_in_gaps\" is \"interpolated\", but no input is sampled", split_.name),
          "give the input as an array, or leave command_in_gaps out"));
  }

  const ResolvedStudy& study_;
  const DataSplit& split_;
  const ir::Model& model_;
  data::Recording recording_;
  LoadedSplit out_;
  Errors errors_;
};

}  // namespace

bool is_static(const ir::Model& model) {
  return !model.spiking && model.events.empty() &&
         std::ranges::all_of(model.states, [](const ir::State& s) { return s.assigned; });
}

std::vector<double> across_gaps(std::vector<double> command, const std::vector<data::SampleWindow>& gaps) {
  for (const data::SampleWindow& gap : gaps) {
    if (gap.first == 0 && gap.last >= command.size()) continue;
    const double after = gap.last < command.size() ? command[gap.last] : command[gap.first - 1];
    const double before = gap.first > 0 ? command[gap.first - 1] : after;
    const double width = static_cast<double>(gap.last - gap.first + 1);
    for (std::size_t i = gap.first; i < gap.last && i < command.size(); ++i) {
      const double share = static_cast<double>(i - gap.first + 1) / width;
      command[i] = before + (after - before) * share;
    }
  }
  return command;
}

Result<LoadedSplit> load_experiment(const ResolvedStudy& study, const DataSplit& split, const ir::Model& model) {
  return Loader(study, split, model).run();
}

Result<std::vector<LoadedSplit>> load_experiments(const ResolvedStudy& study, const ir::Model& model) {
  std::vector<LoadedSplit> out;
  Errors errors;
  for (const DataSplit& split : study.data) {
    auto loaded = load_experiment(study, split, model);
    if (loaded) out.push_back(std::move(*loaded));
    else errors.insert(errors.end(), loaded.error().begin(), loaded.error().end());
  }
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

}  // namespace hillock::study
