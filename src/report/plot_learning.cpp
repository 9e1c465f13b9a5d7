/// How much more simulations would help: the log density of pairs that were trained on, and of pairs that were not.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {
namespace {

/// The range to show: without the steep beginning, where that would press all the rest into a line.
Range shown_range(const LearningCurve& c, bool& cut) {
  std::vector<double> all;
  for (const auto* v : {&c.training, &c.validation})
    for (const double y : *v)
      if (std::isfinite(y)) all.push_back(y);
  Range range = range_of(all);
  cut = false;
  if (all.size() < 10) return range;
  std::sort(all.begin(), all.end());
  const double usual = range.high - all[all.size() / 4];
  if (range.high - range.low > 5 * usual && usual > 0) cut = true, range.low = range.high - 2 * usual;
  return range;
}

}  // namespace

std::string plot_learning(const Document& document) {
  const LearningCurve& c = document.simulated.curve;
  HILLOCK_CHECK(c.training.size() == c.simulations.size() && c.validation.size() == c.simulations.size(),
                "learning curve: as many values as numbers of simulations");
  Range at = no_range();
  for (const double n : c.simulations)
    if (n > 0) at.include(n);
  bool cut = false;
  const Range values = shown_range(c, cut);
  if (at.empty() || values.empty()) return {};

  const Frame f{58, 14, 366, 146};
  Svg svg(440, 196, "Mean log density of training and validation pairs against simulations");
  const Scale x = make_scale(at.low, at.high, true, f.left, f.right());
  const double room = values.high > values.low ? 0.05 * (values.high - values.low) : 0.0;
  const Scale y = make_scale(values.low - room, values.high + room, false, f.bottom(), f.top);
  svg.axes(f, x, y, "simulations", "mean log density", 5, 4);
  // Where a round begins.
  const auto& rounds = document.verdict.simulated.rounds;
  double begun = 0;
  double labelled = f.left - 100;
  for (std::size_t i = 0; i + 1 < rounds.size(); ++i) {
    begun += static_cast<double>(rounds[i].simulations);
    if (!(begun >= x.low && begun <= x.high)) continue;
    svg.line(x(begun), f.top, x(begun), f.bottom(), "round-mark");
    if (x(begun) - labelled < 44) continue;  // no room for the words
    labelled = x(begun);
    svg.text(labelled + 3, f.top - 3, fmt::format("round {}", i + 2), "tick");
  }
  const auto draw_curve = [&](const std::vector<double>& v, const std::string& css_class) {
    std::vector<double> px;
    std::vector<double> py;
    for (std::size_t i = 0; i < v.size(); ++i) px.push_back(x(c.simulations[i])), py.push_back(y.clamped(v[i]));
    svg.path(polyline(px, py), v.size() == 1 ? css_class + " single" : css_class);
  };
  draw_curve(c.training, "curve-training");
  draw_curve(c.validation, "curve");
  std::string caption =
      "Dashed: pairs of parameters and simulations that were trained on; blue: pairs that were not. Higher is better. "
      "Where the blue line still climbs, more simulations would help; where it falls below the dashed one for long, "
      "the estimator learns the noise of too few; the last point of a round is the state that was kept.";
  if (cut) caption += " The steep beginning is below the plot.";
  return "<h3>Learning</h3>\n" + figure(svg.str(), caption, "beside");
}

}  // namespace hillock::report
