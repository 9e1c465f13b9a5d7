#pragma once
/// When the features of a simulation cannot change any more: known before any runs, as far as windows say it.

#include <vector>

#include "features/readings.hpp"
#include "sim/experiment.hpp"
#include "sim/lane_pool.hpp"
#include "sim/row_plan.hpp"

namespace hillock::sim {

/// What may settle a feature before the end of a run.
struct FeatureFate {
  features::Window window;
  std::vector<std::uint32_t> fatal;  ///< carried: where one is NaN, the quantity is NaN from then on
};

class FeatureStops {
 public:
  FeatureStops() = default;
  /// @param stops  rows at which this is asked
  FeatureStops(std::vector<FeatureFate> fates, const Experiment& experiment, const RowPlan& plan,
               std::span<const std::size_t> stops);

  /// At a stop, of a simulation that has so many samples: is every feature past its window, decided, or lost?
  bool all_settled(std::size_t stop, std::size_t samples, LaneView state, features::Readings::Decisions& decisions,
                   std::vector<std::uint8_t>& decided) const;
  /// Is the window of this feature over?
  [[nodiscard]] bool over(std::size_t stop, std::size_t feature) const { return at(stop, feature).over; }

 private:
  struct Place {
    bool over = false;
    std::size_t next = SIZE_MAX;  ///< the next sample inside the window; none: there is none
  };
  [[nodiscard]] const Place& at(std::size_t stop, std::size_t feature) const {
    return places_[stop * fates_.size() + feature];
  }
  std::vector<FeatureFate> fates_;
  std::vector<Place> places_;  ///< [stop][feature]
};

}  // namespace hillock::sim
