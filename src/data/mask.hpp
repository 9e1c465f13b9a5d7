#pragma once
/// Which samples count.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace hillock::data {

/// One flag per sample: 1 keeps it, 0 leaves it out.
using Mask = std::vector<std::uint8_t>;

/// Half-open range of samples [first, last).
struct SampleWindow {
  std::size_t first = 0;
  std::size_t last = 0;
  friend bool operator==(const SampleWindow&, const SampleWindow&) = default;
};

/// "2501:2551" as [2501, 2551). Error code "window-syntax".
[[nodiscard]] Result<SampleWindow> parse_sample_window(std::string_view text);

/// The samples at times t with from <= t < to (seconds), on a grid t_i = start + i*interval. A bound that lies
/// within 1e-6 of an interval of a sample is that sample's time: 250.1 ms / 0.1 ms is sample 2501, whatever
/// floating point makes of the quotient.
[[nodiscard]] SampleWindow window_from_times(double from, double to, double start, double interval, std::size_t count);

/// The samples at which the command steps: |command[i] - command[i-1]| > threshold, where the change before it was
/// not a step already (a fast upstroke is one step). Indices of the first sample after the step.
[[nodiscard]] std::vector<std::size_t> command_steps(const std::vector<double>& command, double threshold);

/// All ones, less the windows (clipped to the recording).
[[nodiscard]] Mask mask_without(std::size_t count, const std::vector<SampleWindow>& windows);

/// The maximal runs of zeros of a mask.
[[nodiscard]] std::vector<SampleWindow> gaps(const Mask& mask);

}  // namespace hillock::data
