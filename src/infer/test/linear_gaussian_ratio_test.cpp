#include "infer/linear_gaussian_ratio.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.hpp"

namespace hillock::infer {
namespace {

double log_normal_density(double x, double mean, double variance) {
  return -0.5 * (x - mean) * (x - mean) / variance - 0.5 * std::log(2.0 * M_PI * variance);
}

double log_ratio(const LinearGaussianRatio& r, const std::vector<double>& z, const std::vector<double>& x) {
  std::vector<double> u(x.size()), g(x.size());
  r.whiten_statistics(x, u);
  r.whiten_parameters(z, g);
  double squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += (u[i] - g[i]) * (u[i] - g[i]);
  return r.marginal(x) - 0.5 * squares;
}

TEST(LinearGaussianRatio, IsTheExactRatioOfItsProblem) {
  // x_i = 1 + 2 z_i + N(0, 1/2), z_i ~ N(0, 1): marginal N(1, 4.25).
  constexpr std::size_t n = 40'000;
  Array2 z(n, 2), x(n, 2);
  for (std::size_t k = 0; k < n; ++k) {
    Rng rng(1, 2, k);
    for (std::size_t i = 0; i < 2; ++i) {
      z(k, i) = rng.normal();
      x(k, i) = 1.0 + 2.0 * z(k, i) + 0.5 * rng.normal();
    }
  }
  const auto r = LinearGaussianRatio::fit(z, x);
  for (const auto& [at, seen] : {std::pair{std::vector{0.5, -0.5}, std::vector{2.0, 0.5}},
                                 std::pair{std::vector{1.0, 0.0}, std::vector{2.5, 1.5}}}) {
    double exact = 0.0;
    for (std::size_t i = 0; i < 2; ++i)
      exact += log_normal_density(seen[i], 1.0 + 2.0 * at[i], 0.25) - log_normal_density(seen[i], 1.0, 4.25);
    // Each variance is known to sqrt(2/n) = 0.7 %, each mean to 0.5 % of its deviation: of two quadratic forms below 1
    // and two log determinants that is below 0.02 at three standard errors.
    EXPECT_NEAR(log_ratio(r, at, seen), exact, 0.02);
  }
}

TEST(LinearGaussianRatio, DuplicatedAndConstantColumnsDoNoHarm) {
  Array2 z(500, 1), once(500, 1), twice(500, 3, 4.0);
  for (std::size_t k = 0; k < 500; ++k) {
    Rng rng(1, 2, k);
    z(k, 0) = rng.normal();
    once(k, 0) = twice(k, 0) = twice(k, 1) = z(k, 0) + rng.normal();
  }
  const auto one = LinearGaussianRatio::fit(z, once), two = LinearGaussianRatio::fit(z, twice);
  // A second copy says nothing: the least noise of a millionth moves squares of 10 by 1e-5.
  for (const double at : {-1.0, 0.0, 2.0})
    EXPECT_NEAR(log_ratio(one, {at}, {0.7}) - log_ratio(one, {0.3}, {0.7}),
                log_ratio(two, {at}, {0.7, 0.7, 4.0}) - log_ratio(two, {0.3}, {0.7, 0.7, 4.0}), 1e-4);
}

}  // namespace
}  // namespace hillock::infer
