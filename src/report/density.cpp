#include "report/density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "report/svg.hpp"

namespace hillock::report {

double Histogram::edge(std::size_t bin) const {
  const double part = static_cast<double>(bin) / static_cast<double>(density.size());
  return log ? low * std::pow(high / low, part) : low + part * (high - low);
}

Histogram histogram(std::span<const double> draws, const PosteriorAxis& axis, std::size_t bins) {
  HILLOCK_CHECK(bins >= 1, "a histogram without bins");
  Histogram h;
  h.density.assign(bins, 0.0);
  Range range = no_range();
  for (const double v : draws) {
    if (!std::isfinite(v) || (axis.log_scale && v <= 0)) ++h.dropped;
    else range.include(v), ++h.total;
  }
  if (h.total == 0) return h;
  h.log = axis.log_scale && range.high / range.low > 1.3;
  // A little room on both sides, so that the outermost draws do not stand on the edge.
  if (h.log) {
    const double room = std::pow(range.high / range.low, 0.04);
    range.low /= room, range.high *= room;
  } else {
    const double room = 0.04 * (range.high - range.low);
    const double low = range.low;
    range.low -= room, range.high += room;
    if (low > 0 && range.low <= 0) range.low = low / 2;
  }
  const Scale scale = make_scale(range.low, range.high, h.log, 0, static_cast<double>(bins));
  h.low = scale.low, h.high = scale.high;
  const double width = (h.log ? std::log(h.high / h.low) : h.high - h.low) / static_cast<double>(bins);
  for (const double v : draws) {
    const double at = scale(v);
    if (std::isnan(at) || (axis.log_scale && v <= 0)) continue;
    h.density[std::min(static_cast<std::size_t>(std::max(at, 0.0)), bins - 1)] +=
        1.0 / (width * static_cast<double>(h.total));
  }
  h.peak = *std::max_element(h.density.begin(), h.density.end());
  return h;
}

double prior_density(const PosteriorAxis& axis, double value, bool log) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  double density = none;  // on the axis' own scale
  if (!axis.prior_at.empty()) {
    HILLOCK_CHECK(axis.prior_at.size() == axis.prior_density.size(), "prior: as many densities as places");
    const auto above = std::lower_bound(axis.prior_at.begin(), axis.prior_at.end(), value);
    const auto i = static_cast<std::size_t>(above - axis.prior_at.begin());
    if (i == axis.prior_at.size()) density = 0;
    else if (*above == value) density = axis.prior_density[i];
    else if (i == 0) density = 0;
    else {
      const double part = (value - axis.prior_at[i - 1]) / (axis.prior_at[i] - axis.prior_at[i - 1]);
      density = axis.prior_density[i - 1] + part * (axis.prior_density[i] - axis.prior_density[i - 1]);
    }
  } else if (std::isfinite(axis.prior_low) && std::isfinite(axis.prior_high) && axis.prior_low < axis.prior_high &&
             (!axis.log_scale || axis.prior_low > 0)) {
    const double width = axis.log_scale ? std::log(axis.prior_high / axis.prior_low) : axis.prior_high - axis.prior_low;
    density = value >= axis.prior_low && value <= axis.prior_high ? 1.0 / width : 0.0;
  }
  if (axis.log_scale == log) return density;
  return axis.log_scale ? density / value : density * value;
}

std::string prior_outline(const PosteriorAxis& axis, const Scale& x, const Scale& y) {
  std::vector<double> px;
  std::vector<double> py;
  const int points = 60;
  for (int i = 0; i <= points; ++i) {
    const double part = static_cast<double>(i) / points;
    const double value = x.log ? x.low * std::pow(x.high / x.low, part) : x.low + part * (x.high - x.low);
    px.push_back(x.from + part * (x.to - x.from));
    py.push_back(y.clamped(prior_density(axis, value, x.log)));
  }
  return polyline(px, py);
}

double correlation(std::span<const double> a, std::span<const double> b) {
  HILLOCK_CHECK(a.size() == b.size(), "a correlation of unlike lengths");
  double n = 0;
  double ma = 0;
  double mb = 0;
  double saa = 0;
  double sbb = 0;
  double sab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) continue;
    // Welford's update: no cancellation where the spread is small against the mean.
    n += 1;
    const double da = a[i] - ma;
    const double db = b[i] - mb;
    ma += da / n, mb += db / n;
    saa += da * (a[i] - ma);
    sbb += db * (b[i] - mb);
    sab += da * (b[i] - mb);
  }
  if (n < 3 || !(saa > 0) || !(sbb > 0)) return std::numeric_limits<double>::quiet_NaN();
  return sab / std::sqrt(saa * sbb);
}

}  // namespace hillock::report
