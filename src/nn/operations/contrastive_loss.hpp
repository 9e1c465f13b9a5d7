#pragma once
/// Which of several is the one that belongs: the contrastive objective of neural ratio estimation (Durkan, Murray and
/// Papamakarios 2020, "On contrastive learning for likelihood-free inference", eq. 7).

#include "nn/tape.hpp"

namespace hillock::nn {

/// One row. Samples come in groups of `group` (2 or more) beside each other, the true one first; at the first of each
/// group stands logit - log(sum of exp(logit) over the group), elsewhere 0. So the mean over samples is the mean over
/// groups divided by `group`. A pass must hold whole groups (LearnerOptions::group sees to it).
Var contrastive_loss(Tape& tape, Var logit, std::size_t group);

}  // namespace hillock::nn
