#pragma once
/// Brian 2's flags of equations, `(unless refractory)`: which there are, where they may stand, which run.

#include "lang/ast.hpp"
#include "lang/names.hpp"
#include "lang/problems.hpp"

namespace hillock::lang {

/// Reports the flags of a statement that declares a name of this role, where they mean nothing or cannot be run.
void check_flags(const Ast& ast, const Statement& statement, Role role, Problems& problems);

/// "constant over dt"
[[nodiscard]] bool has_flag(const Ast& ast, const Statement& statement, std::string_view flag);

}  // namespace hillock::lang
