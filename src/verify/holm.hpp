#pragma once
/// Several tests, one level: Holm's step-down adjustment (Holm 1979, Scand. J. Statist. 6:65).

#include <span>
#include <vector>

namespace hillock::verify {

/// Adjusted p-values, in the order given. Rejecting where the adjusted value is below a level keeps the probability of
/// one or more false rejections below that level, whatever the dependence between the tests. A NaN (a test that was not
/// run) stays NaN and is not counted.
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

}  // namespace hillock::verify
