#include "infer/paired_scores.hpp"

#include <cmath>

#include "base/error.hpp"

namespace hillock::infer {

bool clearly_better(std::span<const double> one, std::span<const double> other, double errors) {
  HILLOCK_CHECK(one.size() == other.size(), "scores of other rows");
  if (one.size() < 2) return false;
  const auto n = static_cast<double>(one.size());
  double mean = 0.0;
  for (std::size_t k = 0; k < one.size(); ++k) mean += (one[k] - other[k]) / n;
  if (!std::isfinite(mean)) return mean > 0.0;
  double square = 0.0;
  for (std::size_t k = 0; k < one.size(); ++k) {
    const double off = one[k] - other[k] - mean;
    square += off * off;
  }
  return mean > errors * std::sqrt(square / (n - 1.0) / n);
}

}  // namespace hillock::infer
