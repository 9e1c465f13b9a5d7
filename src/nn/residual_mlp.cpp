#include "nn/residual_mlp.hpp"

#include "nn/operations/activation.hpp"
#include "nn/operations/layer_norm.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/sum.hpp"

namespace hillock::nn {

Var residual_mlp(Tape& tape, Var x, const ResidualMlpOptions& o) {
  LinearOptions first, inner, last;
  first.context = o.context;
  inner.activation = o.activation;
  last.gain = 0.3;  // a block changes little at first
  const auto before = [&](Var h) { return activation(tape, o.normalise ? layer_norm(tape, h) : h, o.activation); };
  Var h = linear(tape, x, o.width, first);
  for (std::size_t b = 0; b < o.blocks; ++b)
    h = sum(tape, h, linear(tape, linear(tape, before(h), o.width, inner), o.width, last));
  return before(h);
}

}  // namespace hillock::nn
