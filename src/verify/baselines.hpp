#pragma once
/// Predictions that need no model of the mechanism. A model that does not beat them has explained nothing.

#include <cstdint>
#include <span>
#include <vector>

namespace hillock::verify {

/// sqrt(mean((prediction - data)^2)) / range over the kept samples (empty mask: all). NaN without kept samples or
/// range.
[[nodiscard]] double relative_rms(std::span<const double> prediction, std::span<const double> data,
                                  std::span<const std::uint8_t> mask, double range);

/// Largest less smallest kept value; 0 without kept samples.
[[nodiscard]] double kept_range(std::span<const double> data, std::span<const std::uint8_t> mask);

/// No model: the mean of these very data at every sample. It is told the mean that a prediction would have to guess,
/// so its error, sd / range, is the least that any constant can have.
[[nodiscard]] double mean_baseline(std::span<const double> data, std::span<const std::uint8_t> mask, double range);

/// Ohm's law: conductance * (voltage - reversal), in the data's unit.
[[nodiscard]] double ohmic_baseline(std::span<const double> data, std::span<const double> voltage, double conductance,
                                    double reversal, std::span<const std::uint8_t> mask, double range);

/// The conductance that fits Ohm's law best, sum I (V - E) / sum (V - E)^2 over the kept samples of the training data;
/// NaN where the voltage never leaves the reversal.
[[nodiscard]] double fitted_conductance(std::span<const double> current, std::span<const double> voltage,
                                        double reversal, std::span<const std::uint8_t> mask);

}  // namespace hillock::verify
