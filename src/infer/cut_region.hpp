#pragma once
/// Where an estimated posterior can be: the points at which the density of each of several estimators, given the data,
/// is above a threshold. Of `tsnpe` that is where its simulations came from, and where its posterior is more than
/// extrapolated.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/conditional_estimator.hpp"

namespace hillock::nn {
struct SavedNetwork;
}

namespace hillock::infer {

struct RegionCut {
  std::shared_ptr<const ConditionalEstimator> estimator;  ///< of parameters given statistics
  std::vector<double> inputs;                             ///< the data, as it takes them
  double threshold = 0.0;                                 ///< of its log density
};

class CutRegion {
 public:
  /// A cut within those before.
  void add(RegionCut cut) { cuts_.push_back(std::move(cut)); }
  [[nodiscard]] std::size_t size() const { return cuts_.size(); }
  /// Takes marks off rows of z that lie outside; those without one are not looked at.
  void keep_inside(const Array2& z, std::span<std::uint8_t> marks) const;

  void save(nn::SavedNetwork& network) const;
  /// Without cuts where there are none. Errors: those of ConditionalEstimator::load; "network-damaged".
  [[nodiscard]] static Result<CutRegion> load(const nn::SavedNetwork& network, std::size_t dimension,
                                              const std::string& where);

 private:
  std::vector<RegionCut> cuts_;
};

/// log q(z_k | inputs), one observation for all.
void density_given(const ConditionalEstimator& estimator, std::span<const double> inputs, const Array2& z,
                   std::span<double> value);

}  // namespace hillock::infer
