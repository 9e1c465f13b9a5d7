#pragma once
/// Arguments of conditional priors as plain functions, for tests.

#include <functional>
#include <utility>

#include "prob/conditional.hpp"

namespace hillock::prob {

/// f(parents, arguments, slopes): slopes are [argument][parent], nullptr where not wanted.
class Function final : public ArgumentFunction {
 public:
  using One = std::function<void(std::span<const double>, double*, double*)>;
  Function(std::size_t parents, std::size_t arguments, One f)
      : parents_(parents), arguments_(arguments), f_(std::move(f)) {}
  void evaluate(std::size_t rows, std::span<const double> given, std::span<double> arguments,
                std::span<double> slopes) const override {
    std::vector<double> at(parents_), out(arguments_), by(arguments_ * parents_);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < parents_; ++k) at[k] = given[k * rows + r];
      f_(at, out.data(), slopes.empty() ? nullptr : by.data());
      for (std::size_t a = 0; a < arguments_; ++a) arguments[a * rows + r] = out[a];
      for (std::size_t i = 0; i < by.size() && !slopes.empty(); ++i) slopes[i * rows + r] = by[i];
    }
  }

 private:
  std::size_t parents_, arguments_;
  One f_;
};

inline Conditional conditional(Family family, std::vector<std::size_t> given, Function::One f) {
  const std::size_t parents = given.size();
  return {family, std::move(given), std::make_shared<Function>(parents, arity(family), std::move(f))};
}

inline Prior fixed(const std::string& family, const std::vector<double>& arguments) {
  return Prior::make(family, arguments).value();
}

}  // namespace hillock::prob
