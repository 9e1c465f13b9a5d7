#pragma once
/// What a NaN does to a program: whether it stays where it is, and what it reaches.
///
/// By the rules of IEEE 754: arithmetic and functions of a NaN are NaN, comparisons with one are false (`!=`: true).
/// What these rules leave open counts as "may be a number".

#include <cstdint>
#include <vector>

#include "ir/program.hpp"

namespace hillock::ir {

/// Is the expression NaN whenever this carried variable is?
[[nodiscard]] bool nan_with(const Program& program, NodeId root, std::uint32_t carried);

/// Does this carried variable stay NaN, at every row, once it is? (Of steps of a lane's own: such steps fail, which
/// makes everything that they advance NaN.)
[[nodiscard]] bool nan_lasts(const Program& program, std::uint32_t carried);

}  // namespace hillock::ir
