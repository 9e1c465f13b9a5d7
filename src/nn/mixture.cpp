#include "nn/mixture.hpp"

#include "nn/operations/learnt_constant.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/mixture.hpp"
#include "nn/operations/sum.hpp"
#include "nn/residual_mlp.hpp"

namespace hillock::nn {

Mixture::Mixture(const MixtureOptions& o) : components_(o.components) {
  const std::optional<Var> seen = begin(o.dimension, o.context, o.embedding);
  const std::size_t rows = o.components * mixture_rows(o.dimension);
  // Components must not be alike, or they would stay so. One alone begins as the standard normal density.
  const bool one = o.components == 1;
  p_ = learnt_constant(tape_, rows, one ? 0.0 : 0.5);
  if (seen) {
    ResidualMlpOptions network;
    network.width = o.hidden;
    network.blocks = o.blocks;
    LinearOptions last;
    last.gain = one ? 0.0 : 0.1;
    p_ = sum(tape_, p_, linear(tape_, residual_mlp(tape_, *seen, network), rows, last));
  }
  network_ = tape_.operation_count();
  objective_ = mixture(tape_, y_, p_, o.components);
}

void Mixture::draw(Pass& pass, std::span<const float> parameters, const float* noise) const {
  const Extent e = pass.extent();
  pass.forward(parameters, 0, network_);
  pass.kernels().mixture_draw(components_, dimension(), noise, noise + dimension() * e.stride, pass.value(p_),
                              pass.value(y_), e);
}

}  // namespace hillock::nn
