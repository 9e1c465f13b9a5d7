/// The posterior of each parameter alone, with the prior's density on the same scale.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/density.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/summary.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string plot_marginals(const Document& document) {
  const Posterior& posterior = document.posterior;
  if (posterior.axes.empty() || posterior.draws.rows == 0) return nothing("No posterior draws to draw.");
  std::string out = "<div class=\"marginals\">";
  for (std::size_t i = 0; i < posterior.axes.size(); ++i) {
    const PosteriorAxis& axis = posterior.axes[i];
    const std::string name = label(axis.name, axis.unit);
    const std::vector<double> draws = posterior.draws.column(i);
    const Histogram h = histogram(draws, axis, 24);
    if (h.total == 0) {
      out += figure(nothing(name + ": no draws."), "");
      continue;
    }
    const Frame f{10, 8, 200, 74};
    Svg svg(220, 126, fmt::format("{}: posterior and prior", name));
    const Scale x = make_scale(h.low, h.high, h.log, f.left, f.right());
    // Small and large numbers: the power of ten goes to the axis' name, once.
    const double largest = std::max(std::abs(h.low), std::abs(h.high));
    const int e = static_cast<int>(std::floor(std::log10(largest)));
    const bool factored = !h.log && largest > 0 && (e < -2 || e > 4);
    const double factor = factored ? std::pow(10.0, e) : 1.0;
    const Scale shown = make_scale(h.low / factor, h.high / factor, h.log, f.left, f.right());
    const std::string axis_name = factored
                                      ? fmt::format("{} (10{}{}{})", axis.name, superscript(e),
                                                    pretty_unit(axis.unit).empty() ? "" : " ", pretty_unit(axis.unit))
                                      : name;
    const Scale y = make_scale(0, 1.06 * h.peak, false, f.bottom(), f.top);
    for (std::size_t b = 0; b < h.density.size(); ++b) {
      if (h.density[b] <= 0) continue;
      const double from = x.clamped(h.edge(b));
      svg.rect(from, y.clamped(h.density[b]), std::max(x.clamped(h.edge(b + 1)) - from - 0.4, 0.4),
               f.bottom() - y.clamped(h.density[b]), "histogram");
    }
    if (!std::isnan(x(axis.best)) && axis.best >= h.low && axis.best <= h.high)
      svg.line(x(axis.best), f.top, x(axis.best), f.bottom(), "best-mark");
    for (const Tick& t : ticks(shown, 4)) {
      svg.line(shown(t.value), f.bottom(), shown(t.value), f.bottom() + 3, "axis");
      svg.text(shown(t.value), f.bottom() + 14, t.label, "tick", "middle");
    }
    svg.line(f.left, f.bottom(), f.right(), f.bottom(), "axis");
    svg.path(prior_outline(axis, x, y), "prior-outline");
    svg.text(f.left + f.width / 2, f.bottom() + 32, axis_name, "label", "middle");
    out += "<figure>" + svg.str() + "</figure>";
  }
  const bool best = std::ranges::any_of(posterior.axes, [](const PosteriorAxis& a) { return std::isfinite(a.best); });
  const bool simulated = from_simulations(document.verdict);
  return out + fmt::format(
                   "</div><p class=\"caption\">Bars: posterior{}. Dashed: the prior's density on the same scale (where "
                   "it lies "
                   "on the floor, the data said much more than the prior).{}</p>\n",
                   simulated ? "" : " under the declared noise", simulated && !best ? "" : " Line: best fit.");
}

}  // namespace hillock::report
