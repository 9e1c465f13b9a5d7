#pragma once
/// The log density at the end of a flow: log N(z; 0, I) plus the log slopes on the way.

#include "nn/tape.hpp"

namespace hillock::nn {

/// One row: `log_slope` - |z|^2/2 - (rows/2) log(2 pi).
Var standard_normal(Tape& tape, Var z, Var log_slope);

}  // namespace hillock::nn
