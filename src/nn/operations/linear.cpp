#include "nn/operations/linear.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Linear final : public Operation {
 public:
  Linear(Tape& tape, Var x, Var before, Var y, const LinearOptions& o)
      : Operation(o.context ? std::vector{x, *o.context} : std::vector{x},
                  before == y ? std::vector{y} : std::vector{before, y}),
        activation_(o.activation),
        outputs_rows_(tape.rows(y)),
        inputs_rows_(tape.rows(x)),
        context_rows_(o.context ? tape.rows(*o.context) : 0),
        gain_(o.gain),
        weights_(tape.parameters(outputs_rows_ * inputs_rows_)),
        context_weights_(tape.parameters(outputs_rows_ * context_rows_)),
        bias_(tape.parameters(outputs_rows_)) {
    seen_.assign(outputs_rows_, static_cast<std::uint32_t>(inputs_rows_));
    if (o.output_degrees.empty()) return;
    HILLOCK_CHECK(o.output_degrees.size() == outputs_rows_ && o.input_degrees.size() == inputs_rows_ &&
                      std::ranges::is_sorted(o.output_degrees) && std::ranges::is_sorted(o.input_degrees),
                  "degrees that are not those of a masked layer");
    masked_ = true;
    for (std::size_t r = 0; r < outputs_rows_; ++r) {
      const std::size_t most = o.output_degrees[r];
      seen_[r] = static_cast<std::uint32_t>(std::ranges::count_if(
          o.input_degrees, [&](std::size_t degree) { return o.strict ? degree < most : degree <= most; }));
    }
    for (std::size_t r = 0; r < outputs_rows_; r += 8) reach_.push_back(seen_[std::min(r + 8, outputs_rows_) - 1]);
    for (std::size_t i = 0; i < inputs_rows_; i += 8) {
      std::uint32_t first = 0;
      while (first < outputs_rows_ && seen_[first] <= i) ++first;
      first_.push_back(first);
    }
  }

  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    float* before = pass.value(outputs_.front());
    pass.kernels().linear(shape(), pass.parameters(weights_), inputs_rows_, pass.parameters(bias_),
                          pass.value(inputs_[0]), before, e, false);
    if (context_rows_ > 0)
      pass.kernels().linear(context_shape(), pass.parameters(context_weights_), context_rows_, nullptr,
                            pass.value(inputs_[1]), before, e, true);
    if (activation_ != Activation::none)
      pass.kernels().activate(activation_, outputs_rows_, before, pass.value(outputs_.back()), e);
  }

  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    float* dy = pass.slope(outputs_.back());
    if (activation_ != Activation::none)
      pass.kernels().activate_own_slope(activation_, outputs_rows_, pass.value(outputs_.front()),
                                        pass.value(outputs_.back()), dy, e);
    float* dw = pass.gradient(weights_);
    pass.kernels().linear_weights(shape(), dy, pass.value(inputs_[0]), dw, inputs_rows_, pass.gradient(bias_), e);
    clear_unseen(dw);
    pass.kernels().linear_inputs(shape(), pass.parameters(weights_), inputs_rows_, dy, pass.slope(inputs_[0]), e);
    if (context_rows_ == 0) return;
    pass.kernels().linear_weights(context_shape(), dy, pass.value(inputs_[1]), pass.gradient(context_weights_),
                                  context_rows_, nullptr, e);
    pass.kernels().linear_inputs(context_shape(), pass.parameters(context_weights_), context_rows_, dy,
                                 pass.slope(inputs_[1]), e);
  }

  void mask(std::span<float> parameters) const override { clear_unseen(parameters.data() + weights_.at); }

  void initialise(std::span<float> parameters, Rng& rng) const override {
    for (std::size_t r = 0; r < outputs_rows_; ++r) {
      const double sd = gain_ / std::sqrt(static_cast<double>(std::max<std::size_t>(seen_[r] + context_rows_, 1)));
      for (std::size_t i = 0; i < seen_[r]; ++i)
        parameters[weights_.at + r * inputs_rows_ + i] = static_cast<float>(sd * rng.normal());
      for (std::size_t i = 0; i < context_rows_; ++i)
        parameters[context_weights_.at + r * context_rows_ + i] = static_cast<float>(sd * rng.normal());
    }
  }

 private:
  void clear_unseen(float* w) const {
    if (!masked_) return;
    for (std::size_t r = 0; r < outputs_rows_; ++r)
      std::fill(w + r * inputs_rows_ + seen_[r], w + (r + 1) * inputs_rows_, 0.0F);
  }
  [[nodiscard]] LinearShape shape() const {
    return {outputs_rows_, inputs_rows_, masked_ ? reach_.data() : nullptr, masked_ ? first_.data() : nullptr};
  }
  [[nodiscard]] LinearShape context_shape() const { return {outputs_rows_, context_rows_, nullptr, nullptr}; }

  Activation activation_;
  std::size_t outputs_rows_, inputs_rows_, context_rows_;
  double gain_;
  Block weights_, context_weights_, bias_;
  bool masked_ = false;
  std::vector<std::uint32_t> seen_, reach_, first_;
};

}  // namespace

Var linear(Tape& tape, Var x, std::size_t outputs, const LinearOptions& options) {
  // silu's slope needs what stood before it; the others are written over it.
  const Var before = tape.value(outputs);
  const Var y = options.activation == Activation::silu ? tape.value(outputs) : before;
  tape.add(std::make_unique<Linear>(tape, x, before, y, options));
  return y;
}

std::vector<std::size_t> hidden_degrees(std::size_t units, std::size_t dimensions) {
  std::vector<std::size_t> out(units);
  for (std::size_t i = 0; i < units; ++i) out[i] = i * dimensions / units;
  return out;
}

}  // namespace hillock::nn
