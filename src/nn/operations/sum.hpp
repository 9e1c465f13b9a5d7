#pragma once
/// The sum of two values of one shape: what makes a block residual.

#include "nn/tape.hpp"

namespace hillock::nn {

Var sum(Tape& tape, Var a, Var b);

}  // namespace hillock::nn
