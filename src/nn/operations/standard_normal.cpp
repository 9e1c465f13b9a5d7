#include "nn/operations/standard_normal.hpp"

namespace hillock::nn {
namespace {

class StandardNormal final : public Operation {
 public:
  using Operation::Operation;
  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    const std::size_t rows = pass.rows(inputs_[0]);
    const auto constant = static_cast<float>(0.91893853320467274178 * static_cast<double>(rows));
    float* out = pass.value(outputs_[0]);
    const float* before = pass.value(inputs_[1]);
    for (std::size_t b = 0; b < e.samples; ++b) out[b] = before[b] - constant;
    for (std::size_t r = 0; r < rows; ++r) {
      const float* z = pass.value(inputs_[0]) + r * e.stride;
      for (std::size_t b = 0; b < e.samples; ++b) out[b] -= 0.5F * z[b] * z[b];
    }
  }
  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    const float* g = pass.slope(outputs_[0]);
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r) {
      const float* z = pass.value(inputs_[0]) + r * e.stride;
      float* dz = pass.slope(inputs_[0]) + r * e.stride;
      for (std::size_t b = 0; b < e.samples; ++b) dz[b] -= z[b] * g[b];
    }
    pass.kernels().add(e.samples, pass.slope(inputs_[1]), g);
  }
};

}  // namespace

Var standard_normal(Tape& tape, Var z, Var log_slope) {
  const Var y = tape.value(1);
  tape.add(std::make_unique<StandardNormal>(std::vector{z, log_slope}, std::vector{y}));
  return y;
}

}  // namespace hillock::nn
