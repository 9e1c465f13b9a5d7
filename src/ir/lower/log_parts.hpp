#pragma once
/// The pieces of a logarithm that log, log10, log1p and pow share.

#include "ir/lower/build.hpp"

namespace hillock::ir {

/// x = m * 2^exponent with m in [sqrt(1/2), sqrt(2)), for finite x > 0, subnormals too. Anything finite or NaN for
/// other x.
struct Split {
  NodeId m;
  NodeId exponent;
};
[[nodiscard]] Split split_near_one(Build& b, NodeId x);

/// `value` where 0 < x < inf, and what a logarithm is elsewhere: -inf at 0, NaN below, inf and NaN themselves.
[[nodiscard]] NodeId log_special(Build& b, NodeId x, NodeId value);

/// log x for finite x > 0; anything for other x.
[[nodiscard]] NodeId log_of_positive(Build& b, NodeId x);

/// The same number for normal x > 0, with less to ask; anything for other x.
[[nodiscard]] NodeId log_of_normal(Build& b, NodeId x);

}  // namespace hillock::ir
