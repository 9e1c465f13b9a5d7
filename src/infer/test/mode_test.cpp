#include "infer/mode.hpp"

#include <gtest/gtest.h>

#include "infer/test/targets.hpp"

namespace hillock::infer {
namespace {

/// Poisson counts with log rate a + b t and a normal prior: concave, Fisher information = observed information.
struct Poisson {
  static constexpr int n = 20;
  static double time(int i) { return i / 10.0 - 1.0; }
  static double counts(int i) { return (7 * i) % 5 + (i > 10 ? 6 : 0); }

  double operator()(std::span<const double> u, std::span<double> g) const {
    double value = -0.5 * (u[0] * u[0] + u[1] * u[1]) / 100.0;
    g[0] = -u[0] / 100.0, g[1] = -u[1] / 100.0;
    for (int i = 0; i < n; ++i) {
      const double rate = std::exp(u[0] + u[1] * time(i));
      value += counts(i) * (u[0] + u[1] * time(i)) - rate;
      g[0] += counts(i) - rate;
      g[1] += (counts(i) - rate) * time(i);
    }
    return std::isfinite(value) ? value : -std::numeric_limits<double>::infinity();
  }
};

void poisson_fisher(const Array2& points, Array2& fisher) {
  for (std::size_t k = 0; k < points.rows; ++k) {
    double f[3] = {0.01, 0.0, 0.01};
    for (int i = 0; i < Poisson::n; ++i) {
      const double t = Poisson::time(i), rate = std::exp(points(k, 0) + points(k, 1) * t);
      f[0] += rate, f[1] += rate * t, f[2] += rate * t * t;
    }
    fisher(k, 0) = f[0], fisher(k, 1) = fisher(k, 2) = f[1], fisher(k, 3) = f[2];
  }
}

TEST(Mode, WhereTheGradientVanishes) {
  PointTarget target(2, Poisson{});
  Array2 starts(3, 2);
  starts.values = {0.0, 0.0, 5.0, -3.0, -8.0, 10.0};
  Silent silent;
  const optim::Minima found = *find_mode(target, poisson_fisher, starts, {}, silent);
  for (const optim::Minimum& m : found.starts) {
    EXPECT_EQ(m.outcome, optim::Outcome::converged);
    std::vector<double> gradient(2);
    EXPECT_EQ(-m.cost, Poisson{}(m.x, gradient));
    // Half g^T F^-1 g <= 1e-8 with eigenvalues of F up to 200 bounds the gradient by sqrt(2e-8 * 200).
    EXPECT_LT(std::fabs(gradient[0]), 2e-3);
    EXPECT_LT(std::fabs(gradient[1]), 2e-3);
    EXPECT_LT(m.iterations, 40);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(m.x[i], found.starts[0].x[i], 1e-3);
  }
}

TEST(Mode, AGaussianInOneUndampedStep) {
  const RandomGaussian g(6, 2.0);
  auto target = g.target();
  // Its information: columns by the gradient at unit vectors from the mean.
  const FisherFn fisher = [&](const Array2& points, Array2& out) {
    for (std::size_t j = 0; j < 6; ++j) {
      std::vector<double> u = g.mean, column(6);
      u[j] += 1.0;
      (void)g(u, column);
      for (std::size_t k = 0; k < points.rows; ++k) {
        for (std::size_t i = 0; i < 6; ++i) out(k, i * 6 + j) = -column[i];
      }
    }
  };
  ModeOptions options;
  options.initial_damping = 1e-12;
  options.max_step = 1e6;
  Silent silent;
  const optim::Minima found = *find_mode(target, fisher, cloud(4, g.mean, g.sd), options, silent);
  for (const optim::Minimum& m : found.starts) {
    EXPECT_EQ(m.outcome, optim::Outcome::converged);
    EXPECT_LE(m.iterations, 2);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(m.x[i], g.mean[i], 1e-3 * g.sd[i]);
  }
}

TEST(Mode, AStartWithoutDensityFails) {
  PointTarget target(1, [](std::span<const double> u, std::span<double> g) {
    g[0] = 1.0 / u[0] - 1.0;
    return u[0] > 0.0 ? std::log(u[0]) - u[0] : -std::numeric_limits<double>::infinity();
  });
  Array2 starts(2, 1);
  starts.values = {-1.0, 10.0};
  const FisherFn fisher = [](const Array2& points, Array2& out) {
    for (std::size_t k = 0; k < points.rows; ++k) out(k, 0) = 1.0 / (points(k, 0) * points(k, 0));
  };
  Silent silent;
  const optim::Minima found = *find_mode(target, fisher, starts, {}, silent);
  EXPECT_EQ(found.starts[0].outcome, optim::Outcome::failed);
  EXPECT_EQ(found.best, 1U);
  // The information 1/u^2 at the mode is 1: the decrement of 1e-8 is a distance of 1.4e-4.
  EXPECT_NEAR(found.starts[1].x[0], 1.0, 2e-4);
  ModeOptions options;
  options.tolerance = 0.0;
  EXPECT_FALSE(options.validate().has_value());
}

}  // namespace
}  // namespace hillock::infer
