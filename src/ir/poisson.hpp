#pragma once
/// Poisson numbers as a straight line of operations, from numbers drawn beforehand.

#include "ir/algebra.hpp"

namespace hillock::ir {

/// A Poisson number of this mean.
///
/// Up to a mean of 16 by inversion: how many of the first 64 partial sums of exp(-m) m^k/k! lie below `uniform` (what
/// lies beyond has a probability below 1e-17). Above, by the expansion of the quantile function about the normal one
/// (Giles 2016, ACM TOMS 42:7, equation for Q_N2; Cornish & Fisher 1938) at `normal`, rounded down: an error of the
/// quantile below 1e-3 within four standard deviations, so that every probability is right to 1e-4 of the total. A
/// negative mean and NaN give NaN.
///
/// `uniform` in (0, 1] and `normal`, standard normal, need not be independent: one of them is used.
[[nodiscard]] NodeId poisson_quantile(Algebra& algebra, NodeId mean, NodeId uniform, NodeId normal);

}  // namespace hillock::ir
