/// Every two parameters against each other: draws below the diagonal, marginals with the prior on it, correlations
/// above it. A line instead of a cloud means that the data fix a combination, not the two.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/density.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {
namespace {

constexpr std::size_t most_points = 300;  // in one cell; more only blacken it
constexpr std::size_t most_axes = 16;

}  // namespace

std::string plot_pairs(const Document& document) {
  const Posterior& posterior = document.posterior;
  if (posterior.axes.empty() || posterior.draws.rows == 0) return {};  // the marginals say so
  if (posterior.axes.size() == 1) return nothing("One parameter only: no pairs.");
  const std::size_t n = std::min(posterior.axes.size(), most_axes);
  std::vector<std::vector<double>> columns;  // on the scale of the axis
  std::vector<Histogram> histograms;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> c = posterior.draws.column(i);
    histograms.push_back(histogram(c, posterior.axes[i], 16));
    if (posterior.axes[i].log_scale)
      for (double& v : c) v = v > 0 ? std::log(v) : std::numeric_limits<double>::quiet_NaN();
    columns.push_back(std::move(c));
  }
  if (std::all_of(histograms.begin(), histograms.end(), [](const Histogram& h) { return h.total == 0; })) return {};
  const std::size_t rows = posterior.draws.rows;
  const std::size_t step = (rows + most_points - 1) / most_points;

  const double cell = 92;
  const double pitch = 98;
  const double left = 40;
  const double extent = pitch * static_cast<double>(n);
  Svg svg(left + extent, extent + 20, "Posterior draws, every two parameters against each other", "plot pairs");
  for (std::size_t row = 0; row < n; ++row) {
    const double top = pitch * static_cast<double>(row) + 2;
    const PosteriorAxis& vertical = posterior.axes[row];
    svg.vertical_text(14, top + cell / 2, label(vertical.name, vertical.unit), "label");
    svg.text(left + pitch * static_cast<double>(row) + cell / 2, extent + 14, label(vertical.name, vertical.unit),
             "label", "middle");
    for (std::size_t column = 0; column < n; ++column) {
      const PosteriorAxis& horizontal = posterior.axes[column];
      const Frame f{left + pitch * static_cast<double>(column), top, cell, cell};
      const Histogram& hx = histograms[column];
      const Histogram& hy = histograms[row];
      const Scale x = make_scale(hx.low, hx.high, hx.log, f.left, f.right());
      if (row == column) {
        svg.rect(f.left, f.top, f.width, f.height, "cell");
        const Scale y = make_scale(0, 1.06 * std::max(hx.peak, 1e-300), false, f.bottom(), f.top + 4);
        for (std::size_t b = 0; b < hx.density.size(); ++b) {
          if (hx.density[b] <= 0) continue;
          const double from = x.clamped(hx.edge(b));
          svg.rect(from, y.clamped(hx.density[b]), x.clamped(hx.edge(b + 1)) - from,
                   f.bottom() - y.clamped(hx.density[b]), "histogram");
        }
        if (hx.total > 0) svg.path(prior_outline(horizontal, x, y), "prior-outline");
      } else if (row > column) {
        svg.rect(f.left, f.top, f.width, f.height, "cell");
        const Scale y = make_scale(hy.low, hy.high, hy.log, f.bottom(), f.top);
        std::string dots;
        for (std::size_t i = 0; i < rows; i += step) {
          const double px = x(posterior.draws(i, column));
          const double py = y(posterior.draws(i, row));
          if (std::isnan(px) || std::isnan(py)) continue;
          dots += fmt::format("M{:.0f},{:.0f}h0", px, py);
        }
        svg.path(dots, "dots");
      } else {
        const double r = correlation(columns[column], columns[row]);
        const double strength = std::isnan(r) ? 0 : std::abs(r);
        const std::string_view shade = strength < 0.3 ? "r0" : strength < 0.7 ? "r1" : strength < 0.9 ? "r2" : "r3";
        svg.rect(f.left, f.top, f.width, f.height, fmt::format("cell {}", shade),
                 fmt::format("correlation of {} and {}: {}", horizontal.name, vertical.name, number(r, 2)));
        svg.text(f.left + cell / 2, f.top + cell / 2 + 5, std::isnan(r) ? "–" : to_place(r, -2, 1),
                 fmt::format("r {}", shade), "middle");
      }
    }
  }
  std::string caption =
      "Below the diagonal: posterior draws; on it: each alone, the prior dashed; above it: their correlation (of the "
      "logarithms where the prior is logarithmic). A line instead of a cloud means that the data fix a combination of "
      "the two, not each.";
  if (posterior.axes.size() > n) caption += fmt::format(" The first {} of {} parameters.", n, posterior.axes.size());
  // Few parameters do not fill the page; many may be scrolled on a small screen.
  const double width = left + extent;
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Pair plot\"><div class=\"pairs-box\" "
      "style=\"max-width:{:.0f}px;--least:{:.0f}px\">{}</div></div><p class=\"caption\">{}</p>\n",
      1.15 * width, 0.75 * width, svg.str(), escape_html(caption));
}

}  // namespace hillock::report
