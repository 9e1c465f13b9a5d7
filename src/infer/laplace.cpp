#include "infer/laplace.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "base/rng.hpp"

namespace hillock::infer {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Array2 to_array(const Matrix& m) {
  Array2 out(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()));
  std::copy(m.data(), m.data() + m.size(), out.values.begin());
  return out;
}

}  // namespace

Result<Laplace> Laplace::make(std::span<const double> mode, const Array2& precision, double floor) {
  const std::size_t d = mode.size();
  HILLOCK_CHECK(d >= 1 && precision.rows == d && precision.cols == d, "the precision must be d x d");
  HILLOCK_CHECK(floor > 0.0 && floor < 1.0, "the floor of the eigenvalues is between 0 and 1");
  const auto n = static_cast<Eigen::Index>(d);
  const Eigen::Map<const Matrix> given(precision.values.data(), n, n);
  if (!given.allFinite())
    return fail("precision-not-finite", "the information matrix at the mode is not finite", "precision");
  Errors errors;
  for (std::size_t i = 0; i < d; ++i) {
    if (precision(i, i) > 0.0) continue;
    errors.push_back(Error{
        "precision-empty",
        "the information matrix says nothing about coordinate " + std::to_string(i + 1) + " of " + std::to_string(d),
        std::nullopt, "precision", "give this parameter a proper prior"});
  }
  if (!errors.empty()) return fail(std::move(errors));

  // In units of the diagonal, so that weak means weak whatever the coordinates' scales.
  const Eigen::VectorXd unit = given.diagonal().cwiseSqrt();
  const Eigen::VectorXd inverse_unit = unit.cwiseInverse();
  const Matrix scaled = inverse_unit.asDiagonal() * (0.5 * (given + given.transpose())) * inverse_unit.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(scaled);
  const double largest = eigen.eigenvalues()(n - 1);
  const Eigen::VectorXd values = eigen.eigenvalues().cwiseMax(floor * largest);

  Laplace out;
  out.mode_.assign(mode.begin(), mode.end());
  for (Eigen::Index i = 0; i < n; ++i) {
    const double relative = eigen.eigenvalues()(i) / largest;
    if (relative >= floor) continue;
    Eigen::VectorXd direction = inverse_unit.cwiseProduct(eigen.eigenvectors().col(i));
    direction.normalize();
    out.weak_.push_back({{direction.begin(), direction.end()}, relative});
  }
  const Matrix root = inverse_unit.asDiagonal() * eigen.eigenvectors() * values.cwiseSqrt().cwiseInverse().asDiagonal();
  out.root_ = to_array(root);
  out.whitener_ = to_array(values.cwiseSqrt().asDiagonal() * eigen.eigenvectors().transpose() * unit.asDiagonal());
  out.covariance_ = to_array(root * root.transpose());
  out.log_norm_ = 0.5 * values.array().log().sum() + unit.array().log().sum() -
                  0.5 * static_cast<double>(d) * std::log(2.0 * std::numbers::pi);
  return out;
}

Array2 Laplace::sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const {
  const std::size_t d = dimension();
  Array2 out(count, d);
  std::vector<double> z(d);
  for (std::size_t r = 0; r < count; ++r) {
    Rng rng(seed, stream_id("laplace"), first + r);
    for (double& value : z) value = rng.normal();
    for (std::size_t i = 0; i < d; ++i) {
      double sum = mode_[i];
      for (std::size_t j = 0; j < d; ++j) sum += root_(i, j) * z[j];
      out(r, i) = sum;
    }
  }
  return out;
}

std::vector<double> Laplace::log_density(const Array2& u) const {
  const std::size_t d = dimension();
  HILLOCK_CHECK(u.cols == d, "a point has d coordinates");
  std::vector<double> out(u.rows);
  for (std::size_t r = 0; r < u.rows; ++r) {
    double square = 0.0;
    for (std::size_t i = 0; i < d; ++i) {
      double z = 0.0;
      for (std::size_t j = 0; j < d; ++j) z += whitener_(i, j) * (u(r, j) - mode_[j]);
      square += z * z;
    }
    out[r] = log_norm_ - 0.5 * square;
  }
  return out;
}

}  // namespace hillock::infer
