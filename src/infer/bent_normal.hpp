#pragma once
/// A normal distribution with bends: the shape of a posterior along a curved ridge.
///
/// u = T(z) with z standard normal. T is a chain of layers, each an affine map and then, where the layer has a bend, a
/// shear: y = m + L x, u = y + c ((v.y)^2 - 1), with v of unit length and c orthogonal to v. A shear moves each point
/// by an amount that depends on a coordinate which it leaves alone, so its Jacobian determinant is 1 and its inverse is
/// the same shear with -c. A quadratic in one direction is the first thing that a normal approximation lacks where two
/// parameters compensate each other over more than a standard deviation.
///
/// Sampled in z, such a posterior has no ridge left: a transport map (Parno & Marzouk 2018, SIAM/ASA J. Uncertain.
/// Quantif. 6:645) with d numbers a bend. The samples are exact, whatever the map: it is a change of variables.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/target.hpp"

namespace hillock::infer {

class BentNormal {
 public:
  BentNormal(const BentNormal&);
  BentNormal(BentNormal&&) noexcept;
  BentNormal& operator=(const BentNormal&);
  BentNormal& operator=(BentNormal&&) noexcept;
  ~BentNormal();

  /// Without bends. @param covariance d x d. Error code "covariance-not-positive".
  [[nodiscard]] static Result<BentNormal> make(std::span<const double> mean, const Array2& covariance);

  /// What weighted points say of their distribution, beginning from `known`: first their mean and covariance in its
  /// coordinates, then the strongest bend, their covariance without it, and so on while a bend stands out from chance.
  /// @param points     n x d, in u
  /// @param weights    n, not negative; any scale
  /// @param effective  how many independent draws the points are worth (Kish): covariances are shrunk towards
  ///                   `known`'s as if it had counted for d draws, bends towards none by their sampling error
  /// `known` itself where the points do not have a covariance.
  [[nodiscard]] static BentNormal fit(const BentNormal& known, const Array2& points, std::span<const double> weights,
                                      double effective);

  [[nodiscard]] std::size_t dimension() const;
  /// The lengths of the bends: how far u moves, in standard deviations, where z is sqrt(2) of them out.
  [[nodiscard]] std::vector<double> bends() const;

  /// z -> u, row by row.
  [[nodiscard]] Array2 bend(const Array2& straight) const;
  /// u -> z, row by row.
  [[nodiscard]] Array2 straighten(const Array2& points) const;
  /// Turns d f/d u at the points `bend(straight)` into d f/d z, in place.
  void pull_back(const Array2& straight, Array2& gradient) const;
  /// Draws first..first+count-1 with z widened by `width`, one per row. A row depends on the seed and its number alone.
  [[nodiscard]] Array2 sample(std::uint64_t seed, std::uint64_t first, std::size_t count, double width = 1.0) const;

  /// For a checkpoint; reads back to the same bits.
  [[nodiscard]] std::string bytes() const;
  /// Nothing where it is not what `bytes` gave.
  [[nodiscard]] static std::optional<BentNormal> from_bytes(std::string_view bytes);

 private:
  struct Layer;
  BentNormal();
  std::vector<Layer> layers_;  ///< the outermost, next to u, first
};

/// A density in the coordinates of a BentNormal: the log density of u = T(z), without log |du/dz|, which is the same
/// everywhere.
class Straightened final : public LogDensity {
 public:
  Straightened(LogDensity& target, const BentNormal& map) : target_(&target), map_(&map) {}
  [[nodiscard]] std::size_t dimension() const override { return target_->dimension(); }
  void evaluate(const Array2& points, std::span<double> value, Array2* gradient) override {
    target_->evaluate(map_->bend(points), value, gradient);
    if (gradient != nullptr) map_->pull_back(points, *gradient);
  }

 private:
  LogDensity* target_;
  const BentNormal* map_;
};

}  // namespace hillock::infer
