#pragma once
/// Constants, checked before all else: where they have no unit of their own, it follows from their value.

#include "lang/names.hpp"

namespace hillock::lang {

/// Checks the constants and completes them: their unit, and their number where it depends on no other constant.
void check_constants(const Ast& ast, Names& names, Checker& checker, Problems& problems);

}  // namespace hillock::lang
