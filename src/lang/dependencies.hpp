#pragma once
/// Which names need which, and so the order in which they can be computed. What needs itself is reported as a circle.

#include <cstdint>
#include <vector>

#include "lang/names.hpp"

namespace hillock::lang {

/// Fills `needs`, `init` and `init_needs`. Reported: a state with two initial values.
void find_needs(const Ast& ast, Names& names, Problems& problems);

/// The constants, each after those it needs. `circular`, by entity, marks those that have no such place.
struct ConstantOrder {
  std::vector<std::uint32_t> entities;
  std::vector<bool> circular;
};
[[nodiscard]] ConstantOrder constant_order(const Ast& ast, const Names& names, Problems& problems);

/// Constants and sub-expressions, each after those it needs.
[[nodiscard]] std::vector<std::uint32_t> run_order(const Ast& ast, const Names& names, Problems& problems);

/// States with an `init` and what their initial values need, each after what it needs itself.
[[nodiscard]] std::vector<std::uint32_t> start_order(const Ast& ast, const Names& names, Problems& problems);

}  // namespace hillock::lang
