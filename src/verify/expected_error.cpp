#include "verify/expected_error.hpp"

#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace hillock::verify {

double expected_error(std::span<const double> best, std::span<const double> trace, std::span<const double> noise_sd,
                      std::span<const std::uint8_t> mask, double range) {
  HILLOCK_CHECK(best.size() == trace.size(), "expected_error: traces differ in length");
  HILLOCK_CHECK(noise_sd.size() == 1 || noise_sd.size() == best.size(),
                "expected_error: one noise sd, or one per sample");
  HILLOCK_CHECK(mask.empty() || mask.size() == best.size(), "expected_error: mask of another length");
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    const double apart = trace[i] - best[i];
    const double sd = noise_sd[noise_sd.size() == 1 ? 0 : i];
    sum += apart * apart + sd * sd;
    count += 1.0;
  }
  return count > 0.0 && range > 0.0 ? std::sqrt(sum / count) / range : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace hillock::verify
