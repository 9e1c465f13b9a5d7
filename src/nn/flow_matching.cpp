#include "nn/flow_matching.hpp"

#include <numeric>

#include "nn/operations/linear.hpp"
#include "nn/operations/rows.hpp"
#include "nn/residual_mlp.hpp"

namespace hillock::nn {

FlowMatching::FlowMatching(const FlowMatchingOptions& o) : VelocityDensity(o.ode_steps) {
  const std::optional<Var> seen = begin(o.dimension, o.context, o.embedding);
  state_ = tape_.value(o.dimension);
  time_ = tape_.value(time_rows);
  std::vector<std::size_t> both(o.dimension + time_rows);
  std::iota(both.begin(), both.end(), std::size_t{0});
  ResidualMlpOptions network;
  network.width = o.hidden;
  network.blocks = o.blocks;
  network.context = seen;
  LinearOptions last;
  last.gain = 0.1;
  finish(linear(tape_, residual_mlp(tape_, take_rows(tape_, state_, time_, both), network), o.dimension, last),
         std::nullopt);
}

void FlowMatching::randomise(Pass& pass, const float* noise) const {
  const std::size_t stride = pass.extent().stride;
  const float* t = noise + dimension() * stride;
  for (std::size_t i = 0; i < dimension(); ++i) straight_path(pass, i, pass.row(y_, i).data(), noise + i * stride, t);
  write_time(pass, t);
}

}  // namespace hillock::nn
