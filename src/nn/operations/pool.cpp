#include "nn/operations/pool.hpp"

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Pool final : public Operation {
 public:
  Pool(std::vector<Var> inputs, Var y, std::size_t items, Pooling how)
      : Operation(std::move(inputs), {y}), items_(items), how_(how) {}
  void forward(Pass& pass) const override {
    const Kernels& k = pass.kernels();
    (how_ == Pooling::mean ? k.pool_mean : k.pool_max)(items_, pass.rows(outputs_[0]), pass.value(inputs_[0]),
                                                       present(pass), pass.value(outputs_[0]), pass.extent());
  }
  void backward(Pass& pass) const override {
    const Kernels& k = pass.kernels();
    const std::size_t rows = pass.rows(outputs_[0]);
    const float* dy = pass.slope(outputs_[0]);
    float* dx = pass.slope(inputs_[0]);
    if (how_ == Pooling::mean) k.pool_mean_slope(items_, rows, present(pass), dy, dx, pass.extent());
    else
      k.pool_max_slope(items_, rows, pass.value(inputs_[0]), present(pass), pass.value(outputs_[0]), dy, dx,
                       pass.extent());
  }

 private:
  [[nodiscard]] const float* present(const Pass& pass) const {
    return inputs_.size() > 1 ? pass.value(inputs_[1]) : nullptr;
  }
  std::size_t items_;
  Pooling how_;
};

}  // namespace

Var pool(Tape& tape, Var x, std::size_t items, Pooling how, std::optional<Var> mask) {
  HILLOCK_CHECK(items > 0 && tape.rows(x) % items == 0, "rows that do not divide into items");
  HILLOCK_CHECK(!mask || tape.rows(*mask) == items, "a mask of another number of items");
  const Var y = tape.value(tape.rows(x) / items);
  tape.add(std::make_unique<Pool>(mask ? std::vector{x, *mask} : std::vector{x}, y, items, how));
  return y;
}

}  // namespace hillock::nn
