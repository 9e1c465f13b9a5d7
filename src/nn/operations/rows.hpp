#pragma once
/// Rows taken from a value, in any order: permutations, halves, tokens.

#include <vector>

#include "nn/tape.hpp"

namespace hillock::nn {

/// Row r of the result is row `from[r]` of x.
Var take_rows(Tape& tape, Var x, std::vector<std::size_t> from);
/// Row r of the result is row `from[r]` of x and y, those of y counted on behind those of x.
Var take_rows(Tape& tape, Var x, Var y, std::vector<std::size_t> from);

}  // namespace hillock::nn
