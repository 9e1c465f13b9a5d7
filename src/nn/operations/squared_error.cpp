#include "nn/operations/squared_error.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class SquaredError final : public Operation {
 public:
  using Operation::Operation;
  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    float* out = pass.value(outputs_[0]);
    for (std::size_t b = 0; b < e.samples; ++b) out[b] = 0.0F;
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r) {
      const float* x = pass.value(inputs_[0]) + r * e.stride;
      const float* target = pass.value(inputs_[1]) + r * e.stride;
      const float* weight = inputs_.size() > 2 ? pass.value(inputs_[2]) + r * e.stride : nullptr;
      for (std::size_t b = 0; b < e.samples; ++b) {
        const float d = x[b] - target[b];
        out[b] -= 0.5F * d * d * (weight ? weight[b] : 1.0F);
      }
    }
  }
  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    const float* g = pass.slope(outputs_[0]);
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r) {
      const float* x = pass.value(inputs_[0]) + r * e.stride;
      const float* target = pass.value(inputs_[1]) + r * e.stride;
      const float* weight = inputs_.size() > 2 ? pass.value(inputs_[2]) + r * e.stride : nullptr;
      float* dx = pass.slope(inputs_[0]) + r * e.stride;
      for (std::size_t b = 0; b < e.samples; ++b) dx[b] -= g[b] * (x[b] - target[b]) * (weight ? weight[b] : 1.0F);
    }
  }
};

}  // namespace

Var squared_error(Tape& tape, Var x, Var target, std::optional<Var> weight) {
  HILLOCK_CHECK(tape.rows(x) == tape.rows(target) && (!weight || tape.rows(*weight) == tape.rows(x)),
                "a difference of two shapes");
  const Var y = tape.value(1);
  std::vector<Var> inputs{x, target};
  if (weight) inputs.push_back(*weight);
  tape.add(std::make_unique<SquaredError>(std::move(inputs), std::vector{y}));
  return y;
}

}  // namespace hillock::nn
