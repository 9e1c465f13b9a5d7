#include "nn/operations/activation.hpp"

namespace hillock::nn {
namespace {

class Activate final : public Operation {
 public:
  Activate(Var x, Var y, Activation how) : Operation({x}, {y}), how_(how) {}
  void forward(Pass& pass) const override {
    pass.kernels().activate(how_, pass.rows(inputs_[0]), pass.value(inputs_[0]), pass.value(outputs_[0]),
                            pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().activate_slope(how_, pass.rows(inputs_[0]), pass.value(inputs_[0]), pass.value(outputs_[0]),
                                  pass.slope(outputs_[0]), pass.slope(inputs_[0]), pass.extent());
  }

 private:
  Activation how_;
};

}  // namespace

Var activation(Tape& tape, Var x, Activation how) {
  if (how == Activation::none) return x;
  const Var y = tape.value(tape.rows(x));
  tape.add(std::make_unique<Activate>(x, y, how));
  return y;
}

}  // namespace hillock::nn
