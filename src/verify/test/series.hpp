#pragma once
/// Synthetic series for the tests of this room: what the recordings look like, with known properties.

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"

namespace hillock::verify::test {

inline std::vector<double> white(std::size_t n, std::uint64_t seed, std::uint64_t draw = 0) {
  Rng rng(seed, stream_id("verify test: white"), draw);
  std::vector<double> x(n);
  for (double& v : x) v = rng.normal();
  return x;
}

/// Stationary AR(1) of unit variance: x_i = phi x_{i-1} + sqrt(1 - phi^2) e_i.
inline std::vector<double> ar1(std::size_t n, double phi, std::uint64_t seed, std::uint64_t draw = 0) {
  std::vector<double> x = white(n, seed, draw);
  const double innovation = std::sqrt(1.0 - phi * phi);
  for (std::size_t i = 1; i < n; ++i) x[i] = phi * x[i - 1] + innovation * x[i];
  return x;
}

/// The training protocol of the shared hERG set: 80 000 samples at 0.1 ms, 50 samples left out at each step.
inline constexpr std::size_t herg_samples = 80000;
inline std::vector<std::uint8_t> herg_mask() {
  std::vector<std::uint8_t> mask(herg_samples, 1);
  for (const std::size_t from : {2501, 3001, 5001, 15000, 20000, 30000, 65001, 70001})
    for (std::size_t i = from; i < from + 50; ++i) mask[i] = 0;
  return mask;
}

/// Its command, mV.
inline std::vector<double> herg_command() {
  std::vector<double> v(herg_samples);
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double t = 0.1 * static_cast<double>(i);
    const double s = t - 2500.1;
    v[i] = t < 250.05    ? -80.0
           : t < 300.05  ? -120.0
           : t < 500.05  ? -80.0
           : t < 1500.05 ? 40.0
           : t < 2000.05 ? -120.0
           : t < 3000.05 ? -80.0
           : t < 6500.05 ? -30.0 + 54.0 * std::sin(0.007 * s) + 26.0 * std::sin(0.037 * s) + 10.0 * std::sin(0.19 * s)
           : t < 7000.05 ? -120.0
                         : -80.0;
  }
  return v;
}

}  // namespace hillock::verify::test
