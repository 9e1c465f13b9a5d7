#pragma once
/// The standard normal distribution to the last digits of both tails, fast: Phi(z) = P(Z <= z).
///
/// Quantiles by Wichura's rational functions (1988, "Algorithm AS 241: The percentage points of the normal
/// distribution", Applied Statistics 37:477, PPND16: relative error about 1e-16), which take a tail's logarithm as well
/// as a tail, and so go on where the tail itself is below the least double.

namespace hillock::prob {

/// log P(Z > z) for z >= 0: finite for every finite z up to 1e154.
[[nodiscard]] double log_upper_tail(double z);
/// The z >= 0 with P(Z > z) = q, for q in (0, 1/2].
[[nodiscard]] double upper_quantile(double q);
/// The same from log q <= log(1/2), however small q is.
[[nodiscard]] double upper_quantile_log(double log_q);
/// The z with Phi(z) - 1/2 = q, for |q| <= 0.425: exact also for tiny q.
[[nodiscard]] double central_quantile(double q);

}  // namespace hillock::prob
