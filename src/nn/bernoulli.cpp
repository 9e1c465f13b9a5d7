#include "nn/bernoulli.hpp"

#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "nn/operations/learnt_constant.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/logistic_loss.hpp"
#include "nn/operations/sum.hpp"

namespace hillock::nn {

Bernoulli::Bernoulli(const BernoulliOptions& o) {
  const std::optional<Var> seen = begin(o.dimension, o.context, o.embedding);
  // An embedding's outputs are no inputs that a linear start could be found for.
  const bool plain = seen && o.embedding.kind == EmbeddingKind::none;
  linear_at_ = tape_.parameter_count();
  linear_weights_ = plain ? o.dimension * o.context : 0;
  LinearOptions start;
  start.gain = 0.0;
  const Var simple = plain ? linear(tape_, *seen, o.dimension, start) : learnt_constant(tape_, o.dimension, 0.0);
  std::vector<std::size_t> inputs(o.dimension);
  for (std::size_t i = 0; i < o.dimension; ++i) inputs[i] = i + 1;
  const std::vector<std::size_t> hidden = hidden_degrees(o.hidden, o.dimension);
  LinearOptions how;
  how.activation = Activation::tanh;
  how.input_degrees = inputs;
  how.output_degrees = hidden;
  how.context = seen;
  Var h = linear(tape_, y_, o.hidden, how);
  how.input_degrees = hidden;
  how.context.reset();
  for (std::size_t b = 0; b < o.blocks; ++b) h = linear(tape_, h, o.hidden, how);
  how.output_degrees = inputs;
  how.strict = true;
  how.activation = Activation::none;
  how.gain = 0.0;  // the linear map alone at first
  logits_ = sum(tape_, simple, linear(tape_, h, o.dimension, how));
  network_ = tape_.operation_count();
  objective_ = logistic_loss(tape_, logits_, y_);
}

void Bernoulli::set_linear(std::span<float> parameters, std::span<const double> weights,
                           std::span<const double> bias) const {
  HILLOCK_CHECK(bias.size() == dimension(), "a linear start of another dimension");
  if (linear_weights_ > 0) HILLOCK_CHECK(weights.size() == linear_weights_, "a linear start of another context");
  for (std::size_t i = 0; i < linear_weights_; ++i) parameters[linear_at_ + i] = static_cast<float>(weights[i]);
  for (std::size_t i = 0; i < bias.size(); ++i)
    parameters[linear_at_ + linear_weights_ + i] = static_cast<float>(bias[i]);
}

void Bernoulli::draw(Pass& pass, std::span<const float> parameters, const float* noise) const {
  const Extent e = pass.extent();
  for (std::size_t i = 0; i < dimension(); ++i)
    std::memset(pass.value(y_) + i * e.stride, 0, e.samples * sizeof(float));
  for (std::size_t i = 0; i < dimension(); ++i) {
    pass.forward(parameters, 0, network_);
    const float* logit = pass.value(logits_) + i * e.stride;
    const float* uniform = noise + i * e.stride;
    float* y = pass.value(y_) + i * e.stride;
    // u < 1 / (1 + exp(-logit))
    for (std::size_t s = 0; s < e.samples; ++s)
      y[s] = static_cast<double>(uniform[s]) * (1.0 + std::exp(-static_cast<double>(logit[s]))) < 1.0 ? 1.0F : 0.0F;
  }
}

}  // namespace hillock::nn
