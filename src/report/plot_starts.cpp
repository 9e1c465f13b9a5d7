/// Where the searches from different starting points ended: their final errors, sorted.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string plot_starts(const Document& document) {
  std::vector<double> errors;
  for (const double e : document.start_errors)
    if (std::isfinite(e) && e > 0) errors.push_back(e);
  const auto failed = static_cast<std::int64_t>(document.start_errors.size() - errors.size());
  const std::string failures = failed == 0
                                   ? std::string()
                                   : fmt::format(" {} of {} starts failed and are not drawn.", count(failed),
                                                 count(static_cast<std::int64_t>(document.start_errors.size())));
  if (errors.empty()) return nothing("No final errors of starts to draw." + failures);
  std::sort(errors.begin(), errors.end());
  const double best = errors.front();
  const auto close = std::upper_bound(errors.begin(), errors.end(), best * 1.001) - errors.begin();

  const Frame f{66, 10, 360, 150};
  Svg svg(440, 196, "Final error of each start, sorted");
  const double high = errors.back();
  const Scale x = make_scale(0.5, static_cast<double>(errors.size()) + 0.5, false, f.left, f.right());
  // At least a hundredth of the error high, so that differences without meaning do not fill the plot.
  const double top = std::max(high, best * 1.01);
  const bool wide = top / best > 100;
  const Scale y = wide ? make_scale(best / 1.5, top * 1.5, true, f.bottom(), f.top)
                       : make_scale(best - 0.06 * (top - best), top + 0.04 * (top - best), false, f.bottom(), f.top);
  svg.rect(f.left, y.clamped(best * 1.001), f.width, y.clamped(best) - y.clamped(best * 1.001), "white-band");
  svg.axes(f, x, y, "starts, sorted by final error", "final error",
           std::min<int>(6, static_cast<int>(errors.size()) + 1), 4);
  const double radius = errors.size() > 120 ? 1.6 : 3;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const bool near = errors[i] <= best * 1.001;
    svg.circle(x(static_cast<double>(i + 1)), y(errors[i]), radius, near ? "start-near" : "start-far",
               fmt::format("start {}: {}", i + 1, number(errors[i], 6)));
  }
  return figure(svg.str(),
                fmt::format("{} of {} starts ended within 0.1 % of the least error, {}.{}", close,
                            document.start_errors.size(), number(best, 5), failures),
                "beside");
}

}  // namespace hillock::report
