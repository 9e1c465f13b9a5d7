#include "report/decimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace hillock::report {

std::vector<double> min_max_bins(std::span<const double> values, std::size_t per_bin) {
  HILLOCK_CHECK(per_bin >= 1, "bins of no samples");
  if (per_bin == 1) return {values.begin(), values.end()};
  std::vector<double> out;
  out.reserve(2 * (values.size() / per_bin + 1));
  for (std::size_t first = 0; first < values.size(); first += per_bin) {
    const std::size_t last = std::min(first + per_bin, values.size());
    std::size_t least = last;
    std::size_t most = last;
    for (std::size_t i = first; i < last; ++i) {
      if (std::isnan(values[i])) continue;
      if (least == last || values[i] < values[least]) least = i;
      if (most == last || values[i] > values[most]) most = i;
    }
    if (least == last) {
      out.insert(out.end(), 2, std::numeric_limits<double>::quiet_NaN());
    } else {
      out.push_back(values[std::min(least, most)]);
      out.push_back(values[std::max(least, most)]);
    }
  }
  return out;
}

std::vector<double> bin_times(std::span<const double> time, std::size_t per_bin) {
  HILLOCK_CHECK(per_bin >= 1, "bins of no samples");
  if (per_bin == 1) return {time.begin(), time.end()};
  std::vector<double> out;
  out.reserve(2 * (time.size() / per_bin + 1));
  for (std::size_t first = 0; first < time.size(); first += per_bin) {
    const std::size_t last = std::min(first + per_bin, time.size());
    out.push_back(time[first]);
    // A last bin of one sample: its value twice, at distinct times.
    out.push_back(last - first > 1 ? time[first + (last - first) / 2]
                                   : time[first] + (first > 0 ? (time[first] - time[first - 1]) / 2 : 0));
  }
  return out;
}

std::size_t bin_size(std::size_t count, std::size_t most) {
  HILLOCK_CHECK(most >= 2, "fewer than two points");
  if (count <= most) return 1;
  const std::size_t bins = most / 2;
  return std::max<std::size_t>(2, (count + bins - 1) / bins);
}

}  // namespace hillock::report
