#include "nn/operations/logistic_loss.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class LogisticLoss final : public Operation {
 public:
  using Operation::Operation;
  void forward(Pass& pass) const override {
    pass.kernels().logistic_loss(pass.value(inputs_[0]), pass.value(inputs_[1]), pass.value(outputs_[0]),
                                 pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().logistic_loss_slope(pass.value(inputs_[0]), pass.value(inputs_[1]), pass.slope(outputs_[0]),
                                       pass.slope(inputs_[0]), pass.slope(inputs_[1]), pass.extent());
  }
};

}  // namespace

Var logistic_loss(Tape& tape, Var logit, Var label) {
  HILLOCK_CHECK(tape.rows(logit) == 1 && tape.rows(label) == 1, "a logistic loss of several rows");
  const Var y = tape.value(1);
  tape.add(std::make_unique<LogisticLoss>(std::vector{logit, label}, std::vector{y}));
  return y;
}

}  // namespace hillock::nn
