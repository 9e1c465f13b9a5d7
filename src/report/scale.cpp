#include "report/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/format.hpp"

namespace hillock::report {

double Scale::operator()(double value) const {
  if (!std::isfinite(value) || (log && value <= 0)) return std::numeric_limits<double>::quiet_NaN();
  const double part = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + part * (to - from);
}

double Scale::clamped(double value) const {
  const double at = (*this)(value);
  return std::isnan(at) ? at : std::clamp(at, std::min(from, to), std::max(from, to));
}

Scale make_scale(double low, double high, bool log, double from, double to) {
  Scale s{low, high, log, from, to};
  if (!std::isfinite(low) || !std::isfinite(high)) return {0, 1, false, from, to};
  if (low > high) std::swap(s.low, s.high);
  if (s.log && !(s.low > 0)) s.log = false;
  // Narrower than arithmetic can tell apart at this size.
  if (s.high - s.low <= 1e-12 * std::max(std::abs(s.low), std::abs(s.high))) {
    const double half = s.low == 0 ? 0.5 : 0.1 * std::abs(s.low);
    s.low -= half, s.high += half;
  }
  return s;
}

std::vector<Tick> ticks(const Scale& scale, int wanted) {
  std::vector<Tick> out;
  wanted = std::max(wanted, 2);
  if (scale.log && scale.high / scale.low >= 100) {
    const int first = static_cast<int>(std::ceil(std::log10(scale.low) - 1e-9));
    const int last = static_cast<int>(std::floor(std::log10(scale.high) + 1e-9));
    const int step = std::max(1, static_cast<int>(std::ceil(double(last - first + 1) / wanted)));
    for (int e = first; e <= last; e += step) {
      const bool plain = e >= -2 && e <= 3 && first >= -2 && last <= 3;
      out.push_back({std::pow(10.0, e), plain ? number(std::pow(10.0, e), 1) : "10" + superscript(e)});
    }
    return out;
  }
  const double rough = (scale.high - scale.low) / wanted;
  const int e = static_cast<int>(std::floor(std::log10(rough)));
  const double base = std::pow(10.0, e);
  double step = 10 * base;
  for (const double m : {1.0, 2.0, 5.0}) {
    if (m * base >= rough * 0.999) {
      step = m * base;
      break;
    }
  }
  const int place = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  const auto first = static_cast<std::int64_t>(std::ceil(scale.low / step - 1e-9));
  const auto last = static_cast<std::int64_t>(std::floor(scale.high / step + 1e-9));
  const double largest = std::max(std::abs(double(first)), std::abs(double(last))) * step;
  for (std::int64_t i = first; i <= last; ++i) {
    const double v = static_cast<double>(i) * step;
    out.push_back({v, to_place(v, place, largest)});
  }
  return out;
}

void Range::include(double value) {
  if (!std::isfinite(value)) return;
  if (empty()) low = high = value;
  low = std::min(low, value), high = std::max(high, value);
}

Range no_range() { return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()}; }

Range range_of(std::span<const double> values) {
  Range r = no_range();
  for (const double v : values) r.include(v);
  return r;
}

}  // namespace hillock::report
