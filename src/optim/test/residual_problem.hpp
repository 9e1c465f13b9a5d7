#pragma once
/// Least-squares problems from a residual function, with derivatives by complex step (exact to rounding).

#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "optim/problem.hpp"

namespace hillock::optim {

using Complex = std::complex<double>;
using Residuals = std::function<std::vector<Complex>(const std::vector<Complex>&)>;

class ResidualProblem final : public LeastSquares {
 public:
  ResidualProblem(std::size_t dimension, Residuals residuals) : d_(dimension), residuals_(std::move(residuals)) {}

  [[nodiscard]] std::size_t dimension() const override { return d_; }

  void cost(const Array2& points, std::span<double> cost) override {
    ++batches;
    seen.push_back(points);
    for (std::size_t k = 0; k < points.rows; ++k) {
      double sum = 0.0;
      for (const Complex z : residuals_({points.row(k).begin(), points.row(k).end()})) sum += z.real() * z.real();
      cost[k] = 0.5 * sum;
    }
  }

  void linearise(const Array2& points, std::span<double> cost, Array2& gradient, Array2& normal) override {
    this->cost(points, cost);
    constexpr double h = 1e-100;
    for (std::size_t k = 0; k < points.rows; ++k) {
      const std::vector<Complex> x(points.row(k).begin(), points.row(k).end());
      const std::vector<Complex> z = residuals_(x);
      std::vector<std::vector<double>> jacobian(d_, std::vector<double>(z.size()));
      for (std::size_t i = 0; i < d_; ++i) {
        std::vector<Complex> moved = x;
        moved[i] += Complex(0.0, h);
        const std::vector<Complex> at = residuals_(moved);
        for (std::size_t m = 0; m < z.size(); ++m) jacobian[i][m] = at[m].imag() / h;
      }
      for (std::size_t i = 0; i < d_; ++i) {
        double g = 0.0;
        for (std::size_t m = 0; m < z.size(); ++m) g += jacobian[i][m] * z[m].real();
        gradient(k, i) = g;
        for (std::size_t j = 0; j < d_; ++j) {
          double a = 0.0;
          for (std::size_t m = 0; m < z.size(); ++m) a += jacobian[i][m] * jacobian[j][m];
          normal(k, i * d_ + j) = a;
        }
      }
    }
  }

  int batches = 0;
  std::vector<Array2> seen;  ///< every batch, in order

 private:
  std::size_t d_;
  Residuals residuals_;
};

/// One start as a batch.
inline Array2 one(const std::vector<double>& x) {
  Array2 a(1, x.size());
  a.values = x;
  return a;
}

}  // namespace hillock::optim
