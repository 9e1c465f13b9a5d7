#pragma once
/// Parameters as a network sees them where it learns what depends on them.
///
/// Methods move on the scale z, on which the prior is standard normal. A model's answers are mostly smoother in its own
/// parameters: uniform priors become x = sqrt(12) (Phi(z) - 1/2), which is the parameter (of a log-uniform prior, its
/// logarithm) moved and scaled to mean 0 and spread 1; all others stay z, which is linear in a normal parameter and in
/// the logarithm of a log-normal one.

#include <cstdint>
#include <vector>

#include "base/array.hpp"
#include "prob/parameter_space.hpp"

namespace hillock::infer {

class ParameterInputs {
 public:
  explicit ParameterInputs(const prob::ParameterSpace& space);
  [[nodiscard]] Array2 operator()(const Array2& z) const;
  /// `slope` by the inputs becomes that by z.
  void chain(const Array2& z, Array2& slope) const;

 private:
  std::vector<std::uint8_t> uniform_;  // [parameter]
};

}  // namespace hillock::infer
