#include "infer/regression_start.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hillock::infer {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr std::size_t most_left_out = 5000;  // rows that two surfaces are compared by
constexpr double ridge = 1e-5;               // duplicated or constant columns of c must not make it wild

void put_features(const RegressionStart::Row& c, bool quadratic, Eigen::Ref<Vector> f) {
  f.head(c.size()) = c;
  if (!quadratic) return;
  Eigen::Index at = c.size();
  for (Eigen::Index i = 0; i < c.size(); ++i)
    for (Eigen::Index j = i; j < c.size(); ++j) f[at++] = c[i] * c[j];
}

/// Centred features of some rows, and what they were centred by.
struct Design {
  Matrix x;
  Vector centre;
};

Design design(const Array2& c, std::size_t rows, bool quadratic) {
  const auto n = static_cast<Eigen::Index>(rows);
  Design d;
  d.x.resize(static_cast<Eigen::Index>(RegressionStart::features(c.cols, quadratic)), n);
  for (std::size_t k = 0; k < rows; ++k) {
    const Eigen::Map<const Vector> row(c.row(k * c.rows / rows).data(), static_cast<Eigen::Index>(c.cols));
    put_features(row, quadratic, d.x.col(static_cast<Eigen::Index>(k)));
  }
  d.centre = d.x.rows() > 0 ? Vector(d.x.rowwise().mean()) : Vector(0);
  d.x.colwise() -= d.centre;
  return d;
}

Matrix response(const Array2& y, std::size_t rows) {
  Matrix out(static_cast<Eigen::Index>(y.cols), static_cast<Eigen::Index>(rows));
  for (std::size_t k = 0; k < rows; ++k)
    out.col(static_cast<Eigen::Index>(k)) =
        Eigen::Map<const Vector>(y.row(k * y.rows / rows).data(), static_cast<Eigen::Index>(y.cols));
  return out;
}

Matrix normal_matrix(const Design& d) {
  Matrix normal = d.x * d.x.transpose();
  normal.diagonal().array() += ridge * static_cast<double>(d.x.cols()) + 1e-9;
  return normal;
}

/// log det of the covariance of leave-one-out residuals; infinite where a row determines itself.
double left_out_spread(const Design& d, const Matrix& centred) {
  const Eigen::LLT<Matrix> normal(normal_matrix(d));
  if (normal.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
  const Matrix solved = normal.solve(d.x);
  Matrix rest = centred - (centred * solved.transpose()) * d.x;
  const auto n = static_cast<double>(d.x.cols());
  for (Eigen::Index k = 0; k < d.x.cols(); ++k) {
    const double own = 1.0 - 1.0 / n - solved.col(k).dot(d.x.col(k));
    if (!(own > 1e-6)) return std::numeric_limits<double>::infinity();
    rest.col(k) /= own;
  }
  const Eigen::LLT<Matrix> spread(rest * rest.transpose() / n);
  if (spread.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
  return 2.0 * Matrix(spread.matrixL()).diagonal().array().log().sum();
}

bool bends(const Array2& y, const Array2& c) {
  const std::size_t rows = std::min(y.rows, most_left_out);
  Matrix centred = response(y, rows);
  centred.colwise() -= Vector(centred.rowwise().mean());
  return left_out_spread(design(c, rows, true), centred) < left_out_spread(design(c, rows, false), centred);
}

}  // namespace

Vector RegressionStart::mean(const Row& c) const {
  Vector f(a.cols());
  put_features(c, quadratic, f);
  return b + a * f;
}

Vector RegressionStart::slope(const Row& c, const Row& by_mean) const {
  const Vector by_feature = a.transpose() * by_mean;
  Vector out = by_feature.head(c.size());
  if (!quadratic) return out;
  Eigen::Index at = c.size();
  for (Eigen::Index i = 0; i < c.size(); ++i)
    for (Eigen::Index j = i; j < c.size(); ++j, ++at) {
      out[i] += by_feature[at] * c[j];
      out[j] += by_feature[at] * c[i];
    }
  return out;
}

RegressionStart RegressionStart::none(std::size_t y, std::size_t c) {
  const auto ny = static_cast<Eigen::Index>(y);
  RegressionStart s;
  s.a = Matrix::Zero(ny, static_cast<Eigen::Index>(c));
  s.l = s.inverse = Matrix::Identity(ny, ny);
  s.b = Vector::Zero(ny);
  return s;
}

RegressionStart RegressionStart::of(const Array2& y, const Array2& c, bool may_bend) {
  const auto ny = static_cast<Eigen::Index>(y.cols);
  RegressionStart s;
  s.quadratic = may_bend && c.cols > 0 && c.cols <= most_bent && bends(y, c);
  const Design d = design(c, c.rows, s.quadratic);
  Matrix centred = response(y, y.rows);
  const Vector centre = centred.rowwise().mean();
  centred.colwise() -= centre;
  const auto n = static_cast<double>(y.rows);
  s.a = d.x.rows() > 0 ? Matrix(normal_matrix(d).ldlt().solve(d.x * centred.transpose()).transpose()) : Matrix(ny, 0);
  s.b = centre - s.a * d.centre;
  const Matrix rest = centred - s.a * d.x;
  const double freedom = std::max(1.0, n - static_cast<double>(d.x.rows()) - 1.0);
  Matrix covariance = rest * rest.transpose() / freedom;
  const Vector spread = (centred.array().square().rowwise().sum() / n).sqrt();
  for (Eigen::Index i = 0; i < ny; ++i) {
    const double own = spread[i] > 0.0 ? spread[i] : 1.0;
    covariance(i, i) += 1e-10 * own * own + 1e-300;
  }
  const Eigen::LLT<Matrix> llt(covariance);
  if (llt.info() == Eigen::Success) s.l = llt.matrixL();
  else s.l = Matrix(covariance.diagonal().array().sqrt().matrix().asDiagonal());
  s.inverse = s.l.triangularView<Eigen::Lower>().solve(Matrix::Identity(ny, ny));
  s.log_determinant = s.l.diagonal().array().log().sum();
  return s;
}

}  // namespace hillock::infer
