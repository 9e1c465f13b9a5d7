#include "study/trace_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "units/unit.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t least_samples = 2, most_samples = 4096;
constexpr std::string_view head = "trace";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

/// What was written, taken apart: the quantity and the window as a feature of their own.
struct Written {
  std::string rest;  ///< "mean(v, from=on)"
  std::string every;
};

Result<Written> take_apart(const std::string& text) {
  if (text.back() != ')')
    return fail("feature-syntax", fmt::format("\"{}\" has no end", text), "observe.statistics",
                "trace(v), trace(v, every=0.5 ms)");
  const std::size_t open = text.find('(');
  Written out{"mean(", ""};
  std::string_view inside = std::string_view(text).substr(open + 1, text.size() - open - 2);
  for (bool first = true; first || !inside.empty(); first = false) {
    const std::size_t comma = std::min(inside.find(','), inside.size());
    const std::string part = trimmed(inside.substr(0, comma));
    inside.remove_prefix(std::min(comma + 1, inside.size()));
    const std::string name = trimmed(std::string_view(part).substr(0, part.find('=')));
    if (!first && part.find('=') != std::string::npos && name != "from" && name != "until" && name != "every")
      return fail("argument-unknown", fmt::format("trace has no argument \"{}\"", name), "observe.statistics",
                  "every, from, until");
    if (!first && name == "every" && part.find('=') != std::string::npos)
      out.every = trimmed(std::string_view(part).substr(part.find('=') + 1));
    else out.rest += (first ? "" : ", ") + part;
  }
  out.rest += ")";
  return out;
}

/// How many samples `every` is.
Result<std::size_t> stride_of(const std::string& every, const sim::Experiment& e) {
  if (every.empty()) return 1;
  auto value = units::parse_quantity(every);
  if (!value) return fail(std::move(value.error()));
  const units::Dimension second = units::find_unit("second")->dimension;
  if (!(value->unit.dimension == second))
    return fail(
        "unit-mismatch",
        fmt::format("every is in {}, not in {}", units::describe(second), units::describe(value->unit.dimension)),
        "observe.statistics", "every=... ms");
  const double samples = value->si() / e.interval, whole = std::round(samples);
  if (whole >= 1.0 && std::fabs(samples - whole) < 1e-6 * whole) return static_cast<std::size_t>(whole);
  return fail("off-grid",
              fmt::format("every={} is no number of samples: they are {:.10g} ms apart", every, 1e3 * e.interval),
              "observe.statistics", fmt::format("every={:.10g} ms", 1e3 * e.interval * std::max(1.0, whole)));
}

}  // namespace

bool is_trace(std::string_view text) {
  const std::string whole = trimmed(text);
  const std::size_t open = whole.find('(');
  return open != std::string::npos && trimmed(std::string_view(whole).substr(0, open)) == head;
}

Result<std::vector<Statistic>> trace_statistics(std::string_view text, const ir::Model& model,
                                                const sim::Experiment& e) {
  const auto written = take_apart(trimmed(text));
  if (!written) return fail(written.error());
  Errors errors;
  const auto columns = parse_feature(written->rest, model, sampling_of(e));
  if (!columns) errors = columns.error();
  const auto stride = stride_of(written->every, e);
  if (!stride) errors.insert(errors.end(), stride.error().begin(), stride.error().end());
  if (!errors.empty()) return fail(std::move(errors));
  const features::Request& asked = columns->front().request;
  const features::Feature* value = features::find_feature("value");
  std::vector<Statistic> out;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < e.samples; ++i) {
    const double time = e.time_of(i);
    if (!(time >= asked.window.from && time < asked.window.until)) continue;
    if (!first) first = i;
    if ((i - *first) % *stride != 0 || e.mask[i] == 0) continue;
    const std::string name = fmt::format("{}[{}]", asked.quantity, i);
    out.push_back({name, columns->front().unit, {value, asked.quantity, {}, {{"at", time}}, name}, i, asked.quantity});
  }
  if (out.size() >= least_samples && out.size() <= most_samples) return out;
  const bool many = out.size() > most_samples;
  return fail("trace-length",
              fmt::format("the trace has {} samples, and one has {} to {}", out.size(), least_samples, most_samples),
              "observe.statistics",
              many ? fmt::format("every={:.10g} ms",
                                 1e3 * e.interval * static_cast<double>(*stride) *
                                     std::ceil(static_cast<double>(out.size()) / static_cast<double>(most_samples)))
                   : "a longer window, or a smaller every");
}

}  // namespace hillock::study
