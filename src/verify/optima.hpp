#pragma once
/// Do the starts that reach the least error reach the same place?

#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::verify {

struct OptimaOptions {
  double error_tolerance = 1e-3;  ///< relative to the least error: "the same error"
  /// The same place: every coordinate within this many of its scale. Points along a flat valley chain into one.
  double distance = 1.0;
};

struct Optima {
  std::int64_t distinct = 0;  ///< places that share the least error
  std::int64_t agreeing = 0;  ///< starts within the error tolerance of the least
  std::int64_t failed = 0;    ///< starts whose error is not finite
};

/// Single-linkage clusters of the end points that share the least error.
/// @param ends    one row per start, on the scale on which parameters are judged (mostly logarithms)
/// @param errors  one per start; NaN: failed
/// @param scale   one per parameter: what counts as far apart, e.g. a twentieth of the prior's sd
[[nodiscard]] Optima count_optima(const Array2& ends, std::span<const double> errors, std::span<const double> scale,
                                  const OptimaOptions& options = {});

}  // namespace hillock::verify
