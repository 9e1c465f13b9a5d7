#include "nn/operations/contrastive_loss.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class ContrastiveLoss final : public Operation {
 public:
  ContrastiveLoss(Var logit, Var y, std::size_t group) : Operation({logit}, {y}), group_(group) {}
  void forward(Pass& pass) const override {
    pass.kernels().contrastive_loss(group_, groups(pass), pass.value(inputs_[0]), pass.value(outputs_[0]),
                                    pass.extent());
  }
  void backward(Pass& pass) const override {
    pass.kernels().contrastive_loss_slope(group_, groups(pass), pass.value(inputs_[0]), pass.slope(outputs_[0]),
                                          pass.slope(inputs_[0]));
  }

 private:
  [[nodiscard]] std::size_t groups(const Pass& pass) const {
    HILLOCK_CHECK(pass.samples() % group_ == 0, "a pass that does not hold whole groups");
    return pass.samples() / group_;
  }
  std::size_t group_;
};

}  // namespace

Var contrastive_loss(Tape& tape, Var logit, std::size_t group) {
  HILLOCK_CHECK(tape.rows(logit) == 1 && group >= 2, "a contrastive loss of several rows, or of groups of one");
  const Var y = tape.value(1);
  tape.add(std::make_unique<ContrastiveLoss>(logit, y, group));
  return y;
}

}  // namespace hillock::nn
