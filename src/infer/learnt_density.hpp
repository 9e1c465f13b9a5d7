#pragma once
/// The posterior density that `npe` and `tsnpe` learn, as it is drawn from and evaluated: an estimator, what it is
/// given for data, and the region that it is cut to.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/array.hpp"
#include "base/error.hpp"
#include "infer/cut_region.hpp"
#include "infer/statistic_scale.hpp"

namespace hillock::infer {

struct LearntDensity {
  std::shared_ptr<const ConditionalEstimator> estimator;  ///< of z given scaled statistics
  StatisticScale scale;
  /// Of a posterior for one observation: what the estimator is given instead of it, where the model cannot quite do it
  /// (nearest_attainable.hpp). Empty: the data.
  std::vector<double> attainable;
  std::shared_ptr<const CutRegion> region;  ///< null: anywhere
  double inside_share = 1.0;                ///< of the estimator's density, in `region`

  /// As the estimator takes statistics x (a complete row).
  [[nodiscard]] std::vector<double> inputs(std::span<const double> x) const;
  /// Draws number `first` ... of z given x. Cut to a region, draws of one call belong together: those of another
  /// `first` are others. Error code "draws-outside": nearly none lies in the region.
  [[nodiscard]] Result<Array2> draw(std::span<const double> x, std::size_t count, std::uint64_t seed,
                                    std::uint64_t first = 0) const;
  /// log density of the rows of z; -inf outside the region.
  void log_density(const Array2& z, std::span<const double> x, std::span<double> value) const;
};

}  // namespace hillock::infer
