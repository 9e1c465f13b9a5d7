#pragma once
/// An activation on its own, where it does not follow a linear map directly (behind a normalisation, a convolution).

#include "nn/tape.hpp"

namespace hillock::nn {

/// y = f(x), row by row.
Var activation(Tape& tape, Var x, Activation how);

}  // namespace hillock::nn
