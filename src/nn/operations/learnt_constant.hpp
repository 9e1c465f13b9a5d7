#pragma once
/// A value that is the same for every sample and learnt: what a network without inputs says, the name of a token, the
/// question of an attention pooling.

#include "nn/tape.hpp"

namespace hillock::nn {

/// `rows` rows, normal with standard deviation `spread` at first.
Var learnt_constant(Tape& tape, std::size_t rows, double spread);

}  // namespace hillock::nn
