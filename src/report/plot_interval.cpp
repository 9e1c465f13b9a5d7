/// One parameter's intervals on the range of its prior: how much of what was thought possible is left.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string plot_interval(const verify::ParameterSummary& p, const PosteriorAxis* axis) {
  double low = p.prior_q05;
  double high = p.prior_q95;
  bool log = low > 0 && high / low > 20;
  if (axis != nullptr) {
    if (std::isfinite(axis->prior_low) && std::isfinite(axis->prior_high))
      low = axis->prior_low, high = axis->prior_high;
    log = axis->log_scale;
  }
  if (!std::isfinite(low) || !std::isfinite(high) || !(low < high)) return "<span class=\"nothing-small\">–</span>";
  const double width = 120;
  const double middle = 11;
  const Scale x = make_scale(low, high, log, 2, width - 2);
  Svg svg(width, 22, fmt::format("{}: intervals on the prior range {}", p.name, interval(low, high)), "interval");
  svg.line(2, middle, width - 2, middle, "prior-line");
  svg.line(2, middle - 3, 2, middle + 3, "prior-line");
  svg.line(width - 2, middle - 3, width - 2, middle + 3, "prior-line");
  const auto bar = [&](double from, double to, double half_height, std::string_view css_class, std::string_view what) {
    if (std::isnan(x(from)) || std::isnan(x(to))) return;
    const double a = x.clamped(std::min(from, to));
    const double b = x.clamped(std::max(from, to));
    const double w = std::max(b - a, 2.0);  // never too thin to see
    svg.rect(std::clamp((a + b - w) / 2, 0.0, width - w), middle - half_height, w, 2 * half_height, css_class,
             fmt::format("{}: {}", what, interval(from, to)));
  };
  bar(p.q05_corrected, p.q95_corrected, 4, "interval-corrected", "autocorrelation counted, 90 %");
  bar(p.q05, p.q95, 4, "interval-declared",
      std::isfinite(p.q05_independent) || std::isfinite(p.q05_corrected) ? "declared noise, 90 %" : "90 %");
  const bool has_best = !std::isnan(x(p.best));
  if (const double dot = has_best ? p.best : p.median; !std::isnan(x(dot)))
    svg.circle(x.clamped(dot), middle, 2.4, "interval-best", (has_best ? "best: " : "median: ") + number(dot, 4));
  return svg.str();
}

}  // namespace hillock::report
