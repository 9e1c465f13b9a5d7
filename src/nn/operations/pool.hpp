#pragma once
/// What is left of several items (trials, times) when their order does not count (Zaheer et al. 2017, "Deep sets"):
/// their mean or their largest, row by row, over those that are present.

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

enum class Pooling : std::uint8_t { mean, max };

/// @param x      rows item x feature
/// @param items  their number, which divides the rows of x
/// @param mask   a row an item, above 0 where it is present; none: all are. No slope goes to it. An absent item counts
///               for nothing whatever it holds; where none is present the result is 0
Var pool(Tape& tape, Var x, std::size_t items, Pooling how, std::optional<Var> mask = std::nullopt);

}  // namespace hillock::nn
