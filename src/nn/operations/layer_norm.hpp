#pragma once
/// Layer normalisation (Ba, Kiros and Hinton 2016, eq. 4): the rows of a sample get mean 0 and variance 1, then learnt
/// gains and biases (1 and 0 at first).

#include "nn/tape.hpp"

namespace hillock::nn {

/// @param groups  rows are normalised group by group (tokens), with the gains and biases of one; it divides their
/// number
Var layer_norm(Tape& tape, Var x, std::size_t groups = 1);

}  // namespace hillock::nn
