#include "verify/optima.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace hillock::verify {

Optima count_optima(const Array2& ends, std::span<const double> errors, std::span<const double> scale,
                    const OptimaOptions& options) {
  HILLOCK_CHECK(ends.rows == errors.size() && ends.cols == scale.size(), "count_optima: sizes differ");
  Optima out;
  double least = std::numeric_limits<double>::infinity();
  for (const double e : errors) {
    if (std::isfinite(e)) least = std::min(least, e);
    else ++out.failed;
  }
  std::vector<std::size_t> best;
  for (std::size_t s = 0; s < errors.size(); ++s)
    if (std::isfinite(errors[s]) && errors[s] <= least + options.error_tolerance * std::fabs(least)) best.push_back(s);
  out.agreeing = static_cast<std::int64_t>(best.size());

  auto near = [&](std::size_t a, std::size_t b) {
    for (std::size_t k = 0; k < scale.size(); ++k)
      if (!(std::fabs(ends(a, k) - ends(b, k)) <= options.distance * scale[k])) return false;
    return true;
  };
  std::vector<bool> seen(best.size(), false);
  for (std::size_t first = 0; first < best.size(); ++first) {
    if (seen[first]) continue;
    ++out.distinct;
    std::vector<std::size_t> open = {first};
    seen[first] = true;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (std::size_t other = 0; other < best.size(); ++other)
        if (!seen[other] && near(best[at], best[other])) seen[other] = true, open.push_back(other);
    }
  }
  return out;
}

}  // namespace hillock::verify
