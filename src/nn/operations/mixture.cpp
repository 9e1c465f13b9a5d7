#include "nn/operations/mixture.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Mixture final : public Operation {
 public:
  Mixture(Var y, Var p, Var log_q, std::size_t components) : Operation({y, p}, {log_q}), components_(components) {}
  void forward(Pass& pass) const override {
    pass.kernels().mixture(components_, pass.rows(inputs_[0]), pass.value(inputs_[0]), pass.value(inputs_[1]),
                           pass.value(outputs_[0]), pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().mixture_slope(components_, pass.rows(inputs_[0]), pass.value(inputs_[0]), pass.value(inputs_[1]),
                                 pass.slope(outputs_[0]), pass.slope(inputs_[0]), pass.slope(inputs_[1]),
                                 pass.extent());
  }

 private:
  std::size_t components_;
};

}  // namespace

Var mixture(Tape& tape, Var y, Var p, std::size_t components) {
  HILLOCK_CHECK(components >= 1 && components <= 64 && tape.rows(y) <= 64, "a mixture of no or too many components");
  HILLOCK_CHECK(tape.rows(p) == components * mixture_rows(tape.rows(y)), "a mixture with another number of parameters");
  const Var log_q = tape.value(1);
  tape.add(std::make_unique<Mixture>(y, p, log_q, components));
  return log_q;
}

}  // namespace hillock::nn
