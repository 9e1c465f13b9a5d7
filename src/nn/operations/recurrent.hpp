#pragma once
/// A gated recurrent unit over time (Cho et al. 2014, eqs. 5 to 8; the reset gate behind the recurrent product, as in
/// Chung et al. 2014's faster variant).

#include "nn/tape.hpp"

namespace hillock::nn {

/// The states of all times, rows time x unit, from rows time x feature; the state before the first is 0. The last
/// `units` rows are what is known at the end (take_rows).
Var gated_recurrent(Tape& tape, Var x, std::size_t times, std::size_t units);

}  // namespace hillock::nn
