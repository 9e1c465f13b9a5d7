#pragma once
/// A transformer's block (Vaswani et al. 2017, section 3; normalisation first: Xiong et al. 2020, fig. 1b): tokens look
/// at each other, then each is changed on its own.

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

struct AttentionBlockOptions {
  std::size_t tokens = 1;   ///< rows are token x feature
  std::size_t heads = 1;    ///< they divide the features
  std::size_t hidden = 64;  ///< units of the part where each token is on its own
  std::optional<Var> mask;  ///< a row a token, above 0 where it is present: others do not see one that is absent
};

/// Rows as those of x.
Var attention_block(Tape& tape, Var x, const AttentionBlockOptions& options);

}  // namespace hillock::nn
