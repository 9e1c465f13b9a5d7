#include "nn/operations/rows.hpp"

#include <cstring>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

class Take final : public Operation {
 public:
  Take(std::vector<Var> inputs, Var y, std::vector<std::size_t> from, std::size_t first_rows)
      : Operation(std::move(inputs), {y}), from_(std::move(from)), first_rows_(first_rows) {}

  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t r = 0; r < from_.size(); ++r) {
      const auto [v, row] = source(from_[r]);
      std::memcpy(pass.value(outputs_[0]) + r * e.stride, pass.value(v) + row * e.stride, e.samples * sizeof(float));
    }
  }
  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    for (std::size_t r = 0; r < from_.size(); ++r) {
      const auto [v, row] = source(from_[r]);
      pass.kernels().add(e.samples, pass.slope(v) + row * e.stride, pass.slope(outputs_[0]) + r * e.stride);
    }
  }

 private:
  [[nodiscard]] std::pair<Var, std::size_t> source(std::size_t row) const {
    return row < first_rows_ ? std::pair(inputs_[0], row) : std::pair(inputs_[1], row - first_rows_);
  }
  std::vector<std::size_t> from_;
  std::size_t first_rows_;
};

Var take(Tape& tape, std::vector<Var> inputs, std::vector<std::size_t> from) {
  std::size_t total = 0;
  for (const Var v : inputs) total += tape.rows(v);
  for (const std::size_t row : from) HILLOCK_CHECK(row < total, "a row that is not there");
  const Var y = tape.value(from.size());
  const std::size_t first = tape.rows(inputs[0]);
  tape.add(std::make_unique<Take>(std::move(inputs), y, std::move(from), first));
  return y;
}

}  // namespace

Var take_rows(Tape& tape, Var x, std::vector<std::size_t> from) { return take(tape, {x}, std::move(from)); }
Var take_rows(Tape& tape, Var x, Var y, std::vector<std::size_t> from) { return take(tape, {x, y}, std::move(from)); }

}  // namespace hillock::nn
