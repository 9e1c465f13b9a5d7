#include "sim/feature_stops.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::sim {

FeatureStops::FeatureStops(std::vector<FeatureFate> fates, const Experiment& experiment, const RowPlan& plan,
                           std::span<const std::size_t> stops)
    : fates_(std::move(fates)) {
  for (const std::size_t stop : stops) {
    const std::size_t last = plan.sample_of(stop - 1);  // the last sample that was there to be seen
    std::size_t seen = last + 1;                        // and that was, plus 1
    while (seen > 0 && experiment.mask[seen - 1] == 0) --seen;
    for (const FeatureFate& fate : fates_) {
      const features::Window& w = fate.window;
      Place place;
      // A spike of the window's last step is seen at the sample after it.
      place.over = seen > 0 && experiment.time_of(seen - 1) >= w.until;
      const double from = std::floor((w.from - experiment.start) / experiment.interval) - 1.0;
      std::size_t s = last + 1;
      if (from > static_cast<double>(s))
        s = from < static_cast<double>(experiment.samples) ? static_cast<std::size_t>(from) : experiment.samples;
      for (; s < experiment.samples && experiment.time_of(s) < w.until && place.next == SIZE_MAX; ++s)
        if (experiment.mask[s] != 0 && experiment.time_of(s) >= w.from) place.next = s;
      places_.push_back(place);
    }
  }
}

bool FeatureStops::all_settled(std::size_t stop, std::size_t samples, LaneView state,
                               features::Readings::Decisions& decisions, std::vector<std::uint8_t>& decided) const {
  const auto lost = [&](std::size_t f) {
    return at(stop, f).next < samples &&
           std::ranges::any_of(fates_[f].fatal, [&](std::uint32_t c) { return std::isnan(state[c]); });
  };
  bool asked = false;
  for (std::size_t f = 0; f < fates_.size(); ++f) {
    if (over(stop, f) || lost(f)) continue;
    if (!decisions.may(f)) return false;
    if (!asked) {
      decided.assign(fates_.size(), 0);
      decisions.run(state.first, state.stride, decided);
      asked = true;
    }
    if (decided[f] == 0) return false;
  }
  return true;
}

}  // namespace hillock::sim
