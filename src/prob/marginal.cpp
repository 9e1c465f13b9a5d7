#include "prob/marginal.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::prob {

Marginals::Marginals(const ParameterSpace& space) : space_(space), ordered_(space.size()) {
  if (space.independent()) return;
  drawn_ = space.sample(0, 0, draws);
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (!space.conditional(i)) continue;
    ordered_[i] = drawn_.column(i);
    std::sort(ordered_[i].begin(), ordered_[i].end());
  }
}

double Marginals::quantile(std::size_t i, double p) const {
  if (!space_.conditional(i)) return space_.prior(i).quantile(p);
  HILLOCK_CHECK(p > 0.0 && p < 1.0, "the ends of a conditional prior are not among its draws");
  const std::vector<double>& x = ordered_[i];
  const double place = p * static_cast<double>(draws - 1);
  const auto below = std::min(static_cast<std::size_t>(place), draws - 2);
  const double part = place - static_cast<double>(below);
  return (1.0 - part) * x[below] + part * x[below + 1];
}

double Marginals::unconstrained_variance(std::size_t i) const {
  if (!space_.conditional(i)) return space_.prior(i).unconstrained_variance();
  double mean = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < draws; ++k) {
    const double u = space_.to_unconstrained(i, ordered_[i][k]);
    const double off = u - mean;
    mean += off / static_cast<double>(k + 1);
    squares += off * (u - mean);
  }
  return squares / static_cast<double>(draws - 1);
}

std::vector<double> Marginals::density(std::size_t i, std::span<const double> x) const {
  std::vector<double> out;
  if (!space_.conditional(i)) {
    for (const double at : x) out.push_back(std::exp(space_.prior(i).log_density(at)));
    return out;
  }
  constexpr std::size_t every = 8;  // 2048 draws make a curve without visible wiggles
  out.assign(x.size(), 0.0);
  for (std::size_t k = 0; k < draws; k += every) {
    const auto prior = space_.prior_given(i, drawn_.row(k));
    for (std::size_t m = 0; prior && m < x.size(); ++m) out[m] += std::exp(prior->log_density(x[m]));
  }
  for (double& value : out) value /= static_cast<double>(draws / every);
  return out;
}

}  // namespace hillock::prob
