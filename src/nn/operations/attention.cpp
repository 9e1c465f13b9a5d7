#include "nn/operations/attention.hpp"

#include <cmath>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Attention final : public Operation {
 public:
  Attention(std::vector<Var> inputs, Var y, const AttentionShape& shape)
      : Operation(std::move(inputs), {y}), shape_(shape) {}
  void forward(Pass& pass) const override {
    pass.kernels().attention(shape_, pass.value(inputs_[0]), pass.value(inputs_[1]), pass.value(inputs_[2]),
                             present(pass), pass.value(outputs_[0]), pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().attention_slope(shape_, pass.value(inputs_[0]), pass.value(inputs_[1]), pass.value(inputs_[2]),
                                   present(pass), pass.slope(outputs_[0]), pass.slope(inputs_[0]),
                                   pass.slope(inputs_[1]), pass.slope(inputs_[2]), pass.extent());
  }

 private:
  [[nodiscard]] const float* present(const Pass& pass) const {
    return inputs_.size() > 3 ? pass.value(inputs_[3]) : nullptr;
  }
  AttentionShape shape_;
};

}  // namespace

Var attention(Tape& tape, Var q, Var k, Var v, const AttentionOptions& o) {
  HILLOCK_CHECK(o.keys > 0 && o.keys <= 512 && o.queries > 0 && o.heads > 0, "attention over no tokens or too many");
  const std::size_t features = tape.rows(q) / o.queries;
  HILLOCK_CHECK(features * o.queries == tape.rows(q) && features * o.keys == tape.rows(k) &&
                    tape.rows(k) == tape.rows(v) && features % o.heads == 0,
                "tokens of unequal features, or features that do not divide into heads");
  HILLOCK_CHECK(!o.mask || tape.rows(*o.mask) == o.keys, "a mask of another number of tokens");
  AttentionShape shape{o.queries, o.keys, o.heads, features / o.heads, 0.0F};
  shape.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.width)));
  const Var y = tape.value(tape.rows(q));
  std::vector<Var> inputs{q, k, v};
  if (o.mask) inputs.push_back(*o.mask);
  tape.add(std::make_unique<Attention>(std::move(inputs), y, shape));
  return y;
}

}  // namespace hillock::nn
