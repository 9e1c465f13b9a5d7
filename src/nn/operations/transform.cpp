#include "nn/operations/transform.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Step final : public Operation {
 public:
  Step(std::vector<Var> inputs, std::vector<Var> outputs, const Transform& how)
      : Operation(std::move(inputs), std::move(outputs)), how_(how) {}

  void forward(Pass& pass) const override {
    const float* before = inputs_.size() > 2 ? pass.value(inputs_[2]) : nullptr;
    const Kernels& k = pass.kernels();
    const std::size_t rows = pass.rows(inputs_[0]);
    if (how_.spline)
      k.spline(how_.shape, rows, pass.value(inputs_[0]), pass.value(inputs_[1]), before, pass.value(outputs_[0]),
               pass.value(outputs_[1]), pass.extent());
    else
      k.affine(rows, how_.limit, pass.value(inputs_[0]), pass.value(inputs_[1]), before, pass.value(outputs_[0]),
               pass.value(outputs_[1]), pass.extent());
  }

  void backward(Pass& pass) const override {
    float* before = inputs_.size() > 2 ? pass.slope(inputs_[2]) : nullptr;
    const Kernels& k = pass.kernels();
    const std::size_t rows = pass.rows(inputs_[0]);
    if (how_.spline)
      k.spline_slope(how_.shape, rows, pass.value(inputs_[0]), pass.value(inputs_[1]), pass.slope(outputs_[0]),
                     pass.slope(outputs_[1]), pass.slope(inputs_[0]), pass.slope(inputs_[1]), before, pass.extent());
    else
      k.affine_slope(rows, how_.limit, pass.value(outputs_[0]), pass.value(inputs_[1]), pass.slope(outputs_[0]),
                     pass.slope(outputs_[1]), pass.slope(inputs_[0]), pass.slope(inputs_[1]), before, pass.extent());
  }

 private:
  Transform how_;
};

}  // namespace

Transformed transform(Tape& tape, Var x, Var p, std::optional<Var> log_slope, const Transform& how) {
  HILLOCK_CHECK(tape.rows(p) == tape.rows(x) * how.parameters(), "a transform with another number of parameters");
  HILLOCK_CHECK(!how.spline || (how.shape.bins >= 2 && how.shape.bins <= 16), "a spline of 2 to 16 bins");
  const Transformed out{tape.value(tape.rows(x)), tape.value(1)};
  std::vector<Var> inputs{x, p};
  if (log_slope) inputs.push_back(*log_slope);
  tape.add(std::make_unique<Step>(std::move(inputs), std::vector{out.z, out.log_slope}, how));
  return out;
}

}  // namespace hillock::nn
