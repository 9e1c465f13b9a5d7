#include "infer/logistic_start.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace hillock::infer {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr std::size_t most_rows = 20'000;
constexpr int most_iterations = 25;
constexpr double least_variance = 1e-9;

}  // namespace

LogisticStart logistic_start(const Array2& y, const Array2& c, int threads) {
  HILLOCK_CHECK(y.rows == c.rows && y.rows > 0, "labels of other rows");
  const std::size_t rows = std::min(y.rows, most_rows);
  const auto n = static_cast<Eigen::Index>(rows), p = static_cast<Eigen::Index>(c.cols + 1);
  Matrix x(n, p);
  std::vector<std::size_t> taken(rows);
  for (std::size_t k = 0; k < rows; ++k) {
    taken[k] = k * y.rows / rows;
    x(static_cast<Eigen::Index>(k), 0) = 1.0;
    for (std::size_t i = 0; i < c.cols; ++i)
      x(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i + 1)) = c(taken[k], i);
  }
  LogisticStart out;
  out.weights.assign(y.cols * c.cols, 0.0);
  out.bias.assign(y.cols, 0.0);
  parallel_for(y.cols, threads, [&](std::size_t j) {
    Vector label(n), w = Vector::Zero(p);
    for (std::size_t k = 0; k < rows; ++k) label[static_cast<Eigen::Index>(k)] = y(taken[k], j);
    // The bias, too, has a wide prior: a label that never changes has a finite one.
    Vector precision = Vector::Ones(p);
    precision[0] = 0.01;
    for (int i = 0; i < most_iterations; ++i) {
      const Vector mean = (1.0 + (-(x * w).array()).exp()).inverse();
      const Vector variance = (mean.array() * (1.0 - mean.array())).max(least_variance);
      Matrix curvature = x.transpose() * (variance.asDiagonal() * x);
      curvature.diagonal() += precision;
      const Vector slope = x.transpose() * (label - mean) - precision.cwiseProduct(w);
      Vector step = curvature.ldlt().solve(slope);
      // Newton's steps may leap where the curvature vanishes.
      const double longest = step.cwiseAbs().maxCoeff();
      if (longest > 2.0) step *= 2.0 / longest;
      w += step;
      if (longest < 1e-6) break;
    }
    out.bias[j] = w[0];
    for (std::size_t i = 0; i < c.cols; ++i) out.weights[j * c.cols + i] = w[static_cast<Eigen::Index>(i + 1)];
  });
  return out;
}

}  // namespace hillock::infer
