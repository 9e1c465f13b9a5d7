#pragma once
/// From statements to names: who declares what, with which unit and which flags.

#include "lang/names.hpp"

namespace hillock::lang {

/// The names of a text. Reported: illegal names, names that are defined twice, unknown units, and flags that mean
/// nothing where they stand.
[[nodiscard]] Names declare(const Ast& ast, Problems& problems);

}  // namespace hillock::lang
