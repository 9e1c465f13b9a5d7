#pragma once
/// The normal distribution at a mode: mean = mode, precision = the observed or Fisher information there.
///
/// On the unconstrained scale. Directions without information would have infinite variance: eigenvalues of the
/// precision (in units of its diagonal) below `floor` times the largest are raised to that, and the direction is
/// reported. The caller's prior keeps this from happening in a proper posterior.

#include <cstdint>
#include <span>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"

namespace hillock::infer {

class Laplace {
 public:
  /// A direction of unit length about which the precision says nothing, and what its eigenvalue was, relative to the
  /// largest; may be slightly negative by rounding, or more where the point is no minimum.
  struct Weak {
    std::vector<double> direction;
    double relative_eigenvalue;
  };

  /// @param mode       d numbers
  /// @param precision  d x d, symmetric
  /// Error codes: "precision-not-finite"; "precision-empty" where a diagonal element is not positive, one for each.
  [[nodiscard]] static Result<Laplace> make(std::span<const double> mode, const Array2& precision,
                                            double floor = 1e-12);

  [[nodiscard]] std::size_t dimension() const { return mode_.size(); }
  [[nodiscard]] const std::vector<double>& mode() const { return mode_; }
  /// d x d. Symmetric positive definite, also where directions are weak: fit as a metric for `Nuts`.
  [[nodiscard]] const Array2& covariance() const { return covariance_; }
  [[nodiscard]] const std::vector<Weak>& weak() const { return weak_; }

  /// Draws first..first+count-1, one per row. A row depends on the seed and its number alone.
  [[nodiscard]] Array2 sample(std::uint64_t seed, std::uint64_t first, std::size_t count) const;
  /// Normalised log density at each row of u.
  [[nodiscard]] std::vector<double> log_density(const Array2& u) const;

 private:
  Laplace() = default;
  std::vector<double> mode_;
  Array2 covariance_;
  Array2 root_;      ///< u = mode + root z, z standard normal
  Array2 whitener_;  ///< z = whitener (u - mode)
  double log_norm_ = 0.0;
  std::vector<Weak> weak_;
};

}  // namespace hillock::infer
