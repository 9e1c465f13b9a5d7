#pragma once
/// Random whole numbers, exactly distributed (to the rounding of doubles). How many uniform numbers one takes differs
/// from call to call: whoever wants a draw to be repeatable gives it an address of its own (base/rng.hpp).

#include "base/rng.hpp"

namespace hillock::prob {

/// Successes among `n` trials of probability `p`: by sequential inversion where n min(p, 1-p) is below 10, else by
/// transformed rejection (Hörmann 1993, J. Stat. Comput. Simul. 46:101, algorithm BTRS). NaN where n is no whole number
/// from 0 to 2^53 or p is not in [0, 1].
[[nodiscard]] double draw_binomial(Rng& rng, double n, double p);

/// A Poisson number: by sequential inversion where the mean is below 10, else by transformed rejection (Hörmann 1993,
/// Insurance: Mathematics and Economics 12:39, algorithm PTRS). NaN where the mean is negative, infinite or above 2^53.
[[nodiscard]] double draw_poisson(Rng& rng, double mean);

}  // namespace hillock::prob
