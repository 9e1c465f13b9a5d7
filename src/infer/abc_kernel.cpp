#include "infer/abc_kernel.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "base/error.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

struct Moments {
  Vector mean;
  Matrix covariance;

  Moments(const Eigen::Map<const Matrix>& points, const Vector& weight)
      : mean(points.transpose() * weight), covariance(points.cols(), points.cols()) {
    const Matrix centred = points.rowwise() - mean.transpose();
    covariance = centred.transpose() * weight.asDiagonal() * centred;
  }
};

}  // namespace

AbcMixture::AbcMixture(const Array2& points, std::vector<double> weight, const std::vector<bool>& next, bool local)
    : centres_(points) {
  const auto n = static_cast<Eigen::Index>(points.rows), d = static_cast<Eigen::Index>(points.cols);
  const Eigen::Map<const Matrix> u(points.values.data(), n, d);
  const Eigen::Map<const Vector> w(weight.data(), n);
  Vector v = w;
  for (Eigen::Index i = 0; i < n; ++i)
    if (!next[static_cast<std::size_t>(i)]) v(i) = 0.0;
  HILLOCK_CHECK(v.sum() > 0.0, "a kernel needs members that may come again");
  v /= v.sum();
  const Moments all(u, w), coming(u, v);

  // Coordinates in units of the population's spread, so that no scale is lost beside another.
  Vector unit = all.covariance.diagonal().cwiseSqrt();
  usable_ = unit.allFinite() && (unit.array() > 0.0).all();
  if (!usable_) return;
  const auto add = [&](const Matrix& covariance) {
    const Vector inverse = unit.cwiseInverse();
    const Matrix scaled = inverse.asDiagonal() * covariance * inverse.asDiagonal();
    const Eigen::LLT<Matrix> llt(scaled + 1e-10 * Matrix::Identity(d, d));
    usable_ = usable_ && llt.info() == Eigen::Success;
    const Matrix factor = unit.asDiagonal() * Matrix(llt.matrixL());
    factors_.insert(factors_.end(), factor.data(), factor.data() + factor.size());
    log_norm_.push_back(-factor.diagonal().array().log().sum() -
                        0.5 * static_cast<double>(d) * std::log(2.0 * std::numbers::pi));
  };
  if (local) {
    for (Eigen::Index i = 0; i < n && usable_; ++i) {
      const Vector away = coming.mean - u.row(i).transpose();
      add(coming.covariance + away * away.transpose());
    }
  } else {
    const Vector away = coming.mean - all.mean;
    add(coming.covariance + all.covariance + away * away.transpose());
  }
  cumulative_.resize(weight.size());
  std::partial_sum(weight.begin(), weight.end(), cumulative_.begin());
  for (const double x : weight) log_weight_.push_back(std::log(x));
}

void AbcMixture::draw(Rng& rng, std::span<double> out) const {
  const std::size_t d = centres_.cols;
  const double place = rng.uniform() * cumulative_.back();
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), place);
  // Rounding can put the place at the very end.
  const auto member = std::min(static_cast<std::size_t>(at - cumulative_.begin()), cumulative_.size() - 1);
  const double* factor = factors_.data() + (log_norm_.size() > 1 ? member * d * d : 0);
  std::ranges::copy(centres_.row(member), out.begin());
  for (std::size_t j = 0; j < d; ++j) {
    const double z = rng.normal();
    for (std::size_t i = j; i < d; ++i) out[i] += factor[i * d + j] * z;
  }
}

std::vector<double> AbcMixture::log_density(const Array2& points) const {
  const std::size_t n = centres_.rows, d = centres_.cols;
  std::vector<double> out(points.rows), term(n), z(d);
  for (std::size_t k = 0; k < points.rows; ++k) {
    const auto u = points.row(k);
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t m = 0; m < n; ++m) {
      const std::size_t f = log_norm_.size() > 1 ? m : 0;
      const double* factor = factors_.data() + f * d * d;
      const auto centre = centres_.row(m);
      double square = 0.0;
      for (std::size_t i = 0; i < d; ++i) {
        double r = u[i] - centre[i];
        for (std::size_t j = 0; j < i; ++j) r -= factor[i * d + j] * z[j];
        z[i] = r / factor[i * d + i];
        square += z[i] * z[i];
      }
      term[m] = log_weight_[m] + log_norm_[f] - 0.5 * square;
      largest = std::max(largest, term[m]);
    }
    double sum = 0.0;
    for (const double t : term) sum += std::exp(t - largest);
    out[k] = largest + std::log(sum);
  }
  return out;
}

}  // namespace hillock::infer
