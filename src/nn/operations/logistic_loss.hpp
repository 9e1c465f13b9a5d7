#pragma once
/// The log likelihood of a label under a logit: what makes a classifier (the ratio of densities of neural ratio
/// estimation: Hermans, Begy and Louppe 2020, algorithm 1; regions where simulations fail).

#include "nn/tape.hpp"

namespace hillock::nn {

/// One row: label*logit - log(1 + exp(logit)), for one row of logits and one of labels in [0, 1]. Its mean is made
/// large.
Var logistic_loss(Tape& tape, Var logit, Var label);

}  // namespace hillock::nn
