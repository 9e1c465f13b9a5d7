#pragma once
/// Scaled dot-product attention of several heads (Vaswani et al. 2017, "Attention is all you need", eq. 1).

#include <optional>

#include "nn/tape.hpp"

namespace hillock::nn {

struct AttentionOptions {
  std::size_t queries = 1;  ///< tokens of q
  std::size_t keys = 1;     ///< tokens of k and v, at most 512
  std::size_t heads = 1;
  std::optional<Var> mask;  ///< a row a key, above 0 where it is present; none: all are. No slope goes to it
};

/// Rows are token x feature; features are heads x width. What each query finds, rows as those of q; 0 where no key is
/// present.
Var attention(Tape& tape, Var q, Var k, Var v, const AttentionOptions& options);

}  // namespace hillock::nn
