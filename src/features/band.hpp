#pragma once
/// The frequencies that a band of a spectrum is summed over.

#include <cmath>
#include <cstdint>

namespace hillock::features {

/// Multiples k of a resolution with first <= k < end.
struct Band {
  std::int64_t first = 1;
  std::int64_t end = 1;
  [[nodiscard]] std::int64_t count() const { return end > first ? end - first : 0; }
};

/// k >= 1 with low <= k*resolution < high, to 1e-9 of the resolution: an edge that is a multiple but for rounding is
/// one. Frequencies in Hz, below 1e15 times the resolution.
[[nodiscard]] inline Band frequencies_between(double low, double high, double resolution) {
  const auto from = [&](double edge) { return static_cast<std::int64_t>(std::ceil(edge / resolution - 1e-9)); };
  const std::int64_t first = from(low);
  return {first < 1 ? 1 : first, from(high)};
}

}  // namespace hillock::features
