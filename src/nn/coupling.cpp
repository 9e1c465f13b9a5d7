#include "nn/coupling.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "nn/operations/learnt_constant.hpp"
#include "nn/operations/linear.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/standard_normal.hpp"
#include "nn/residual_mlp.hpp"

namespace hillock::nn {
namespace {

std::vector<std::size_t> range(std::size_t from, std::size_t to) {
  std::vector<std::size_t> out(to - from);
  std::iota(out.begin(), out.end(), from);
  return out;
}

}  // namespace

Coupling::Coupling(const CouplingOptions& o) : bend_{true, 0.0F, o.shape} {
  HILLOCK_CHECK(o.steps > 0 && o.hidden > 0, "a flow without steps or units");
  const std::optional<Var> seen = begin(o.dimension, o.context, o.embedding);
  const std::size_t d = o.dimension;
  Var z = y_;
  std::optional<Var> log_slope;
  for (std::size_t s = 0; s < o.steps; ++s) {
    Step step;
    // The half that moves is the other one from step to step: the last rows come first.
    std::vector<std::size_t> turned = range(0, d);
    if (s > 0) std::rotate(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>((d + 1) / 2), turned.end());
    const InvertedLinear mixed = invertible_linear(tape_, s > 0 ? take_rows(tape_, z, turned) : z, log_slope);
    step.map = mixed.map;
    step.kept_rows = d / 2;
    const Var moving = take_rows(tape_, mixed.result.z, range(step.kept_rows, d));
    if (d > 1) step.kept = take_rows(tape_, mixed.result.z, range(0, step.kept_rows));
    step.from = tape_.operation_count();
    ResidualMlpOptions network;
    network.width = o.hidden;
    network.blocks = o.blocks;
    Var h;
    if (step.kept) {
      network.context = seen;
      h = residual_mlp(tape_, *step.kept, network);
    } else {
      h = seen ? residual_mlp(tape_, *seen, network) : learnt_constant(tape_, o.hidden, 1.0);
    }
    LinearOptions last;
    last.gain = 0.0;  // the identity at first
    const std::size_t moved_rows = d - step.kept_rows;
    step.p = linear(tape_, h, moved_rows * affine_.parameters(), last);
    step.bends = linear(tape_, h, moved_rows * bend_.parameters(), last);
    step.to = tape_.operation_count();
    const Transformed shifted = transform(tape_, moving, step.p, mixed.result.log_slope, affine_);
    step.u = shifted.z;
    const Transformed bent = transform(tape_, shifted.z, step.bends, shifted.log_slope, bend_);
    step.moved = bent.z;
    log_slope = bent.log_slope;
    z = step.kept ? take_rows(tape_, *step.kept, step.moved, range(0, d)) : step.moved;
    steps_.push_back(step);
  }
  objective_ = standard_normal(tape_, z, *log_slope);
}

void Coupling::draw(Pass& pass, std::span<const float> parameters, const float* noise) const {
  const Extent e = pass.extent();
  const std::size_t d = dimension(), each = affine_.parameters(), each_bend = bend_.parameters();
  const std::size_t row = e.samples * sizeof(float);
  forward_embedding(pass, parameters);
  std::vector<float> z(noise, noise + d * e.stride), x(d * e.stride);
  for (std::size_t s = steps_.size(); s-- > 0;) {
    const Step& step = steps_[s];
    for (std::size_t i = 0; i < step.kept_rows; ++i)
      std::memcpy(pass.value(*step.kept) + i * e.stride, z.data() + i * e.stride, row);
    pass.forward(parameters, step.from, step.to);
    float* u = pass.value(step.u);
    for (std::size_t i = step.kept_rows; i < d; ++i) {
      const std::size_t k = i - step.kept_rows;
      float* own = z.data() + i * e.stride;
      bend_.inverse(pass.kernels(), own, pass.value(step.bends) + k * each_bend * e.stride, u, e);
      affine_.inverse(pass.kernels(), u, pass.value(step.p) + k * each * e.stride, own, e);
    }
    step.map.inverse(pass, parameters, z.data(), x.data());
    // Rows of x are those of what went in, turned.
    const std::size_t turn = s > 0 ? (d + 1) / 2 : 0;
    for (std::size_t i = 0; i < d; ++i) std::memcpy(z.data() + (i + turn) % d * e.stride, x.data() + i * e.stride, row);
  }
  for (std::size_t i = 0; i < d; ++i) std::memcpy(pass.value(y_) + i * e.stride, z.data() + i * e.stride, row);
}

}  // namespace hillock::nn
