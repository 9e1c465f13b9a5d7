#include "nn/operations/layer_norm.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class LayerNorm final : public Operation {
 public:
  LayerNorm(Tape& tape, Var x, Var y, Var stats, std::size_t groups)
      : Operation({x}, {y, stats}),
        groups_(groups),
        rows_(tape.rows(x) / groups),
        gain_(tape.parameters(rows_)),
        bias_(tape.parameters(rows_)) {}
  void forward(Pass& pass) const override {
    pass.kernels().layer_norm(groups_, rows_, pass.value(inputs_[0]), pass.parameters(gain_), pass.parameters(bias_),
                              pass.value(outputs_[0]), pass.value(outputs_[1]), pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().layer_norm_slope(groups_, rows_, pass.value(inputs_[0]), pass.parameters(gain_),
                                    pass.value(outputs_[1]), pass.slope(outputs_[0]), pass.slope(inputs_[0]),
                                    pass.gradient(gain_), pass.gradient(bias_), pass.extent());
  }
  void initialise(std::span<float> parameters, Rng&) const override {
    std::ranges::fill(parameters.subspan(gain_.at, gain_.count), 1.0F);
  }

 private:
  std::size_t groups_, rows_;
  Block gain_, bias_;
};

}  // namespace

Var layer_norm(Tape& tape, Var x, std::size_t groups) {
  HILLOCK_CHECK(groups > 0 && tape.rows(x) % groups == 0, "rows that do not divide into groups");
  const Var y = tape.value(tape.rows(x)), stats = tape.value(2 * groups);
  tape.add(std::make_unique<LayerNorm>(tape, x, y, stats, groups));
  return y;
}

}  // namespace hillock::nn
