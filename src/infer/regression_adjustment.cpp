#include "infer/regression_adjustment.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "infer/resample.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// Epanechnikov's kernel times the given weights, sum 1.
std::vector<double> kernel_weights(std::span<const double> weight, std::span<const double> distance) {
  const double reach = *std::max_element(distance.begin(), distance.end());
  std::vector<double> out(weight.begin(), weight.end());
  const auto normalise = [&out] {
    const double total = std::accumulate(out.begin(), out.end(), 0.0);
    for (double& w : out) w /= total;
    return total > 0.0;
  };
  if (reach > 0.0) {
    for (std::size_t k = 0; k < out.size(); ++k) {
      const double part = distance[k] / reach;
      out[k] *= 1.0 - part * part;
    }
    if (normalise()) return out;
    out.assign(weight.begin(), weight.end());  // all are as far: nothing to tell them apart by
  }
  normalise();
  return out;
}

/// Statistics about the observation, each in its weighted standard deviation: centre and difference.
struct Standardised {
  Matrix z;     ///< n x p, weighted mean 0 and variance 1
  Vector here;  ///< the observation, on the same scale
};

Standardised standardise(const Array2& statistics, std::span<const double> observed, const std::vector<double>& w) {
  const std::size_t n = statistics.rows;
  std::vector<double> mean, sd;
  std::vector<std::size_t> used;
  for (std::size_t j = 0; j < statistics.cols; ++j) {
    if (std::isnan(observed[j])) continue;
    double largest = 0.0, m = 0.0, v = 0.0;
    for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, std::fabs(statistics(k, j)));
    for (std::size_t k = 0; k < n; ++k) m += w[k] * statistics(k, j);
    for (std::size_t k = 0; k < n; ++k) v += w[k] * (statistics(k, j) - m) * (statistics(k, j) - m);
    if (!(std::sqrt(v) > 1e-12 * largest) || !std::isfinite(v)) continue;
    used.push_back(j);
    mean.push_back(m);
    sd.push_back(std::sqrt(v));
  }
  Standardised out{Matrix(n, used.size()), Vector(used.size())};
  for (std::size_t i = 0; i < used.size(); ++i) {
    const auto c = static_cast<Eigen::Index>(i);
    for (std::size_t k = 0; k < n; ++k)
      out.z(static_cast<Eigen::Index>(k), c) = (statistics(k, used[i]) - mean[i]) / sd[i];
    out.here(c) = (observed[used[i]] - mean[i]) / sd[i];
  }
  return out;
}

/// The part of a spectrum that is more than rounding.
struct Spectrum {
  Vector values;   ///< of A^T A
  Matrix left;     ///< U, n x r
  Matrix vectors;  ///< V, p x r: A = U sqrt(values) V^T
};

Spectrum spectrum_of(const Matrix& a) {
  const bool tall = a.rows() >= a.cols();
  const Matrix gram = tall ? Matrix(a.transpose() * a) : Matrix(a * a.transpose());
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(gram);
  const Eigen::Index n = gram.rows();
  Eigen::Index r = 0;  // they come ascending
  while (r < n && eigen.eigenvalues()(n - 1 - r) > 1e-12 * eigen.eigenvalues()(n - 1)) ++r;
  Spectrum out{eigen.eigenvalues().tail(r), {}, {}};
  const Vector inverse = out.values.cwiseSqrt().cwiseInverse();
  const Matrix found = eigen.eigenvectors().rightCols(r);
  out.vectors = tall ? found : Matrix(a.transpose() * found * inverse.asDiagonal());
  out.left = tall ? Matrix(a * found * inverse.asDiagonal()) : found;
  return out;
}

/// Slopes of `y` (weighted mean 0, rows times sqrt(weight)), the penalty chosen by generalised cross-validation.
Vector slopes(const Spectrum& s, const Vector& y, double draws) {
  const Vector b = s.left.transpose() * y;
  const double rest = std::max(0.0, y.squaredNorm() - b.squaredNorm());
  double best = std::numeric_limits<double>::infinity();
  Vector out = Vector::Zero(s.vectors.rows());
  for (int power = -9; power <= 2; ++power) {
    const double penalty = power == -9 ? 0.0 : std::pow(10.0, power);
    const auto damped = penalty / (s.values.array() + penalty);
    const double freedom = 1.0 + (1.0 - damped).sum();
    if (freedom >= 0.9 * draws) continue;
    const double residual = rest + (b.array() * damped).square().sum();
    const double score = residual / std::pow(1.0 - freedom / draws, 2);
    if (!(score < best)) continue;
    best = score;
    out = s.vectors * (b.array() * s.values.array().sqrt() / (s.values.array() + penalty)).matrix();
  }
  return out;
}

}  // namespace

RegressionAdjustment adjust_by_regression(const Array2& points, const Array2& statistics,
                                          std::span<const double> observed, std::span<const double> weight,
                                          std::span<const double> distance) {
  const std::size_t n = points.rows;
  HILLOCK_CHECK(n >= 1 && statistics.rows == n && weight.size() == n && distance.size() == n &&
                    statistics.cols == observed.size(),
                "every draw has its statistics, its weight and its distance");
  RegressionAdjustment out{points, kernel_weights(weight, distance), false};
  const double draws = effective_sample_size(out.weight);
  const Standardised s = standardise(statistics, observed, out.weight);
  if (s.z.cols() == 0 || draws < 4.0) return out;
  Vector root(static_cast<Eigen::Index>(n));
  for (std::size_t k = 0; k < n; ++k) root(static_cast<Eigen::Index>(k)) = std::sqrt(out.weight[k]);
  const Spectrum spectrum = spectrum_of(root.asDiagonal() * s.z);
  for (std::size_t c = 0; c < points.cols; ++c) {
    double mean = 0.0;
    for (std::size_t k = 0; k < n; ++k) mean += out.weight[k] * points(k, c);
    Vector y(static_cast<Eigen::Index>(n));
    for (std::size_t k = 0; k < n; ++k) {
      const auto row = static_cast<Eigen::Index>(k);
      y(row) = root(row) * (points(k, c) - mean);
    }
    const Vector slope = slopes(spectrum, y, draws);
    const double here = s.here.dot(slope);
    const Vector explained = s.z * slope;
    for (std::size_t k = 0; k < n; ++k) out.points(k, c) += here - explained(static_cast<Eigen::Index>(k));
  }
  out.adjusted = true;
  return out;
}

}  // namespace hillock::infer
