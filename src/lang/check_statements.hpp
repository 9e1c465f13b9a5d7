#pragma once
/// The meaning of each kind of statement: units and types of its expressions, and what may stand where.

#include <cstdint>
#include <unordered_map>

#include "ir/model.hpp"
#include "lang/check_require.hpp"
#include "lang/names.hpp"
#include "lang/varies.hpp"

namespace hillock::lang {

/// What the checks found that the model needs, by statement; complete where nothing was reported. SI.
struct Findings {
  std::unordered_map<std::uint32_t, double> defaults;
  std::unordered_map<std::uint32_t, ir::PriorSpec> priors;
  std::unordered_map<std::uint32_t, RequiredRange> ranges;
  std::unordered_map<std::uint32_t, units::Unit> observed_units;
};

/// Reports the mistakes of all statements but constants, and names without a value.
[[nodiscard]] Findings check_statements(const Ast& ast, const Names& names, const Variation& variation,
                                        Checker& checker, Problems& problems);

}  // namespace hillock::lang
