/// How long the residuals remember: their correlation with themselves some time later.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "report/decimate.hpp"
#include "report/format.hpp"
#include "report/plot.hpp"
#include "report/svg.hpp"

namespace hillock::report {

std::string plot_autocorrelation(const DataSet& set, std::size_t /*index*/) {
  const Autocorrelation& a = set.autocorrelation;
  HILLOCK_CHECK(a.lag_ms.size() == a.value.size(), "autocorrelation: as many values as lags");
  const Range lags = range_of(a.lag_ms);
  Range values = range_of(a.value);
  if (lags.empty() || values.empty()) return nothing("No autocorrelation of the residuals was computed.");
  values.include(0), values.include(1);
  if (std::isfinite(a.white_band)) values.include(-a.white_band);

  const Frame f{52, 10, 372, 150};
  Svg svg(440, 196, fmt::format("{}: autocorrelation of the residuals against lag", set.name));
  const Scale x = make_scale(std::min(0.0, lags.low), lags.high, false, f.left, f.right());
  const Scale y = make_scale(std::min(values.low, 0.0) - 0.05, values.high + 0.02, false, f.bottom(), f.top);
  if (std::isfinite(a.white_band))
    svg.rect(f.left, y.clamped(a.white_band), f.width, y.clamped(-a.white_band) - y.clamped(a.white_band),
             "white-band");
  svg.axes(f, x, y, "lag (ms)", "autocorrelation", 6, 5);
  const double zero = y.clamped(0);
  svg.line(f.left, zero, f.right(), zero, "zero");
  const std::size_t per_bin = bin_size(a.lag_ms.size(), 800);
  std::vector<double> px = bin_times(a.lag_ms, per_bin);
  std::vector<double> py = min_max_bins(a.value, per_bin);
  for (double& v : px) v = x.clamped(v);
  for (double& v : py) v = y.clamped(v);
  svg.path(polyline(px, py), px.size() == 1 ? "curve single" : "curve");
  std::string caption = "Correlation of a residual with the one some time later.";
  if (std::isfinite(a.white_band)) {
    caption += fmt::format(
        " If the noise were independent from sample to sample, 95 % of the values would lie in the narrow band (±{}).",
        number(a.white_band, 2));
  }
  return figure(svg.str(), caption, "beside");
}

}  // namespace hillock::report
