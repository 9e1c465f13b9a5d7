#pragma once
/// `require`: the interval that its conditions share, and what ranges meanwhile.

#include "lang/names.hpp"
#include "lang/varies.hpp"

namespace hillock::lang {

/// `in [low, high] for NAME in [from, to]`, in SI.
struct RequiredRange {
  double low = 0.0, high = 0.0, from = 0.0, to = 0.0;
  Value bound;  ///< of a name that only this requirement has
};

/// Reports the mistakes of a `require`. The result has its numbers where there are none.
[[nodiscard]] RequiredRange check_require(const Ast& ast, const Statement& statement, const Names& names,
                                          const Variation& variation, Checker& checker, Problems& problems);

}  // namespace hillock::lang
