#include "infer/resample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"

namespace hillock::infer {

std::vector<double> weights_of(std::span<const double> log_weights) {
  std::vector<double> out(log_weights.size(), 0.0);
  double largest = -std::numeric_limits<double>::infinity();
  for (const double w : log_weights)
    if (std::isfinite(w)) largest = std::max(largest, w);
  if (!std::isfinite(largest)) return out;
  double total = 0.0;
  for (std::size_t k = 0; k < out.size(); ++k)
    if (std::isfinite(log_weights[k])) total += out[k] = std::exp(log_weights[k] - largest);
  for (double& w : out) w /= total;
  return out;
}

double effective_sample_size(std::span<const double> weights) {
  double largest = 0.0, sum = 0.0, squares = 0.0;
  for (const double w : weights) largest = std::max(largest, w);
  if (largest == 0.0) return 0.0;
  for (const double w : weights) {  // in parts of the largest, so that no square overflows or vanishes
    sum += w / largest;
    squares += (w / largest) * (w / largest);
  }
  return sum * sum / squares;
}

std::vector<std::size_t> systematic_resample(std::span<const double> weights, std::size_t count, double offset) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  HILLOCK_CHECK(total > 0.0 && std::isfinite(total), "resampling needs a weight above 0");
  std::vector<std::size_t> out;
  out.reserve(count);
  double running = 0.0;
  for (std::size_t k = 0; k < weights.size() && out.size() < count; ++k) {
    running += weights[k] / total;
    while (weights[k] > 0.0 && out.size() < count &&
           (static_cast<double>(out.size()) + offset) / static_cast<double>(count) <= running)
      out.push_back(k);
  }
  // Rounding can leave the last ones over: they are the heaviest.
  const auto best = static_cast<std::size_t>(std::max_element(weights.begin(), weights.end()) - weights.begin());
  out.resize(count, best);
  return out;
}

}  // namespace hillock::infer
