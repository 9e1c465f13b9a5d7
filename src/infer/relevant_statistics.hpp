#pragma once
/// Which statistics depend on the parameters at all.
///
/// A posterior given fewer statistics is a posterior still, only wider; statistics that say nothing make a density of
/// all of them hard to learn. A statistic is kept where a rank correlation of it, or of its square on the normal-score
/// scale, with a parameter or a parameter's square is beyond chance (van der Waerden scores; a permutation's variance
/// is 1 / (n - 1)); or, in further passes, with a statistic that is kept: what only measures the noise of another
/// statistic tells something too. Dependence of other forms is not seen.

#include <cstdint>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

/// @param z      [simulation][parameter], standard normal, of the prior
/// @param x      [simulation][statistic]; NaN where undefined, which counts as a value of its own
/// @param level  chance that any statistic is kept that should not be (Bonferroni, of each pass)
/// @param most   once more than these are kept, there are no further passes
/// @return [statistic] 1: kept
[[nodiscard]] std::vector<std::uint8_t> relevant_statistics(const Array2& z, const Array2& x, double level = 1e-3,
                                                            std::size_t most = 100);

}  // namespace hillock::infer
