#include "nn/density.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace hillock::nn {

Var ConditionalDensity::log_density() const {
  HILLOCK_CHECK(explicit_, "the log density of this kind is not on its tape");
  return objective_;
}

std::optional<Var> ConditionalDensity::begin(std::size_t dimension, std::size_t context,
                                             const EmbeddingShape& embedding) {
  HILLOCK_CHECK(dimension > 0, "a density without dimensions");
  y_ = tape_.value(dimension);
  context_ = tape_.value(std::max<std::size_t>(context, 1));
  if (context == 0) return std::nullopt;
  const Var seen = embed(tape_, context_, embedding);
  embedded_ = tape_.operation_count();
  return seen;
}

void ConditionalDensity::evaluate(Pass& pass, std::span<const float> parameters, float* log_q) const {
  pass.forward(parameters);
  std::memcpy(log_q, pass.value(log_density()), pass.extent().samples * sizeof(float));
}

void ConditionalDensity::differentiate(Pass& pass, std::span<const float> parameters, float* log_q, float* by_y,
                                       float* by_c) const {
  const Extent e = pass.extent();
  const std::size_t row = e.samples * sizeof(float);
  evaluate(pass, parameters, log_q);
  if (explicit_) {
    const std::vector<float> ones(pass.samples(), 1.0F);
    std::vector<float> unused(parameters.size());
    pass.backward(parameters, objective_, ones, unused);
    for (std::size_t i = 0; i < dimension(); ++i) std::memcpy(by_y + i * e.stride, pass.slope(y_) + i * e.stride, row);
    for (std::size_t i = 0; i < context_dimension(); ++i)
      std::memcpy(by_c + i * e.stride, pass.slope(context_) + i * e.stride, row);
    return;
  }
  constexpr float step = 1.0F / 64;  // rounding, some 1e-5 of log q, and curvature then err alike
  std::vector<float> up(e.samples), down(e.samples), kept(e.samples);
  const auto slopes = [&](Var v, float* out) {
    for (std::size_t i = 0; i < pass.rows(v); ++i) {
      const std::span<float> own = pass.row(v, i);
      std::ranges::copy(own, kept.begin());
      for (std::size_t s = 0; s < e.samples; ++s) own[s] = kept[s] + step;
      evaluate(pass, parameters, up.data());
      for (std::size_t s = 0; s < e.samples; ++s) own[s] = kept[s] - step;
      evaluate(pass, parameters, down.data());
      std::ranges::copy(kept, own.begin());
      for (std::size_t s = 0; s < e.samples; ++s) out[i * e.stride + s] = (up[s] - down[s]) / (2.0F * step);
    }
  };
  slopes(y_, by_y);
  slopes(context_, by_c);
}

}  // namespace hillock::nn
