#pragma once
/// The likelihood-to-evidence ratio log p(x|z)/p(x) where x is linear in z with normal noise: a start that a network
/// improves on.
///
/// x = a + B z + noise of covariance S by linear regression over pairs, z of mean m and covariance C:
/// log ratio = log N(x; a + B z, S) - log N(x; a + B m, S + B C B^T). With S = L L^T, u = L^-1 (x - a) and g = L^-1 B z
/// it is marginal(x) - |u - g|^2 / 2: contrasts of many x with many z take a difference each.

#include <optional>
#include <span>
#include <vector>

#include "base/array.hpp"

namespace hillock::infer {

class LinearGaussianRatio {
 public:
  /// Rows of finite numbers, one at least, columns of x too. Duplicated and constant columns do no harm: each column
  /// of x has noise of a millionth of its variance at least.
  static LinearGaussianRatio fit(const Array2& z, const Array2& x);

  [[nodiscard]] std::size_t statistics() const { return a_.size(); }
  /// u, of as many numbers as x.
  void whiten_statistics(std::span<const double> x, std::span<double> u) const;
  /// g, of as many numbers as x.
  void whiten_parameters(std::span<const double> z, std::span<double> g) const;
  [[nodiscard]] double marginal(std::span<const double> x) const;
  /// dg/dz: rows are those of g.
  [[nodiscard]] const Array2& slope() const { return g_; }
  /// All of it as numbers, and back; nothing where they are none of a start with so many parameters and statistics.
  [[nodiscard]] std::vector<double> numbers() const;
  [[nodiscard]] static std::optional<LinearGaussianRatio> from(std::span<const double> numbers, std::size_t parameters,
                                                               std::size_t statistics);

 private:
  std::vector<double> a_, centre_;  // centre: of the marginal of x
  Array2 l_, marginal_, g_;         // Cholesky factors of S and of the marginal covariance; g = L^-1 B
  double constant_ = 0.0;           // log det of the factors: marginal over S
};

}  // namespace hillock::infer
