#include "nn/operations/logistic_loss.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class LogisticLoss final : public Operation {
 public:
  using Operation::Operation;
  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    float* each = pass.value(outputs_.front());
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r)
      pass.kernels().logistic_loss(pass.value(inputs_[0]) + r * e.stride, pass.value(inputs_[1]) + r * e.stride,
                                   each + r * e.stride, e);
    if (outputs_.size() == 1) return;
    float* all = pass.value(outputs_[1]);
    std::fill_n(all, e.samples, 0.0F);
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r) pass.kernels().add(e.samples, all, each + r * e.stride);
  }
  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t r = 0; r < pass.rows(inputs_[0]); ++r)
      pass.kernels().logistic_loss_slope(pass.value(inputs_[0]) + r * e.stride, pass.value(inputs_[1]) + r * e.stride,
                                         pass.slope(outputs_.back()), pass.slope(inputs_[0]) + r * e.stride,
                                         pass.slope(inputs_[1]) + r * e.stride, e);
  }
};

}  // namespace

Var logistic_loss(Tape& tape, Var logit, Var label) {
  HILLOCK_CHECK(tape.rows(logit) == tape.rows(label), "a logistic loss of other labels");
  std::vector<Var> outputs{tape.value(tape.rows(logit))};
  if (tape.rows(logit) > 1) outputs.push_back(tape.value(1));
  const Var y = outputs.back();
  tape.add(std::make_unique<LogisticLoss>(std::vector{logit, label}, std::move(outputs)));
  return y;
}

}  // namespace hillock::nn
