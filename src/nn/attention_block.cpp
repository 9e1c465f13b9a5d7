#include "nn/attention_block.hpp"

#include "nn/operations/activation.hpp"
#include "nn/operations/attention.hpp"
#include "nn/operations/convolution.hpp"
#include "nn/operations/layer_norm.hpp"
#include "nn/operations/sum.hpp"

namespace hillock::nn {

Var attention_block(Tape& tape, Var x, const AttentionBlockOptions& o) {
  const std::size_t features = tape.rows(x) / o.tokens;
  ConvolutionOptions each, last;
  each.times = last.times = o.tokens;
  last.gain = 0.3;  // a block changes little at first
  const Var seen = layer_norm(tape, x, o.tokens);
  const Var q = convolution(tape, seen, features, each), k = convolution(tape, seen, features, each),
            v = convolution(tape, seen, features, each);
  const Var found = attention(tape, q, k, v, {o.tokens, o.tokens, o.heads, o.mask});
  const Var h = sum(tape, x, convolution(tape, found, features, last));
  const Var hidden =
      activation(tape, convolution(tape, layer_norm(tape, h, o.tokens), o.hidden, each), Activation::silu);
  return sum(tape, h, convolution(tape, hidden, features, last));
}

}  // namespace hillock::nn
