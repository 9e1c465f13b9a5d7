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
