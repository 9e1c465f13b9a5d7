#include "nn/operations/convolution.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Convolution final : public Operation {
 public:
  Convolution(Tape& tape, Var x, Var y, std::size_t outputs, const ConvolutionOptions& o)
      : Operation({x}, {y}),
        how_(o),
        channels_(tape.rows(x) / o.times),
        outputs_rows_(outputs),
        weights_(tape.parameters(outputs * o.width * channels_)),
        bias_(tape.parameters(outputs)) {}

  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t t = 0; t < how_.windows(); ++t) {
      const Window w = window(t);
      pass.kernels().linear({outputs_rows_, w.rows, nullptr, nullptr}, pass.parameters(weights_) + w.column, row(),
                            pass.parameters(bias_), pass.value(inputs_[0]) + w.from * e.stride,
                            pass.value(outputs_[0]) + t * outputs_rows_ * e.stride, e, false);
    }
  }

  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t t = 0; t < how_.windows(); ++t) {
      const Window w = window(t);
      const LinearShape shape{outputs_rows_, w.rows, nullptr, nullptr};
      const float* dy = pass.slope(outputs_[0]) + t * outputs_rows_ * e.stride;
      pass.kernels().linear_weights(shape, dy, pass.value(inputs_[0]) + w.from * e.stride,
                                    pass.gradient(weights_) + w.column, row(), pass.gradient(bias_), e);
      pass.kernels().linear_inputs(shape, pass.parameters(weights_) + w.column, row(), dy,
                                   pass.slope(inputs_[0]) + w.from * e.stride, e);
    }
  }

  void initialise(std::span<float> parameters, Rng& rng) const override {
    const double sd = how_.gain / std::sqrt(static_cast<double>(row()));
    for (float& w : parameters.subspan(weights_.at, weights_.count)) w = static_cast<float>(sd * rng.normal());
  }

 private:
  /// The part of a window that lies within x.
  struct Window {
    std::size_t from, rows, column;  ///< rows of x; the first column of the weights
  };
  [[nodiscard]] Window window(std::size_t t) const {
    const std::size_t left = how_.padded ? (how_.width - 1) / 2 : 0;
    const std::size_t begin = t * how_.stride;  // of the window, counted from `left` times before x
    const std::size_t skipped = begin < left ? left - begin : 0;
    const std::size_t from = begin + skipped - left;
    const std::size_t count = std::min(how_.width - skipped, how_.times - from);
    return {from * channels_, count * channels_, skipped * channels_};
  }
  [[nodiscard]] std::size_t row() const { return how_.width * channels_; }

  ConvolutionOptions how_;
  std::size_t channels_, outputs_rows_;
  Block weights_, bias_;
};

}  // namespace

Var convolution(Tape& tape, Var x, std::size_t outputs, const ConvolutionOptions& o) {
  HILLOCK_CHECK(o.times > 0 && tape.rows(x) % o.times == 0, "rows that do not divide into times");
  HILLOCK_CHECK(o.stride > 0 && o.width > 0 && o.width <= o.times,
                "a window without times, or longer than all of them");
  const Var y = tape.value(o.windows() * outputs);
  tape.add(std::make_unique<Convolution>(tape, x, y, outputs, o));
  return y;
}

}  // namespace hillock::nn
