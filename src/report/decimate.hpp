#pragma once
/// Fewer points that still show every extreme: the smallest and the largest value of each bin.

#include <cstddef>
#include <span>
#include <vector>

namespace hillock::report {

/// For each bin of `per_bin` values (the last may be shorter) its extremes, in the order in which they occur, so two
/// values a bin. NaN is passed over; a bin without a number gives NaN twice. `per_bin` >= 1; with 1 the values
/// themselves are returned, once each.
[[nodiscard]] std::vector<double> min_max_bins(std::span<const double> values, std::size_t per_bin);

/// The times that go with `min_max_bins`: the bin's first and middle time.
[[nodiscard]] std::vector<double> bin_times(std::span<const double> time, std::size_t per_bin);

/// The least `per_bin` that leaves at most `most` points of `count` (most >= 2).
[[nodiscard]] std::size_t bin_size(std::size_t count, std::size_t most);

}  // namespace hillock::report
