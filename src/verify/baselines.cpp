#include "verify/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace hillock::verify {
namespace {

bool kept(std::span<const std::uint8_t> mask, std::size_t i) { return mask.empty() || mask[i] != 0; }

template <class Prediction>
double relative_rms_of(Prediction&& prediction, std::span<const double> data, std::span<const std::uint8_t> mask,
                       double range) {
  HILLOCK_CHECK(mask.empty() || mask.size() == data.size(), "baseline: mask and data differ in length");
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!kept(mask, i)) continue;
    const double d = prediction(i) - data[i];
    sum += d * d;
    count += 1.0;
  }
  return count > 0.0 && range > 0.0 ? std::sqrt(sum / count) / range : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double relative_rms(std::span<const double> prediction, std::span<const double> data,
                    std::span<const std::uint8_t> mask, double range) {
  HILLOCK_CHECK(prediction.size() == data.size(), "baseline: prediction and data differ in length");
  return relative_rms_of([&](std::size_t i) { return prediction[i]; }, data, mask, range);
}

double kept_range(std::span<const double> data, std::span<const std::uint8_t> mask) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < data.size(); ++i)
    if (kept(mask, i)) low = std::min(low, data[i]), high = std::max(high, data[i]);
  return high >= low ? high - low : 0.0;
}

double mean_baseline(std::span<const double> data, std::span<const std::uint8_t> mask, double range) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i)
    if (kept(mask, i)) sum += data[i], count += 1.0;
  const double mean = count > 0.0 ? sum / count : 0.0;
  return relative_rms_of([&](std::size_t) { return mean; }, data, mask, range);
}

double ohmic_baseline(std::span<const double> data, std::span<const double> voltage, double conductance,
                      double reversal, std::span<const std::uint8_t> mask, double range) {
  HILLOCK_CHECK(voltage.size() == data.size(), "baseline: voltage and data differ in length");
  return relative_rms_of([&](std::size_t i) { return conductance * (voltage[i] - reversal); }, data, mask, range);
}

double fitted_conductance(std::span<const double> current, std::span<const double> voltage, double reversal,
                          std::span<const std::uint8_t> mask) {
  HILLOCK_CHECK(voltage.size() == current.size(), "baseline: voltage and current differ in length");
  double product = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i < current.size(); ++i) {
    if (!kept(mask, i)) continue;
    const double drive = voltage[i] - reversal;
    product += current[i] * drive;
    square += drive * drive;
  }
  return square > 0.0 ? product / square : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace hillock::verify
