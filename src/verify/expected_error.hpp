#pragma once
/// The error that the fit itself expects on data it has not seen, if the model is right.

#include <cstdint>
#include <span>

namespace hillock::verify {

/// For one posterior draw: sqrt(mean((trace - best)^2 + noise_sd^2)) / range over the kept samples, the root of the
/// expected square of (best - data) for data that this draw would make. The mean over draws is
/// `Generalisation::expected_error`, their standard deviation `expected_error_se`: the noise's uncertainty, and the
/// parameters'.
/// @param best      trace of the best fit, the one whose error is reported
/// @param trace     trace of the draw
/// @param noise_sd  of the draw: one value, or one per sample
/// NaN without kept samples or range.
[[nodiscard]] double expected_error(std::span<const double> best, std::span<const double> trace,
                                    std::span<const double> noise_sd, std::span<const std::uint8_t> mask, double range);

}  // namespace hillock::verify
