#include "study/fit_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "data/assemble.hpp"
#include "io/recording_reader.hpp"
#include "lang/expression.hpp"

namespace hillock::study {
namespace {

void append(Errors& to, Errors&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::vector<std::string> names_of(const ir::Model& model, std::span<const ir::SymbolId> ids) {
  std::vector<std::string> names;
  for (const ir::SymbolId id : ids) names.push_back(model.symbol(id).name);
  return names;
}

/// The command between the last kept sample before a gap and the first one after it, as a straight line.
std::vector<double> across_gaps(std::vector<double> command, const data::Mask& mask) {
  for (const data::SampleWindow& gap : data::gaps(mask)) {
    if (gap.first == 0 || gap.last == command.size()) continue;  // nothing to draw the line from
    const double from = command[gap.first - 1];
    const double to = command[gap.last];
    const auto width = static_cast<double>(gap.last - gap.first + 1);
    for (std::size_t i = gap.first; i < gap.last; ++i)
      command[i] = from + (to - from) * static_cast<double>(i - gap.first + 1) / width;
  }
  return command;
}

class Loader {
 public:
  Loader(const DataSplit& split, const ModelOptions& options, const ir::Model& model)
      : split_(split), options_(options), model_(model) {}

  Result<LoadedSplit> load() {
    check_names();
    auto file = io::read_arrays(split_.file.absolute);
    if (!file) {
      for (Error& error : file.error())
        if (error.where.empty() && !error.span) error.where = split_.file.origin.key;
      append(errors_, std::move(file.error()));
      return fail(std::move(errors_));
    }
    auto recording = data::assemble(with_time(*file), assembly());
    if (!recording) {
      append(errors_, std::move(recording.error()));
      return fail(std::move(errors_));
    }
    auto interval = data::sampling_interval(recording->sweeps.front());
    if (!interval) {
      append(errors_, std::move(interval.error()));
      return fail(std::move(errors_));
    }
    out_.name = split_.name;
    out_.sha256 = recording->sha256;
    sim::Experiment& e = out_.experiment;
    const data::Sweep& sweep = recording->sweeps.front();
    e.name = split_.name;
    e.start = sweep.time.front();
    e.interval = *interval;
    e.samples = sweep.time.size();
    if (options_.dt) e.substeps = std::max(1, static_cast<int>(std::ceil(e.interval / options_.dt->si() - 1e-9)));
    for (const Observed& o : split_.observe) take_observed(o, sweep);
    take_constants(*recording);
    for (const NamedQuantity& q : split_.initial) take_initial(q);
    std::map<std::string, std::vector<double>> samples;  // sampled inputs
    for (const InputSource& input : split_.inputs) take_input(input, sweep, samples);
    if (!errors_.empty()) return fail(std::move(errors_));
    make_mask();
    if (!errors_.empty()) return fail(std::move(errors_));
    finish_gaps(samples);
    if (!model_.observations.empty()) out_.observed = e.observed.at(model_.observations.front().channel);
    if (!model_.inputs.empty()) out_.command = at_samples(model_.symbol(model_.inputs.front()).name);
    return std::move(out_);
  }

 private:
  const ir::Symbol* symbol_of(const std::string& name, ir::SymbolKind kind) const {
    const auto id = model_.find(name);
    return id && model_.symbol(*id).kind == kind ? &model_.symbol(*id) : nullptr;
  }

  /// Both ways: what the model needs must be given, what is given must be the model's.
  void check_names() {
    std::vector<std::string> channels;
    for (const ir::Observation& o : model_.observations) channels.push_back(o.channel);
    const std::vector<std::string> inputs = names_of(model_, model_.inputs);
    std::vector<std::string> constants;
    for (const ir::Constant& c : model_.constants) constants.push_back(model_.symbol(c.symbol).name);
    const auto unknown = [&](const Origin& origin, const std::string& name, const char* what,
                             const std::vector<std::string>& known) {
      if (std::find(known.begin(), known.end(), name) != known.end()) return;
      const std::string near = nearest(name, known);
      std::string list;
      for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
      errors_.push_back(origin.error("name-unknown", fmt::format("the model has no {} called {}", what, name),
                                     !near.empty() ? near : (list.empty() ? "" : "one of: " + list)));
    };
    for (const Observed& o : split_.observe) unknown(o.origin, o.channel, "observation", channels);
    for (const InputSource& i : split_.inputs) unknown(i.origin, i.name, "input", inputs);
    for (const ConstantSource& c : split_.constants) unknown(c.origin, c.name, "constant", constants);
    for (const NamedQuantity& q : split_.initial) unknown(q.value.origin, q.name, "input", inputs);
    for (const std::string& channel : channels)
      if (std::none_of(split_.observe.begin(), split_.observe.end(), [&](auto& o) { return o.channel == channel; }))
        errors_.push_back(split_.origin.error(
            "observe-missing", fmt::format("the model observes {}, and data.{} does not say which array that is", channel, split_.name),
            fmt::format("observe.{} = \"name of the array\"", channel)));
    for (const std::string& input : inputs)
      if (std::none_of(split_.inputs.begin(), split_.inputs.end(), [&](auto& i) { return i.name == input; }))
        errors_.push_back(split_.origin.error(
            "input-missing", fmt::format("the model has an input {}, and data.{} does not say where it comes from", input, split_.name),
            fmt::format("input.{} = \"name of the array\", or pieces", input)));
  }

  /// The file, with a time made from `sampling_interval` where the study gives one.
  data::ArrayFile with_time(data::ArrayFile file) const {
    if (!split_.sampling_interval || split_.observe.empty()) return file;
    const data::Array* first = file.find(split_.observe.front().source.array);
    if (first == nullptr) return file;
    data::Array time{"(time)", {first->values.size()}, {}};
    for (std::size_t i = 0; i < first->values.size(); ++i)
      time.values.push_back(static_cast<double>(i) * split_.sampling_interval->si());
    file.arrays.push_back(std::move(time));
    return file;
  }

  data::Assembly assembly() const {
    data::Assembly a;
    a.time = split_.time;
    if (split_.sampling_interval && split_.time.empty()) {
      a.time = "(time)";
      a.time_unit = *units::find_unit("second");
    } else if (!split_.time_unit.empty()) {
      if (auto unit = units::parse_unit(split_.time_unit)) a.time_unit = *unit;
    }
    for (const Observed& o : split_.observe) a.channels.push_back({"observe " + o.channel, o.source.array, o.source.unit});
    for (const InputSource& i : split_.inputs)
      if (const auto* sampled = std::get_if<SampledInput>(&i.source))
        a.channels.push_back({"input " + i.name, sampled->source.array, sampled->source.unit});
    for (const ConstantSource& c : split_.constants)
      if (const auto* array = std::get_if<ArrayRef>(&c.source)) a.constants.push_back({c.name, array->array, array->unit});
    return a;
  }

  bool fits(const units::Unit& found, const units::Unit& wanted, const Origin& origin, const std::string& what) {
    if (found.dimension == wanted.dimension) return true;
    errors_.push_back(origin.error("unit-mismatch",
                                   fmt::format("{} is in {} ({}), and the model has it in {} ({})", what, found.name,
                                               units::describe(found.dimension), wanted.name,
                                               units::describe(wanted.dimension)),
                                   fmt::format("{{ array = \"...\", unit = \"{}\" }}, or another array", wanted.name)));
    return false;
  }

  void take_observed(const Observed& o, const data::Sweep& sweep) {
    const data::Channel* channel = sweep.find("observe " + o.channel);
    const auto observation = std::find_if(model_.observations.begin(), model_.observations.end(),
                                          [&](const ir::Observation& m) { return m.channel == o.channel; });
    if (channel == nullptr || observation == model_.observations.end()) return;
    if (fits(channel->unit, observation->unit, o.origin, fmt::format("the array {}", o.source.array)))
      out_.experiment.observed[o.channel] = channel->values;
  }

  void take_constants(const data::Recording& recording) {
    const auto set = [&](const std::string& name, double si, const units::Dimension& dimension, const std::string& unit,
                         const Origin& origin) {
      const ir::Symbol* symbol = symbol_of(name, ir::SymbolKind::constant);
      if (symbol == nullptr) return;
      const units::Unit found{unit, dimension, 1.0, 0.0};
      if (fits(found, symbol->unit, origin, "the constant " + name)) out_.experiment.constants[name] = si;
    };
    for (const NamedQuantity& q : options_.constants) {
      if (symbol_of(q.name, ir::SymbolKind::constant) == nullptr) {
        std::vector<std::string> known;
        for (const ir::Constant& c : model_.constants) known.push_back(model_.symbol(c.symbol).name);
        errors_.push_back(q.value.origin.error("name-unknown", "the model has no constant called " + q.name, nearest(q.name, known)));
      }
      set(q.name, q.value.si(), q.value.quantity.unit.dimension, q.value.quantity.unit.name, q.value.origin);
    }
    for (const ConstantSource& c : split_.constants) {
      if (const auto* text = std::get_if<QuantityText>(&c.source)) {
        set(c.name, text->si(), text->quantity.unit.dimension, text->quantity.unit.name, c.origin);
        continue;
      }
      const auto& array = std::get<ArrayRef>(c.source);
      const auto unit = array.unit ? array.unit : data::unit_from_name(array.array);
      const auto found = recording.constants.find(c.name);
      if (unit && found != recording.constants.end()) set(c.name, found->second, unit->dimension, unit->name, c.origin);
    }
  }

  void take_initial(const NamedQuantity& q) {
    const ir::Symbol* symbol = symbol_of(q.name, ir::SymbolKind::input);
    if (symbol != nullptr && fits(q.value.quantity.unit, symbol->unit, q.value.origin, "the holding value of " + q.name))
      out_.experiment.holding[q.name] = q.value.si();
  }

  void take_input(const InputSource& input, const data::Sweep& sweep,
                  std::map<std::string, std::vector<double>>& samples) {
    const ir::Symbol* symbol = symbol_of(input.name, ir::SymbolKind::input);
    if (symbol == nullptr) return;
    sim::Experiment& e = out_.experiment;
    if (const auto* source = std::get_if<SampledInput>(&input.source)) {
      const data::Channel* channel = sweep.find("input " + input.name);
      if (channel == nullptr || !fits(channel->unit, symbol->unit, input.origin, "the array " + source->source.array)) return;
      samples[input.name] = channel->values;
      interpolation_[input.name] =
          source->interpolation == "previous" ? sim::Interpolation::previous : sim::Interpolation::linear;
      e.inputs[input.name] = sim::sampled(e.start, e.interval, channel->values, interpolation_[input.name]);
      return;
    }
    const std::array time{lang::NamedDimension{"t", units::find_unit("second")->dimension}};
    std::vector<sim::Piece> pieces;
    for (const Piece& piece : std::get<std::vector<Piece>>(input.source)) {
      auto value = lang::parse_expression(piece.value, piece.origin.key, time, symbol->unit.dimension);
      if (!value) {
        append(errors_, std::move(value.error()));
        continue;
      }
      const double until = piece.until ? piece.until->si() : std::numeric_limits<double>::infinity();
      if (!pieces.empty() && !(until > pieces.back().until))
        errors_.push_back(piece.origin.error("pieces-order", "the pieces of an input must end one after another",
                                             "sort them by `until`"));
      pieces.push_back({until, std::move(value->graph), value->root});
    }
    if (!pieces.empty()) e.inputs[input.name] = sim::piecewise(std::move(pieces));
  }

  std::vector<double> at_samples(const std::string& input) const {
    const sim::Experiment& e = out_.experiment;
    const sim::Stimulus& stimulus = *e.inputs.at(input);
    std::vector<double> values(e.samples);
    for (std::size_t i = 0; i < e.samples; ++i)
      values[i] = stimulus.at(e.time_of(i), e.time_of(i) + 0.5 * e.interval);
    return values;
  }

  void make_mask() {
    sim::Experiment& e = out_.experiment;
    std::vector<data::SampleWindow> windows;
    for (const MaskSamples& s : split_.mask.samples) {
      if (s.window.first >= e.samples)
        out_.notes.push_back(fmt::format("{}: the left-out samples {} lie beyond the end ({} samples)", split_.name, s.text, e.samples));
      windows.push_back(s.window);
    }
    for (const MaskWindow& w : split_.mask.windows)
      windows.push_back(data::window_from_times(w.from.si(), w.to.si(), e.start, e.interval, e.samples));
    if (split_.mask.after_steps) add_step_windows(windows);
    e.mask = data::mask_without(e.samples, windows);
    const std::size_t kept = e.kept();
    if (kept < e.samples)
      out_.notes.push_back(fmt::format("{}: {} of {} samples left out by the mask", split_.name, e.samples - kept, e.samples));
    if (kept < 2)
      errors_.push_back(split_.origin.error("mask-empty", "the mask leaves no samples to compare with", "a shorter mask"));
  }

  void add_step_windows(std::vector<data::SampleWindow>& windows) {
    const sim::Experiment& e = out_.experiment;
    std::string input = split_.mask.step_input;
    if (input.empty() && model_.inputs.size() == 1) input = model_.symbol(model_.inputs.front()).name;
    const ir::Symbol* symbol = symbol_of(input, ir::SymbolKind::input);
    if (symbol == nullptr) {
      errors_.push_back(split_.mask.after_steps->origin.error(
          "step-input", "mask.after_steps needs to know whose steps are meant", "mask.step_input = \"V\""));
      return;
    }
    double threshold = 3e-3;
    if (split_.mask.step_threshold) {
      if (!fits(split_.mask.step_threshold->quantity.unit, symbol->unit, split_.mask.step_threshold->origin, "the threshold")) return;
      threshold = split_.mask.step_threshold->si();
    } else if (!(symbol->unit.dimension == units::find_unit("volt")->dimension)) {
      errors_.push_back(split_.mask.after_steps->origin.error(
          "step-threshold", fmt::format("how large is a step of {}, in {}?", input, symbol->unit.name),
          fmt::format("mask.step_threshold = \"... {}\"", symbol->unit.name)));
      return;
    }
    const auto width = static_cast<std::size_t>(std::llround(std::ceil(split_.mask.after_steps->si() / e.interval - 1e-6)));
    for (const std::size_t at : data::command_steps(at_samples(input), threshold)) windows.push_back({at, at + width});
  }

  /// Both treatments of the command in gaps, where they differ.
  void finish_gaps(const std::map<std::string, std::vector<double>>& samples) {
    sim::Experiment& e = out_.experiment;
    const bool wanted = split_.command_in_gaps == "interpolated";
    const bool has_gaps = e.kept() < e.samples;
    if (wanted && samples.empty())
      out_.notes.push_back(split_.name + ": command_in_gaps has no effect on an input in closed form");
    out_.interpolated = wanted && has_gaps && !samples.empty();
    if (!has_gaps || samples.empty()) return;
    auto other = std::make_shared<sim::Experiment>(e);
    sim::Experiment& interpolated = wanted ? e : *other;
    for (const auto& [name, values] : samples)
      interpolated.inputs[name] = sim::sampled(e.start, e.interval, across_gaps(values, e.mask), interpolation_[name]);
    out_.other_gaps = std::move(other);
  }

  const DataSplit& split_;
  const ModelOptions& options_;
  const ir::Model& model_;
  LoadedSplit out_;
  Errors errors_;
  std::map<std::string, sim::Interpolation> interpolation_;
};

}  // namespace

Result<LoadedSplit> load_split(const DataSplit& split, const ModelOptions& options, const ir::Model& model) {
  return Loader(split, options, model).load();
}

}  // namespace hillock::study
