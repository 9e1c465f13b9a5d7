#pragma once
/// The marginal prior of each parameter. Of a prior that depends on nothing this is the prior itself, in closed form;
/// of a conditional one it is known from `draws` draws of the whole prior (seed 0, the same in every run): the
/// probability at a quantile is right to 0.002 at 5 % and to 0.004 at the median (one standard error).

#include <span>
#include <vector>

#include "prob/parameter_space.hpp"

namespace hillock::prob {

class Marginals {
 public:
  static constexpr std::size_t draws = 16384;

  explicit Marginals(const ParameterSpace& space);

  [[nodiscard]] double quantile(std::size_t i, double p) const;
  [[nodiscard]] double unconstrained_variance(std::size_t i) const;
  /// The density at each x: of a conditional prior its mean over the draws of what it reads, which is smooth.
  [[nodiscard]] std::vector<double> density(std::size_t i, std::span<const double> x) const;

 private:
  const ParameterSpace& space_;
  Array2 drawn_;                              ///< none where the priors are independent
  std::vector<std::vector<double>> ordered_;  ///< by parameter; of conditional ones
};

}  // namespace hillock::prob
