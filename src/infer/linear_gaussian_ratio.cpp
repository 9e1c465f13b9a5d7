#include "infer/linear_gaussian_ratio.hpp"

#include <Eigen/Dense>
#include <algorithm>

#include "base/error.hpp"

namespace hillock::infer {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Rows = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>;

Eigen::Map<const Vector> column(std::span<const double> v) { return {v.data(), static_cast<Eigen::Index>(v.size())}; }

Rows rows_of(const Array2& a) {
  return {a.values.data(), static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(a.cols)};
}

Array2 array_of(const Matrix& m) {
  Array2 out(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()));
  Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(out.values.data(), m.rows(), m.cols()) = m;
  return out;
}

/// The diagonal alone where rounding has left the matrix not positive.
Matrix cholesky(const Matrix& m) {
  const Eigen::LLT<Matrix> llt(m);
  if (llt.info() == Eigen::Success) return llt.matrixL();
  return m.diagonal().array().sqrt().matrix().asDiagonal();
}

}  // namespace

LinearGaussianRatio LinearGaussianRatio::fit(const Array2& z, const Array2& x) {
  HILLOCK_CHECK(z.rows == x.rows && z.rows > 0 && x.cols > 0, "pairs of unequal number, or none");
  const auto n = static_cast<double>(z.rows);
  const Vector mz = rows_of(z).colwise().mean(), mx = rows_of(x).colwise().mean();
  const Matrix zc = rows_of(z).rowwise() - mz.transpose(), xc = rows_of(x).rowwise() - mx.transpose();
  const Matrix c = zc.transpose() * zc / n;
  Matrix normal = c;
  // As if one pair more had been seen, whose x does not depend on z.
  for (Eigen::Index i = 0; i < normal.rows(); ++i) normal(i, i) += c(i, i) / n + 1e-12;
  const Matrix b = normal.ldlt().solve(zc.transpose() * xc / n).transpose();
  const Vector a = mx - b * mz;
  const Matrix rest = xc - zc * b.transpose();
  Matrix s = rest.transpose() * rest / std::max(1.0, n - static_cast<double>(z.cols) - 1.0);
  for (Eigen::Index i = 0; i < s.rows(); ++i) s(i, i) += 1e-6 * xc.col(i).squaredNorm() / n + 1e-12;
  const Matrix l = cholesky(s), marginal = cholesky(s + b * c * b.transpose());
  LinearGaussianRatio out;
  out.a_.assign(a.begin(), a.end());
  out.centre_.assign(mx.begin(), mx.end());
  out.l_ = array_of(l);
  out.marginal_ = array_of(marginal);
  out.g_ = array_of(l.triangularView<Eigen::Lower>().solve(b));
  out.constant_ = (marginal.diagonal().array().log() - l.diagonal().array().log()).sum();
  return out;
}

void LinearGaussianRatio::whiten_statistics(std::span<const double> x, std::span<double> u) const {
  Eigen::Map<Vector> to(u.data(), static_cast<Eigen::Index>(a_.size()));
  to = column(x) - column(a_);
  rows_of(l_).triangularView<Eigen::Lower>().solveInPlace(to);
}

void LinearGaussianRatio::whiten_parameters(std::span<const double> z, std::span<double> g) const {
  Eigen::Map<Vector>(g.data(), static_cast<Eigen::Index>(a_.size())).noalias() = rows_of(g_) * column(z);
}

double LinearGaussianRatio::marginal(std::span<const double> x) const {
  const Vector w = rows_of(marginal_).triangularView<Eigen::Lower>().solve(column(x) - column(centre_));
  return 0.5 * w.squaredNorm() + constant_;
}

std::vector<double> LinearGaussianRatio::numbers() const {
  std::vector<double> out = a_;
  for (const std::vector<double>* part : {&centre_, &l_.values, &marginal_.values, &g_.values})
    out.insert(out.end(), part->begin(), part->end());
  out.push_back(constant_);
  return out;
}

std::optional<LinearGaussianRatio> LinearGaussianRatio::from(std::span<const double> numbers, std::size_t parameters,
                                                             std::size_t statistics) {
  const std::size_t c = statistics;
  if (c == 0 || numbers.size() != 2 * c + 2 * c * c + c * parameters + 1) return std::nullopt;
  LinearGaussianRatio out;
  std::size_t at = 0;
  const auto take = [&](std::size_t count) {
    const auto part = numbers.subspan(at, count);
    at += count;
    return std::vector<double>(part.begin(), part.end());
  };
  out.a_ = take(c);
  out.centre_ = take(c);
  out.l_ = Array2(c, c), out.marginal_ = Array2(c, c), out.g_ = Array2(c, parameters);
  out.l_.values = take(c * c);
  out.marginal_.values = take(c * c);
  out.g_.values = take(c * parameters);
  out.constant_ = numbers[at];
  for (std::size_t i = 0; i < c; ++i)
    if (!(out.l_(i, i) > 0.0) || !(out.marginal_(i, i) > 0.0)) return std::nullopt;
  return out;
}

}  // namespace hillock::infer
