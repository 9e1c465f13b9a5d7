/// A recording, and below it what the model does with parameters from the posterior: same axes, so that spikes can be
/// compared by eye.

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"
#include "report/panel.hpp"
#include "report/plot.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_draws = 4;

std::string drawn(const PredictedTraces& t) {
  DataSet set;  // times and observed: what a panel needs
  set.name = t.name;
  set.time_ms = t.time_ms;
  set.observed = t.observed;
  std::vector<std::vector<double>> draws;
  for (std::size_t k = 0; k < std::min(t.traces.rows, most_draws); ++k) {
    draws.emplace_back(t.traces.cols);
    for (std::size_t i = 0; i < t.traces.cols; ++i) draws.back()[i] = t.traces(k, i);
  }
  const std::size_t panels = (t.observed.empty() ? 0 : 1) + draws.size();
  std::string out;
  std::size_t done = 0;
  const auto add = [&](const std::vector<double>& values, std::string_view what, std::string_view css_class) {
    const bool lowest = ++done == panels;
    Panel panel(set, lowest ? 130 : 100, pretty_unit(t.unit), lowest);
    panel.include(t.observed);
    for (const std::vector<double>& d : draws) panel.include(d);
    if (panel.empty()) return;
    panel.begin(fmt::format("{}: {}", t.name, what));
    panel.line(values, css_class);
    out += fmt::format("<p class=\"trace-what\">{}</p>{}", escape_html(what), panel.drawing());
  };
  if (!t.observed.empty()) add(t.observed, "recorded", "trace-observed");
  for (std::size_t k = 0; k < draws.size(); ++k)
    add(draws[k], draws.size() == 1 ? "predicted" : fmt::format("predicted, draw {}", k + 1), "trace-best");
  return out;
}

}  // namespace

std::string plot_predicted_traces(const Document& document) {
  std::string out;
  for (std::size_t i = 0; i < document.simulated.traces.size(); ++i) {
    const PredictedTraces& t = document.simulated.traces[i];
    const std::string name = t.name.empty() ? fmt::format("Recording {}", i + 1) : t.name;
    const std::string panels = drawn(t);
    out += fmt::format("<div class=\"set\"><h3>{}</h3>\n", escape_html(name));
    out += panels.empty() ? nothing("No trace: nothing was recorded or simulated.")
                          : fmt::format(
                                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}: recorded "
                                "and predicted traces\"><div class=\"traces-box\">{}</div></div>",
                                escape_html(name), panels);
    out += "</div>\n";
  }
  if (out.empty()) return {};
  return out +
         "<p class=\"caption\">Grey: recorded. Blue: the model with parameters drawn from the posterior, simulated as "
         "it would be recorded. All panels of a recording share their axes.</p>\n";
}

}  // namespace hillock::report
