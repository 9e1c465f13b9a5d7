#include "nn/operations/learnt_constant.hpp"

namespace hillock::nn {
namespace {

class LearntConstant final : public Operation {
 public:
  LearntConstant(Var y, Block block, double spread) : Operation({}, {y}), block_(block), spread_(spread) {}
  // A linear map of no inputs is its bias.
  void forward(Pass& pass) const override {
    float* y = pass.value(outputs_[0]);
    pass.kernels().linear(shape(), nullptr, 0, pass.parameters(block_), y, y, pass.extent(), false);
  }
  void backward(Pass& pass) const override {
    const float* dy = pass.slope(outputs_[0]);
    pass.kernels().linear_weights(shape(), dy, dy, nullptr, 0, pass.gradient(block_), pass.extent());
  }
  void initialise(std::span<float> parameters, Rng& rng) const override {
    for (float& p : parameters.subspan(block_.at, block_.count)) p = static_cast<float>(spread_ * rng.normal());
  }

 private:
  [[nodiscard]] LinearShape shape() const { return {block_.count, 0, nullptr, nullptr}; }
  Block block_;
  double spread_;
};

}  // namespace

Var learnt_constant(Tape& tape, std::size_t rows, double spread) {
  const Var y = tape.value(rows);
  tape.add(std::make_unique<LearntConstant>(y, tape.parameters(rows), spread));
  return y;
}

}  // namespace hillock::nn
