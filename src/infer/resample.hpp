#pragma once
/// Draws with weights: how many they are worth, and equal draws from them.

#include <cstddef>
#include <span>
#include <vector>

namespace hillock::infer {

/// exp(log weight), divided by their sum. All 0 where none is finite; -inf and NaN weigh nothing.
[[nodiscard]] std::vector<double> weights_of(std::span<const double> log_weights);

/// (sum w)^2 / sum w^2 (Kish 1965): so many equal draws have the same variance of a mean. 0 where all weigh nothing.
[[nodiscard]] double effective_sample_size(std::span<const double> weights);

/// Systematic resampling (Carpenter, Clifford & Fearnhead 1999, IEE Proc. F 146:2): `count` indices, ascending; index k
/// comes count w_k / sum w times, rounded up or down. Deterministic: `offset` in [0, 1) is the one uniform random
/// number that it needs. Weights are >= 0 and one is > 0.
[[nodiscard]] std::vector<std::size_t> systematic_resample(std::span<const double> weights, std::size_t count,
                                                           double offset);

}  // namespace hillock::infer
