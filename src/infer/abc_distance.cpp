#include "infer/abc_distance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hillock::infer {

namespace {

/// Below these parts of its typical size, a statistic's spread is rounding, and an observation equals a constant.
constexpr double rounding = 1e-12, same = 1e-9;

/// Sorts.
double median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * values[n / 2 - 1] + 0.5 * values[n / 2];
}

/// 0: constant.
double spread(std::span<const double> values, double centre) {
  std::vector<double> size(values.begin(), values.end());
  for (double& x : size) x = std::fabs(x);
  const double negligible = rounding * median(size);
  std::vector<double> deviation(values.begin(), values.end());
  for (double& x : deviation) x = std::fabs(x - centre);
  const double mad = 1.4826 * median(deviation);
  if (mad > negligible) return mad;
  double mean = 0.0;
  for (const double x : deviation) mean += x / static_cast<double>(deviation.size());
  mean *= std::sqrt(0.5 * std::numbers::pi);
  return mean > negligible ? mean : 0.0;
}

}  // namespace

Result<void> check_observation(const std::vector<std::string>& statistics, std::span<const double> observed) {
  if (observed.size() != statistics.size()) {
    return fail("observation-size",
                "the observation has " + std::to_string(observed.size()) + " values, the simulator has " +
                    std::to_string(statistics.size()) + " statistics",
                "observation", "give one value for each statistic, in their order");
  }
  Errors errors;
  for (std::size_t j = 0; j < observed.size(); ++j) {
    if (!std::isinf(observed[j])) continue;
    errors.push_back(Error{"observation-not-finite", "the observed value of `" + statistics[j] + "` is infinite",
                           std::nullopt, statistics[j], "give a number, or NaN where there is no value"});
  }
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

bool comparable(std::span<const double> x, std::span<const double> observed) {
  for (std::size_t j = 0; j < x.size(); ++j)
    if (std::isfinite(x[j]) == std::isnan(observed[j])) return false;
  return true;
}

AbcDistance::AbcDistance(const std::vector<std::string>& statistics, std::span<const double> observed,
                         const Array2& sample)
    : observed_(observed.begin(), observed.end()), scale_(observed.size(), 0.0) {
  HILLOCK_CHECK(sample.cols == observed.size() && statistics.size() == observed.size(),
                "simulations and observation have the same statistics");
  std::vector<double> values;
  for (std::size_t j = 0; j < observed.size(); ++j) {
    values.clear();
    for (std::size_t k = 0; k < sample.rows; ++k)
      if (std::isfinite(sample(k, j))) values.push_back(sample(k, j));
    if (std::isnan(observed[j]) || values.size() < 2) continue;
    const double centre = median(values);
    scale_[j] = spread(values, centre);
    if (scale_[j] == 0.0) {
      const bool fits = std::fabs(observed[j] - centre) <= same * std::fabs(centre);
      (fits ? notes_.constant : notes_.misfit).push_back(statistics[j]);
    } else if (observed[j] < values.front() || observed[j] > values.back()) {
      notes_.outside.push_back(statistics[j]);
    }
  }
}

double AbcDistance::operator()(std::span<const double> x) const {
  double squares = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (std::isfinite(x[j]) == std::isnan(observed_[j])) return std::numeric_limits<double>::infinity();
    if (scale_[j] == 0.0 || std::isnan(observed_[j])) continue;
    const double z = (x[j] - observed_[j]) / scale_[j];
    squares += z * z;
  }
  return std::sqrt(squares);
}

bool AbcDistance::empty() const {
  return std::all_of(scale_.begin(), scale_.end(), [](double s) { return s == 0.0; });
}

Error AbcDistance::nothing_moves(std::uint64_t simulations) const {
  std::string text = "no statistic that the observation has moved in " + std::to_string(simulations) +
                     " simulations: they say nothing about the parameters";
  for (const std::string& name : notes_.misfit) text += "; `" + name + "` is never what was observed";
  return {"statistics-constant", std::move(text), std::nullopt, "observe.statistics",
          "choose statistics that depend on the parameters, or widen the prior"};
}

}  // namespace hillock::infer
