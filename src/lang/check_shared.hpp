#pragma once
/// Brian 2's rule for `(shared)`: one value for all cells of a group, so made of such values only.

#include "lang/names.hpp"
#include "lang/problems.hpp"

namespace hillock::lang {

/// Reports what a shared sub-expression reads that belongs to a single cell.
void check_shared(const Ast& ast, const Names& names, Problems& problems);

}  // namespace hillock::lang
