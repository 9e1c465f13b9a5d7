#pragma once
/// What a conditional density begins with: a regression of y on c, and the residuals' covariance.
///
/// y = b + A f(c) + L w, where f(c) is c, or c and all products of two of its entries (a response surface of second
/// order: Box & Wilson 1951). A network learns the density of w; as long as that is standard normal, the answer is that
/// of the regression.

#include <Eigen/Dense>

#include "base/array.hpp"

namespace hillock::infer {

struct RegressionStart {
  Eigen::MatrixXd a, l, inverse;  ///< `inverse` of l, which is lower triangular
  Eigen::VectorXd b;
  bool quadratic = false;
  double log_determinant = 0.0;  ///< of l

  using Row = Eigen::Ref<const Eigen::VectorXd>;
  [[nodiscard]] Eigen::VectorXd mean(const Row& c) const;
  /// The slope by c of what has slope `by_mean` by the mean.
  [[nodiscard]] Eigen::VectorXd slope(const Row& c, const Row& by_mean) const;

  /// y itself.
  static RegressionStart none(std::size_t y, std::size_t c);
  /// Least squares, rows of finite numbers, c near unit variance. With `may_bend` the surface is of second order where
  /// that predicts left-out rows better (the determinant of the covariance of leave-one-out residuals, PRESS: Allen
  /// 1974): only of up to most_bent entries of c.
  static RegressionStart of(const Array2& y, const Array2& c, bool may_bend);
  static constexpr std::size_t most_bent = 12;
  /// The number of entries of f(c).
  static std::size_t features(std::size_t c, bool quadratic) { return quadratic ? c + c * (c + 1) / 2 : c; }
};

}  // namespace hillock::infer
