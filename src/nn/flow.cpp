#include "nn/flow.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/standard_normal.hpp"
#include "nn/operations/sum.hpp"

namespace hillock::nn {
namespace {

/// As written, then backwards, then by chance.
std::vector<std::size_t> order_of(std::size_t step, std::size_t dimension, std::uint64_t seed) {
  std::vector<std::size_t> order(dimension);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (step == 0) return order;
  if (step % 2 == 1 || dimension < 3) {
    std::ranges::reverse(order);
    return order;
  }
  Rng rng(seed, stream_id("nn.flow.order"), step);
  for (std::size_t i = dimension - 1; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
  return order;
}

}  // namespace

Flow::Flow(const FlowOptions& o) : spline_(o.spline), bend_{true, 0.0F, o.shape} {
  HILLOCK_CHECK(o.steps > 0 && o.hidden >= 1, "a flow without steps or units");
  const std::optional<Var> seen = begin(o.dimension, o.context, o.embedding);
  std::vector<std::size_t> inputs(o.dimension), outputs, bends;
  for (std::size_t i = 0; i < o.dimension; ++i) {
    inputs[i] = i + 1;
    outputs.insert(outputs.end(), affine_.parameters(), i + 1);
    bends.insert(bends.end(), bend_.parameters(), i + 1);
  }
  const std::vector<std::size_t> hidden = hidden_degrees(o.hidden, o.dimension);
  Var z = y_;
  std::optional<Var> log_slope;
  for (std::size_t s = 0; s < o.steps; ++s) {
    Step step;
    step.in = z;
    step.order = order_of(s, o.dimension, o.seed);
    step.x = s == 0 ? z : take_rows(tape_, z, step.order);
    step.from = tape_.operation_count();
    LinearOptions how;
    how.activation = o.activation;
    how.input_degrees = inputs;
    how.output_degrees = hidden;
    how.context = seen;
    Var h = linear(tape_, step.x, o.hidden, how);
    how.input_degrees = hidden;
    how.context.reset();
    for (std::size_t b = 0; b < o.blocks; ++b) {
      const Var next = linear(tape_, h, o.hidden, how);
      h = o.residual ? sum(tape_, h, next) : next;
    }
    how.output_degrees = outputs;
    how.strict = true;
    how.activation = Activation::none;
    how.gain = 0.0;  // the identity at first
    step.p = linear(tape_, h, outputs.size(), how);
    if (spline_) {
      how.output_degrees = bends;
      step.bends = linear(tape_, h, bends.size(), how);
    }
    step.to = tape_.operation_count();
    Transformed t = transform(tape_, step.x, step.p, log_slope, affine_);
    step.u = t.z;
    if (spline_) t = transform(tape_, t.z, step.bends, t.log_slope, bend_);
    step.z = z = t.z;
    log_slope = t.log_slope;
    steps_.push_back(std::move(step));
  }
  objective_ = standard_normal(tape_, z, *log_slope);
}

void Flow::draw(Pass& pass, std::span<const float> parameters, const float* noise) const {
  const Extent e = pass.extent();
  const std::size_t d = dimension();
  const std::size_t row = e.samples * sizeof(float);
  forward_embedding(pass, parameters);
  for (std::size_t i = 0; i < d; ++i)
    std::memcpy(pass.value(steps_.back().z) + i * e.stride, noise + i * e.stride, row);
  for (std::size_t s = steps_.size(); s-- > 0;) {
    const Step& step = steps_[s];
    float* x = pass.value(step.x);
    const std::size_t each = affine_.parameters(), each_bend = bend_.parameters();
    for (std::size_t i = 0; i < d; ++i) std::memset(x + i * e.stride, 0, row);
    for (std::size_t i = 0; i < d; ++i) {
      pass.forward(parameters, step.from, step.to);
      const float* z = pass.value(step.z) + i * e.stride;
      if (spline_) {
        float* u = pass.value(step.u) + i * e.stride;
        bend_.inverse(pass.kernels(), z, pass.value(step.bends) + i * each_bend * e.stride, u, e);
        z = u;
      }
      affine_.inverse(pass.kernels(), z, pass.value(step.p) + i * each * e.stride, x + i * e.stride, e);
    }
    if (step.x == step.in) continue;
    for (std::size_t i = 0; i < d; ++i)
      std::memcpy(pass.value(step.in) + step.order[i] * e.stride, x + i * e.stride, row);
  }
}

}  // namespace hillock::nn
