#include "infer/parameter_inputs.hpp"

#include <cmath>
#include <numbers>

namespace hillock::infer {
namespace {

const double root_12 = std::sqrt(12.0);

}  // namespace

ParameterInputs::ParameterInputs(const prob::ParameterSpace& space) {
  for (std::size_t i = 0; i < space.size(); ++i)
    uniform_.push_back(space.family(i) == prob::Family::uniform || space.family(i) == prob::Family::loguniform ? 1 : 0);
}

Array2 ParameterInputs::operator()(const Array2& z) const {
  Array2 out = z;
  // Phi(z) - 1/2 = erf(z / sqrt 2) / 2
  for (std::size_t k = 0; k < z.rows; ++k)
    for (std::size_t i = 0; i < z.cols; ++i)
      if (uniform_[i]) out(k, i) = 0.5 * root_12 * std::erf(z(k, i) / std::numbers::sqrt2);
  return out;
}

void ParameterInputs::chain(const Array2& z, Array2& slope) const {
  const double density = 1.0 / std::sqrt(2.0 * std::numbers::pi);
  for (std::size_t k = 0; k < z.rows; ++k)
    for (std::size_t i = 0; i < z.cols; ++i)
      if (uniform_[i]) slope(k, i) *= root_12 * density * std::exp(-0.5 * z(k, i) * z(k, i));
}

}  // namespace hillock::infer
