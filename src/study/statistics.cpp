#include "study/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/placed.hpp"
#include "study/trace_statistics.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t most_statistics = 65536;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void append(Errors& to, Errors from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::string without(std::string text, std::string_view part) {
  for (std::size_t at = 0; (at = text.find(part)) != std::string::npos;) text.erase(at, part.size());
  return text;
}

/// Advice for a command line, as advice for a study.
Errors for_a_study(Errors errors, const ListedText& listed) {
  for (Error& error : errors) error.hint = without(without(std::move(error.hint), "--feature "), "--");
  return placed(std::move(errors), listed.text, listed.origin);
}

/// The sample that a value is: at its time, or the first kept one of its window.
std::optional<std::size_t> sample_of(const features::Request& request, const sim::Experiment& e) {
  if (request.feature->name != "value") return {};
  if (const auto at = request.arguments.find("at"); at != request.arguments.end())
    return static_cast<std::size_t>(std::llround((at->second - e.start) / e.interval));
  for (std::size_t i = 0; i < e.samples; ++i)
    if (e.mask[i] != 0 && e.time_of(i) >= request.window.from && e.time_of(i) < request.window.until) return i;
  return {};
}

Result<std::vector<Statistic>> every_sample(const ResolvedStudy& study, const ir::Model& model,
                                            const sim::Experiment& e) {
  if (model.observations.empty())
    return fail("no-statistics", "the model observes nothing, and the study lists no statistics", "observe.statistics",
                "observe.statistics = [\"value(x, at=2 ms)\"], or a line `observe x ~ normal(mean, sd)` in " +
                    study.model.file.given);
  const std::size_t count = model.observations.size() * e.kept();
  if (count > most_statistics)
    return fail(
        "too-many-statistics",
        fmt::format("every sample of every channel would be {} statistics, more than {}", count, most_statistics),
        "observe.statistics", "features: observe.statistics = [\"mean(V)\", \"sd(V)\"]; or a mask");
  std::vector<Statistic> out;
  const features::Feature* value = features::find_feature("value");
  for (const ir::Observation& o : model.observations)
    for (std::size_t i = 0; i < e.samples; ++i) {
      if (e.mask[i] == 0) continue;
      const std::string name = fmt::format("{}[{}]", o.channel, i);
      out.push_back({name, o.unit, {value, o.channel, {}, {{"at", e.time_of(i)}}, name}, i, o.channel});
    }
  return out;
}

}  // namespace

Result<std::vector<Statistic>> statistics_of(const ResolvedStudy& study, const ir::Model& model,
                                             const sim::Experiment& experiment) {
  if (study.observe.statistics.empty()) return every_sample(study, model, experiment);
  std::vector<Statistic> out;
  Errors errors;
  const Sampling sampling = sampling_of(experiment);
  for (const ListedText& listed : study.observe.statistics) {
    if (is_trace(listed.text)) {
      auto samples = trace_statistics(listed.text, model, experiment);
      if (!samples) append(errors, for_a_study(std::move(samples.error()), listed));
      else out.insert(out.end(), samples->begin(), samples->end());
      continue;
    }
    auto columns = parse_feature(listed.text, model, sampling);
    if (!columns) {
      append(errors, for_a_study(std::move(columns.error()), listed));
      continue;
    }
    for (FeatureColumn& column : *columns) {
      const auto sample = sample_of(column.request, experiment);
      if (sample && experiment.mask[*sample] == 0)
        errors.push_back(listed.origin.error(
            "sample-masked",
            fmt::format("{} is at a sample that the mask of data.{} leaves out", column.request.name, experiment.name),
            "another time, or a smaller mask"));
      out.push_back({column.request.name, column.unit, std::move(column.request), sample});
    }
    if (out.size() > most_statistics) {
      errors.push_back(listed.origin.error("too-many-statistics",
                                           fmt::format("there are more than {} statistics", most_statistics)));
      break;
    }
  }
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

namespace {

Result<ObservedStatistics> measured(const sim::Experiment& e, const std::vector<Statistic>& statistics) {
  ObservedStatistics out;
  Errors errors;
  std::vector<std::string> channels, not_recorded;
  for (const auto& [name, values] : e.observed) channels.push_back(name);
  for (const Statistic& s : statistics) {
    const auto trace = e.observed.find(s.request.quantity);
    if (trace == e.observed.end()) {
      if (!s.trace.empty() && std::ranges::find(not_recorded, s.trace) != not_recorded.end()) continue;
      not_recorded.push_back(s.trace);
      errors.push_back({"not-recorded",
                        fmt::format("{} is of {}, which data.{} does not record", s.trace.empty() ? s.name : "a trace",
                                    s.request.quantity, e.name),
                        {},
                        "observe.statistics",
                        channels.empty() ? "a file of statistics" : fmt::format("of {}", fmt::join(channels, ", "))});
      continue;
    }
    if (s.sample) {
      out.values.push_back(trace->second[*s.sample]);
      out.why.emplace_back();
      continue;
    }
    const features::Value value =
        features::measure(trace->second, e.start, e.interval, std::span(&s.request, 1), e.mask).front();
    out.values.push_back(value.value);
    out.why.emplace_back(value.why == features::Undefined::none ? "" : features::to_string(value.why));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, ... {}", fmt::join(std::span(names).first(most - 1), ", "), names.back());
}

Result<ObservedStatistics> read(const DataSplit& split, const std::vector<data::Array>& file,
                                const std::vector<Statistic>& statistics) {
  std::vector<std::string> columns, wanted;
  for (const data::Array& array : file) columns.push_back(array.name);
  for (const Statistic& s : statistics) wanted.push_back(s.name);
  std::vector<const data::Array*> taken;
  Errors errors;
  if (split.columns.empty()) {
    for (const data::Array& array : file) taken.push_back(&array);
  } else {
    for (const ListedText& name : split.columns) {
      const auto found = std::ranges::find(file, name.text, &data::Array::name);
      if (found != file.end()) {
        taken.push_back(&*found);
        continue;
      }
      const std::string near = nearest(name.text, columns);
      errors.push_back(
          name.origin.error("column-unknown", fmt::format("{} has no column \"{}\"", split.file.given, name.text),
                            near.empty() ? "it has " + listed(columns) : fmt::format("did you mean \"{}\"?", near)));
    }
  }
  if (!errors.empty()) return fail(std::move(errors));
  if (taken.size() != statistics.size()) {
    std::vector<std::string> given;
    for (const data::Array* array : taken) given.push_back(array->name);
    return fail(split.file.origin.error(
        "statistics-count",
        fmt::format("{} gives {} numbers ({}), but there are {} statistics ({})", split.file.given, taken.size(),
                    listed(given), statistics.size(), listed(wanted)),
        fmt::format("data.{}.columns names those that are meant; observe.statistics lists the statistics",
                    split.name)));
  }
  ObservedStatistics out;
  for (std::size_t trial = 0; trial < taken.front()->values.size(); ++trial)
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const double value = statistics[i].unit.to_si(taken[i]->values[trial]);
      out.values.push_back(std::isfinite(value) ? value : nan);
      out.why.emplace_back(std::isfinite(value) ? "" : features::to_string(features::Undefined::not_finite));
    }
  return out;
}

}  // namespace

Result<ObservedStatistics> observed_statistics(const DataSplit& split, const LoadedSplit& loaded,
                                               const std::vector<Statistic>& statistics) {
  return split.holds == "statistics" ? read(split, loaded.statistics, statistics)
                                     : measured(loaded.experiment, statistics);
}

}  // namespace hillock::study
