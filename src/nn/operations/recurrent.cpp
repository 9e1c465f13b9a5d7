#include "nn/operations/recurrent.hpp"

#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class GatedRecurrent final : public Operation {
 public:
  GatedRecurrent(Tape& tape, Var x, Var y, Var gates, Var work, std::size_t times, std::size_t units)
      : Operation({x}, {y, gates, work}),
        times_(times),
        units_(units),
        features_(tape.rows(x) / times),
        input_(tape.parameters(3 * units * features_)),
        input_bias_(tape.parameters(3 * units)),
        recurrent_(tape.parameters(3 * units * units)),
        recurrent_bias_(tape.parameters(3 * units)) {}

  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    const Kernels& k = pass.kernels();
    float* a = pass.value(outputs_[2]);
    float* u = a + 3 * units_ * e.stride;
    const float* before = nullptr;
    for (std::size_t t = 0; t < times_; ++t) {
      float* state = pass.value(outputs_[0]) + t * units_ * e.stride;
      k.linear(input_shape(), pass.parameters(input_), features_, pass.parameters(input_bias_),
               pass.value(inputs_[0]) + t * features_ * e.stride, a, e, false);
      k.linear(state_shape(before), pass.parameters(recurrent_), units_, pass.parameters(recurrent_bias_),
               before ? before : state, u, e, false);
      k.gru_cell(units_, a, u, before, pass.value(outputs_[1]) + t * 4 * units_ * e.stride, state, e);
      before = state;
    }
  }

  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    const Kernels& k = pass.kernels();
    float* da = pass.slope(outputs_[2]);
    float* du = da + 3 * units_ * e.stride;
    for (std::size_t t = times_; t-- > 0;) {
      const std::size_t at = t * units_ * e.stride, earlier = at - units_ * e.stride;
      const float* before = t > 0 ? pass.value(outputs_[0]) + earlier : nullptr;
      float* dbefore = t > 0 ? pass.slope(outputs_[0]) + earlier : nullptr;
      k.gru_cell_slope(units_, pass.value(outputs_[1]) + 4 * at, before, pass.slope(outputs_[0]) + at, da, du, dbefore,
                       e);
      const float* x = pass.value(inputs_[0]) + t * features_ * e.stride;
      k.linear_weights(input_shape(), da, x, pass.gradient(input_), features_, pass.gradient(input_bias_), e);
      k.linear_inputs(input_shape(), pass.parameters(input_), features_, da,
                      pass.slope(inputs_[0]) + t * features_ * e.stride, e);
      k.linear_weights(state_shape(before), du, before ? before : du, pass.gradient(recurrent_), units_,
                       pass.gradient(recurrent_bias_), e);
      if (before) k.linear_inputs(state_shape(before), pass.parameters(recurrent_), units_, du, dbefore, e);
    }
  }

  void initialise(std::span<float> parameters, Rng& rng) const override {
    const auto fill = [&](Block block, std::size_t inputs) {
      const double sd = 1.0 / std::sqrt(static_cast<double>(inputs));
      for (float& w : parameters.subspan(block.at, block.count)) w = static_cast<float>(sd * rng.normal());
    };
    fill(input_, features_);
    fill(recurrent_, units_);
  }

 private:
  [[nodiscard]] LinearShape input_shape() const { return {3 * units_, features_, nullptr, nullptr}; }
  /// The first state is 0: nothing is multiplied.
  [[nodiscard]] LinearShape state_shape(const float* before) const {
    return {3 * units_, before ? units_ : 0, nullptr, nullptr};
  }
  std::size_t times_, units_, features_;
  Block input_, input_bias_, recurrent_, recurrent_bias_;
};

}  // namespace

Var gated_recurrent(Tape& tape, Var x, std::size_t times, std::size_t units) {
  HILLOCK_CHECK(times > 0 && units > 0 && tape.rows(x) % times == 0, "rows that do not divide into times, or no units");
  const Var y = tape.value(times * units), gates = tape.value(4 * times * units), work = tape.value(6 * units);
  tape.add(std::make_unique<GatedRecurrent>(tape, x, y, gates, work, times, units));
  return y;
}

}  // namespace hillock::nn
