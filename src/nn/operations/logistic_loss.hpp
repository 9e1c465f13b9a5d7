#pragma once
/// The log likelihood of a label under a logit: what makes a classifier (the ratio of densities of neural ratio
/// estimation: Hermans, Begy and Louppe 2020, algorithm 1; regions where simulations fail).

#include "nn/tape.hpp"

namespace hillock::nn {

/// One row: label*logit - log(1 + exp(logit)), for rows of logits and as many of labels in [0, 1], added up over the
/// rows. Its mean is made large.
Var logistic_loss(Tape& tape, Var logit, Var label);

}  // namespace hillock::nn
