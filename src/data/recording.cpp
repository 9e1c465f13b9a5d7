#include "data/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hillock::data {
namespace {

// True when all times are float32 numbers in seconds, milliseconds or microseconds.
bool carries_float32(const std::vector<double>& time) {
  for (const double scale : {1.0, 1e-3, 1e-6}) {
    const bool all = std::all_of(time.begin(), time.end(), [&](double t) {
      const double back = static_cast<double>(static_cast<float>(t / scale)) * scale;
      return std::abs(back - t) <= 4.0 * std::numeric_limits<double>::epsilon() * std::abs(t);
    });
    if (all) return true;
  }
  return false;
}

// The decimal number of fewest digits within `tolerance` of x > 0, and how many digits it has.
std::pair<double, int> simplest_near(double x, double tolerance) {
  for (int digits = 1; digits < 17; ++digits) {
    const double candidate = std::stod(fmt::format("{:.{}e}", x, digits - 1));
    if (std::abs(candidate - x) <= tolerance) return {candidate, digits};
  }
  return {x, 17};
}

std::string show(double seconds) { return fmt::format("{:.9g} ms", seconds * 1e3); }
std::string show_interval(double seconds) { return fmt::format("{:.4g} ms", seconds * 1e3); }

std::unexpected<Errors> not_uniform(const std::vector<double>& time, std::size_t i, double interval) {
  return fail("sampling-not-uniform",
              fmt::format("the interval from sample {} ({}) to sample {} is {}; the others are {}", i, show(time[i]),
                          i + 1, show_interval(time[i + 1] - time[i]), show_interval(interval)),
              {}, "resample to equal intervals, or cut the recording at the gap");
}

}  // namespace

const Array* ArrayFile::find(std::string_view name) const {
  const auto it = std::find_if(arrays.begin(), arrays.end(), [&](const Array& array) { return array.name == name; });
  return it == arrays.end() ? nullptr : &*it;
}

std::vector<std::string> ArrayFile::names() const {
  std::vector<std::string> out;
  out.reserve(arrays.size());
  for (const Array& array : arrays) out.push_back(array.name);
  return out;
}

const Channel* Sweep::find(std::string_view name) const {
  const auto it = std::find_if(channels.begin(), channels.end(), [&](const Channel& c) { return c.name == name; });
  return it == channels.end() ? nullptr : &*it;
}

std::optional<units::Unit> unit_from_name(std::string_view array_name) {
  const std::size_t underscore = array_name.rfind('_');
  if (underscore == std::string_view::npos || underscore == 0) return std::nullopt;
  const std::string_view suffix = array_name.substr(underscore + 1);
  if (suffix.empty()) return std::nullopt;
  const std::string_view name = suffix == "C" ? std::string_view("degC") : suffix;
  if (const units::Unit* unit = units::find_unit(name)) {
    units::Unit out = *unit;
    out.name = name;
    return out;
  }
  if (suffix.find_first_of("/*^") != std::string_view::npos) {
    if (Result<units::Unit> unit = units::parse_unit(suffix)) return *unit;
  }
  return std::nullopt;
}

Result<double> sampling_interval(const Sweep& sweep) {
  const std::vector<double>& time = sweep.time;
  if (time.size() < 2)
    return fail("sweep-short", fmt::format("a sampling interval needs two samples; there are {}", time.size()));
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (!std::isfinite(time[i])) return fail("time-not-a-number", fmt::format("the time of sample {} is no number", i));
    if (i > 0 && !(time[i] > time[i - 1]))
      return fail("time-not-increasing", fmt::format("time does not increase from sample {} ({}) to sample {} ({})",
                                                     i - 1, show(time[i - 1]), i, show(time[i])));
  }
  const auto intervals = static_cast<double>(time.size() - 1);
  const double mean = (time.back() - time.front()) / intervals;

  // How far a stored time may lie from the true one: half a unit in the last place of what stored it.
  const double largest = std::max(std::abs(time.front()), std::abs(time.back()));
  const double ulp =
      carries_float32(time) ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  const double rounding = 0.5 * ulp * largest;
  // Times written with few decimals are off by more; up to 2 % of an interval is taken as rounding, not as a gap.
  // A quarter of an interval is a gap, whatever the rounding.
  const double tolerance = std::min(std::max(2.0 * rounding, 0.02 * mean), 0.25 * mean);

  double residual = 0.0;
  for (std::size_t i = 0; i < time.size(); ++i)
    residual = std::max(residual, std::abs(time[i] - (time.front() + static_cast<double>(i) * mean)));
  if (residual > tolerance) {
    std::vector<double> sorted(time.size() - 1);
    for (std::size_t i = 0; i + 1 < time.size(); ++i) sorted[i] = time[i + 1] - time[i];
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const double usual = *middle;
    for (std::size_t i = 0; i + 1 < time.size(); ++i)
      if (std::abs(time[i + 1] - time[i] - usual) > 2.0 * tolerance) return not_uniform(time, i, usual);
    for (std::size_t i = 0; i < time.size(); ++i) {
      const double off = time[i] - (time.front() + static_cast<double>(i) * mean);
      if (std::abs(off) > tolerance)
        return fail("sampling-not-uniform",
                    fmt::format("sample {} ({}) lies {} from its place on an equal grid of {}: the interval drifts", i,
                                show(time[i]), show_interval(off), show_interval(mean)),
                    {}, "resample to equal intervals");
    }
  }

  // Both ends are off by at most max(rounding, residual), so the interval by twice that over their distance. Within
  // that, the simplest number is meant: of the interval (0.1 ms) or of the rate (30 kHz).
  const double uncertainty = 2.0 * std::max(rounding, residual) / intervals;
  const auto [interval, interval_digits] = simplest_near(mean, uncertainty);
  const auto [rate, rate_digits] = simplest_near(1.0 / mean, uncertainty / (mean * mean));
  return rate_digits < interval_digits ? 1.0 / rate : interval;
}

}  // namespace hillock::data
