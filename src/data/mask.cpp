#include "data/mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace hillock::data {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool parse_index(std::string_view text, std::size_t& out) {
  text = trim(text);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && problem == std::errc{} && end == text.data() + text.size();
}

// The first sample at or after time t, on [0, count].
std::size_t first_sample_from(double t, double start, double interval, std::size_t count) {
  constexpr double same_sample = 1e-6;  // of an interval; see the header
  const double position = (t - start) / interval;
  const double nearest = std::round(position);
  const double sample = std::abs(position - nearest) <= same_sample ? nearest : std::ceil(position);
  if (!(sample > 0.0)) return 0;
  return sample >= static_cast<double>(count) ? count : static_cast<std::size_t>(sample);
}

}  // namespace

Result<SampleWindow> parse_sample_window(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail("window-syntax", fmt::format("'{}' is not a window of samples: {}", text.substr(0, 60), why), {},
                "write first:last, as in 2501:2551 for the samples 2501 to 2550");
  };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return refuse("there is no ':'");
  SampleWindow window;
  if (!parse_index(text.substr(0, colon), window.first)) return refuse("before the ':' stands no sample index");
  if (!parse_index(text.substr(colon + 1), window.last)) return refuse("after the ':' stands no sample index");
  if (window.first > window.last) return refuse("it ends before it begins");
  return window;
}

SampleWindow window_from_times(double from, double to, double start, double interval, std::size_t count) {
  HILLOCK_CHECK(interval > 0.0 && std::isfinite(interval), "a window needs a positive sampling interval");
  HILLOCK_CHECK(!std::isnan(from) && !std::isnan(to) && std::isfinite(start), "a window's bounds are not numbers");
  const std::size_t first = first_sample_from(from, start, interval, count);
  return {first, std::max(first, first_sample_from(to, start, interval, count))};
}

std::vector<std::size_t> command_steps(const std::vector<double>& command, double threshold) {
  std::vector<std::size_t> steps;
  bool stepping = false;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const bool jump = std::abs(command[i] - command[i - 1]) > threshold;
    if (jump && !stepping) steps.push_back(i);
    stepping = jump;
  }
  return steps;
}

Mask mask_without(std::size_t count, const std::vector<SampleWindow>& windows) {
  Mask mask(count, 1);
  for (const SampleWindow& window : windows) {
    const std::size_t last = std::min(window.last, count);
    for (std::size_t i = window.first; i < last; ++i) mask[i] = 0;
  }
  return mask;
}

std::vector<SampleWindow> gaps(const Mask& mask) {
  std::vector<SampleWindow> out;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) continue;
    const std::size_t first = i;
    while (i < mask.size() && mask[i] == 0) ++i;
    out.push_back({first, i});
  }
  return out;
}

}  // namespace hillock::data
