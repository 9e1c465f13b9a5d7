#pragma once
/// Comparing two densities by the log densities that they give the same held-out rows.

#include <span>

namespace hillock::infer {

/// Whether `one` is better than `other` by more than `errors` standard errors of the mean difference (the
/// one-standard-error rule: Breiman, Friedman, Olshen & Stone 1984, section 3.4.3). The rows must be the same ones;
/// with fewer than two, or a difference that is not finite in `one`'s disfavour, it is not.
[[nodiscard]] bool clearly_better(std::span<const double> one, std::span<const double> other, double errors = 1.0);

}  // namespace hillock::infer
