#pragma once
/// Log densities with known answers.

#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

/// A target given by a function of one point: value, and the gradient written into the second argument.
template <class F>
class PointTarget final : public LogDensity {
 public:
  PointTarget(std::size_t d, F f) : d_(d), f_(std::move(f)) {}
  [[nodiscard]] std::size_t dimension() const override { return d_; }
  void evaluate(const Array2& points, std::span<double> value, Array2* gradient) override {
    ++batches;
    evaluations += static_cast<long>(points.rows);
    std::vector<double> unused(d_);
    for (std::size_t k = 0; k < points.rows; ++k) {
      value[k] = f_(points.row(k), gradient != nullptr ? gradient->row(k) : std::span<double>(unused));
    }
  }
  long batches = 0, evaluations = 0;

 private:
  std::size_t d_;
  F f_;
};

/// N(mean, covariance) with covariance = A A^T, A lower triangular with random entries: correlations of all sizes and
/// scales over three decades.
struct RandomGaussian {
  std::size_t d;
  std::vector<double> mean, sd;
  Array2 factor, covariance;

  explicit RandomGaussian(std::size_t dimension, double decades = 3.0) : d(dimension), factor(d, d), covariance(d, d) {
    Rng rng(99, stream_id("target"));
    for (std::size_t i = 0; i < d; ++i) {
      mean.push_back(3.0 * rng.normal());
      const double scale = std::pow(10.0, decades * (static_cast<double>(i) / static_cast<double>(d) - 0.5));
      for (std::size_t j = 0; j < i; ++j) factor(i, j) = scale * 0.6 * rng.normal();
      factor(i, i) = scale;
    }
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        for (std::size_t k = 0; k <= std::min(i, j); ++k) covariance(i, j) += factor(i, k) * factor(j, k);
      }
    }
    for (std::size_t i = 0; i < d; ++i) sd.push_back(std::sqrt(covariance(i, i)));
  }

  double operator()(std::span<const double> u, std::span<double> gradient) const {
    std::vector<double> z(d);
    double value = 0.0;
    for (std::size_t i = 0; i < d; ++i) {
      double r = u[i] - mean[i];
      for (std::size_t j = 0; j < i; ++j) r -= factor(i, j) * z[j];
      z[i] = r / factor(i, i);
      value -= 0.5 * z[i] * z[i];
    }
    for (std::size_t i = d; i-- > 0;) {  // gradient = -A^-T z
      double r = -z[i];
      for (std::size_t j = i + 1; j < d; ++j) r -= factor(j, i) * gradient[j];
      gradient[i] = r / factor(i, i);
    }
    return value;
  }

  [[nodiscard]] PointTarget<RandomGaussian> target() const { return {d, *this}; }
};

/// A Gaussian bent along one direction: in its whitened coordinates, x = z + c ((v.z)^2 - 1), z standard normal, with
/// v = (1, 1, ...)/sqrt(d), c along (1, -1, 0, ...) and |c| = `length`. The mean stays, the covariance of x is
/// 1 + 2 c c^T.
struct Bent {
  RandomGaussian normal;
  double length;

  Bent(std::size_t d, double length_in) : normal(d), length(length_in) {}

  [[nodiscard]] std::size_t d() const { return normal.d; }
  [[nodiscard]] double v() const { return 1.0 / std::sqrt(static_cast<double>(d())); }
  [[nodiscard]] double c(std::size_t i) const { return i > 1 ? 0.0 : length / std::sqrt(2.0) * (i == 0 ? 1.0 : -1.0); }

  double operator()(std::span<const double> u, std::span<double> gradient) const {
    std::vector<double> z(d());
    double s = 0.0;
    for (std::size_t i = 0; i < d(); ++i) {
      double r = u[i] - normal.mean[i];
      for (std::size_t j = 0; j < i; ++j) r -= normal.factor(i, j) * z[j];
      z[i] = r / normal.factor(i, i);
      s += v() * z[i];
    }
    double value = 0.0, slope = 0.0;
    for (std::size_t i = 0; i < d(); ++i) {
      z[i] -= c(i) * (s * s - 1.0);
      value -= 0.5 * z[i] * z[i];
      slope += c(i) * z[i];
    }
    for (std::size_t i = d(); i-- > 0;) {
      double r = -z[i] + 2.0 * s * slope * v();
      for (std::size_t j = i + 1; j < d(); ++j) r -= normal.factor(j, i) * gradient[j];
      gradient[i] = r / normal.factor(i, i);
    }
    return value;
  }

  /// A draw.
  [[nodiscard]] std::vector<double> draw(Rng& rng) const {
    std::vector<double> x(d()), u = normal.mean;
    double s = 0.0;
    for (double& value : x) s += v() * (value = rng.normal());
    for (std::size_t i = 0; i < d(); ++i) x[i] += c(i) * (s * s - 1.0);
    for (std::size_t i = 0; i < d(); ++i)
      for (std::size_t j = 0; j <= i; ++j) u[i] += normal.factor(i, j) * x[j];
    return u;
  }

  [[nodiscard]] PointTarget<Bent> target() const { return {d(), *this}; }
};

/// The unit matrix, as a metric.
inline Array2 identity(std::size_t d, double scale = 1.0) {
  Array2 out(d, d);
  for (std::size_t i = 0; i < d; ++i) out(i, i) = scale;
  return out;
}

/// Starts drawn from a normal cloud.
inline Array2 cloud(std::size_t chains, const std::vector<double>& mean, const std::vector<double>& sd) {
  Array2 out(chains, mean.size());
  for (std::size_t k = 0; k < chains; ++k) {
    Rng rng(4, stream_id("cloud"), k);
    for (std::size_t i = 0; i < mean.size(); ++i) out(k, i) = mean[i] + sd[i] * rng.normal();
  }
  return out;
}

}  // namespace hillock::infer
