#include "nn/operations/sum.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Sum final : public Operation {
 public:
  using Operation::Operation;
  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t r = 0; r < pass.rows(outputs_[0]); ++r) {
      const float* a = pass.value(inputs_[0]) + r * e.stride;
      const float* b = pass.value(inputs_[1]) + r * e.stride;
      float* y = pass.value(outputs_[0]) + r * e.stride;
      for (std::size_t s = 0; s < e.samples; ++s) y[s] = a[s] + b[s];
    }
  }
  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (const Var v : inputs_)
      for (std::size_t r = 0; r < pass.rows(v); ++r)
        pass.kernels().add(e.samples, pass.slope(v) + r * e.stride, pass.slope(outputs_[0]) + r * e.stride);
  }
};

}  // namespace

Var sum(Tape& tape, Var a, Var b) {
  HILLOCK_CHECK(tape.rows(a) == tape.rows(b), "a sum of two shapes");
  const Var y = tape.value(tape.rows(a));
  tape.add(std::make_unique<Sum>(std::vector{a, b}, std::vector{y}));
  return y;
}

}  // namespace hillock::nn
