#pragma once
/// How what is recorded scatters about what a model says: the families of `observe`, one row each.

#include <cstdint>
#include <span>
#include <string_view>

namespace hillock::ir {

enum class NoiseFamily : std::uint8_t {
  normal,     ///< independent: x_i ~ N(mean_i, sd)
  ar1,        ///< x - mean is a stationary Gaussian process with covariance sd^2 exp(-|lag|/tau), sampled
  lognormal,  ///< log x_i ~ N(log median_i, sd_of_log)
  binomial,   ///< successes among n trials
  poisson,    ///< a count of that mean
  bernoulli,  ///< 1 with probability p, else 0
};

struct NoiseInfo {
  NoiseFamily family;
  std::string_view name;  ///< as a model calls it
  std::string_view form;  ///< with its arguments
  std::size_t arguments;
  bool counts;      ///< what is recorded is a whole number, without a unit
  bool likelihood;  ///< methods that need a likelihood take it (sim/programs.cpp writes it)
};

/// In the order of the enumeration.
[[nodiscard]] std::span<const NoiseInfo> noise_families();
[[nodiscard]] const NoiseInfo& info(NoiseFamily family);
/// By its name in a model, or nullptr.
[[nodiscard]] const NoiseInfo* find_noise(std::string_view name);

}  // namespace hillock::ir
