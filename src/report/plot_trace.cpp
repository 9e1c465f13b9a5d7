/// What was recorded, the best fit and the posterior-predictive bands. Drawn here whole and small (for paper, and for
/// browsers without scripts); the page's script puts the zoomable plot in its place.

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/panel.hpp"
#include "report/plot.hpp"

namespace hillock::report {

std::string plot_trace(const DataSet& set, std::size_t index) {
  Panel panel(set, 230, label(set.observed_name.empty() ? "observed" : set.observed_name, set.observed_unit),
              !has_command(set));
  // Samples left out are drawn faintly and do not set the scale: a capacitive spike may be 100 times the signal.
  const std::vector<double> kept = only(set.observed, set.keep, true);
  const Quantiles& q = set.predictive;
  for (const auto* v : {&kept, &set.best, &q.q05, &q.q95}) panel.include(*v);
  if (panel.empty()) return nothing("No trace: nothing was recorded or predicted.");
  panel.begin(fmt::format("{}: {} against time, with the prediction", set.name, set.observed_name));
  panel.shade_left_out();
  panel.line(only(set.observed, set.keep, false), "trace-out");
  panel.band(q.q05, q.q95, "band90");
  panel.band(q.q25, q.q75, "band50");
  panel.line(kept, "trace-observed");
  panel.band(set.parameters_only.q05, set.parameters_only.q95, "band-parameters");
  panel.line(q.q50, "trace-median");
  panel.line(set.best, "trace-best");

  std::string caption;
  if (!set.observed.empty()) caption += "Grey: recorded.";
  if (!set.best.empty()) caption += " Blue: best fit.";
  if (!q.q05.empty()) {
    caption +=
        " Bands: where half and nine tenths of new recordings would lie at each moment, by the posterior,"
        " noise included.";
  }
  if (!set.parameters_only.q05.empty())
    caption += " Narrow violet band: the same for the parameters alone (90 %), without noise.";
  if (panel.left_out() > 0)
    caption += fmt::format(" Shaded: {} samples left out of the fit and of every score.", count(panel.left_out()));
  if (panel.not_finite() > 0)
    caption += fmt::format(" {} recorded samples are not numbers and are not drawn.", count(panel.not_finite()));
  // Below the command, so that the two plots touch (the style sheet orders them).
  return panel.finish("trace", index, "") +
         (caption.empty() ? "" : fmt::format("<p class=\"caption last\">{}</p>\n", escape_html(caption)));
}

}  // namespace hillock::report
