#include "verify/coverage.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace hillock::verify {
namespace {

Coverage from_flags(const std::vector<double>& inside, std::span<const std::uint8_t> mask, double level,
                    const BootstrapOptions& blocks) {
  Coverage out;
  out.level = level;
  double sum = 0.0;
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (mask.empty() || mask[i] != 0) sum += inside[i], ++out.samples;
  out.covered = out.samples > 0 ? sum / static_cast<double>(out.samples) : std::nan("");
  out.se = standard_deviation(bootstrap_means(inside, mask, blocks));
  return out;
}

}  // namespace

PredictivePlace::PredictivePlace(std::span<const double> data) : data_(data), sum_(data.size(), 0.0) {}

void PredictivePlace::add(std::span<const double> trace, std::span<const double> noise_sd) {
  HILLOCK_CHECK(trace.size() == data_.size(), "coverage: trace and data differ in length");
  HILLOCK_CHECK(noise_sd.size() == 1 || noise_sd.size() == data_.size(), "coverage: one noise sd, or one per sample");
  for (std::size_t i = 0; i < data_.size(); ++i) {
    const double sd = noise_sd[noise_sd.size() == 1 ? 0 : i];
    sum_[i] += 0.5 * std::erfc((trace[i] - data_[i]) / (sd * std::sqrt(2.0)));
  }
  ++draws_;
}

std::vector<double> PredictivePlace::place() const {
  HILLOCK_CHECK(draws_ > 0, "coverage: no draws");
  std::vector<double> out = sum_;
  for (double& u : out) u /= static_cast<double>(draws_);
  return out;
}

Coverage coverage_from_place(std::span<const double> place, std::span<const std::uint8_t> mask, double level,
                             const BootstrapOptions& blocks) {
  std::vector<double> inside(place.size());
  for (std::size_t i = 0; i < place.size(); ++i) inside[i] = std::fabs(place[i] - 0.5) <= 0.5 * level ? 1.0 : 0.0;
  return from_flags(inside, mask, level, blocks);
}

Coverage coverage_from_bounds(std::span<const double> data, std::span<const double> lower,
                              std::span<const double> upper, std::span<const std::uint8_t> mask, double level,
                              const BootstrapOptions& blocks) {
  HILLOCK_CHECK(lower.size() == data.size() && upper.size() == data.size(),
                "coverage: bounds and data differ in length");
  std::vector<double> inside(data.size());
  for (std::size_t i = 0; i < data.size(); ++i) inside[i] = data[i] >= lower[i] && data[i] <= upper[i] ? 1.0 : 0.0;
  return from_flags(inside, mask, level, blocks);
}

Array2 predictive_quantiles(const Array2& draws, std::span<const double> levels) {
  HILLOCK_CHECK(draws.rows > 0, "coverage: no draws");
  Array2 out(levels.size(), draws.cols);
  std::vector<double> column(draws.rows);
  const double top = static_cast<double>(draws.rows - 1);
  for (std::size_t t = 0; t < draws.cols; ++t) {
    for (std::size_t d = 0; d < draws.rows; ++d) column[d] = draws(d, t);
    std::ranges::sort(column);
    for (std::size_t l = 0; l < levels.size(); ++l) {
      const double rank = std::clamp(levels[l] * static_cast<double>(draws.rows + 1) - 1.0, 0.0, top);
      const auto low = static_cast<std::size_t>(rank);
      const std::size_t high = std::min(low + 1, draws.rows - 1);
      const double part = rank - static_cast<double>(low);
      out(l, t) = (1.0 - part) * column[low] + part * column[high];
    }
  }
  return out;
}

}  // namespace hillock::verify
