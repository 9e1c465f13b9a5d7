#pragma once
/// `table NAME(t) = [v0, v1, ...] unit, dt = 1 ms`: its numbers.

#include "lang/names.hpp"
#include "lang/problems.hpp"

namespace hillock::lang {

/// Fills the tables of `names`, and reports what in them is no number.
void check_tables(const Ast& ast, Names& names, Checker& checker, Problems& problems);

}  // namespace hillock::lang
