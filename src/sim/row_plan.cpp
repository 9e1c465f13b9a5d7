#include "sim/row_plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace hillock::sim {

RowPlan::RowPlan(const ir::Model& model, const Experiment& experiment)
    : start_(experiment.start),
      interval_(experiment.interval),
      substeps_(static_cast<std::size_t>(experiment.substeps)),
      samples_(experiment.samples) {
  for (const ir::SymbolId id : model.inputs) {
    const auto found = experiment.inputs.find(model.symbol(id).name);
    HILLOCK_CHECK(found != experiment.inputs.end(), "an input of the model has no stimulus");
    const std::vector<double> own = jumps_of(*found->second, experiment);
    jumps_.insert(jumps_.end(), own.begin(), own.end());
  }
  std::sort(jumps_.begin(), jumps_.end());

  std::size_t seen = 0;  // samples before this one have been looked at
  std::size_t rows = 0, counted = 0;
  std::vector<double> at;
  for (const double jump : jumps_) {
    const double place = std::floor((jump - start_) / interval_);
    if (!(place >= -1.0 && place <= static_cast<double>(samples_))) continue;
    // Rounding may put a jump next to the sample that it is inside of.
    const std::size_t first = place < 1.0 ? 0 : static_cast<std::size_t>(place) - 1;
    for (std::size_t s = std::max(first, seen); s < std::min(samples_, first + 3); seen = ++s) {
      ends(s, at);
      const double step = interval_ / static_cast<double>(substeps_);
      const bool even = at.size() == substeps_ && std::all_of(at.begin(), at.end() - 1, [&](double t) {
                          const double k = (t - time_of(s)) / step;
                          return std::fabs(k - std::round(k)) < 1e-9;
                        });
      if (at.size() == substeps_ && even) continue;
      rows += (s - counted) * substeps_;
      cuts_.push_back({s, at.size(), rows, even});
      rows += at.size();
      counted = s + 1;
    }
  }
}

std::vector<RowPlan::Cut>::const_iterator RowPlan::cut_from(std::size_t sample) const {
  return std::lower_bound(cuts_.begin(), cuts_.end(), sample,
                          [](const Cut& cut, std::size_t s) { return cut.sample < s; });
}

std::size_t RowPlan::first_row(std::size_t sample) const {
  const auto next = cut_from(sample);
  if (next == cuts_.begin()) return sample * substeps_;
  const Cut& last = *std::prev(next);
  return last.before + last.rows + (sample - last.sample - 1) * substeps_;
}

std::size_t RowPlan::sample_of(std::size_t row) const {
  const auto next =
      std::upper_bound(cuts_.begin(), cuts_.end(), row, [](std::size_t r, const Cut& cut) { return r < cut.before; });
  if (next == cuts_.begin()) return row / substeps_;
  const Cut& last = *std::prev(next);
  if (row < last.before + last.rows) return last.sample;
  return last.sample + 1 + (row - last.before - last.rows) / substeps_;
}

void RowPlan::ends(std::size_t sample, std::vector<double>& at) const {
  const double from = time_of(sample), to = time_of(sample + 1);
  const double width = to - from, sliver = 1e-6 * width;
  const auto parts = static_cast<double>(substeps_);
  at.clear();
  for (std::size_t k = 1; k < substeps_; ++k) at.push_back(from + width * static_cast<double>(k) / parts);
  for (auto it = std::upper_bound(jumps_.begin(), jumps_.end(), from + sliver); it != jumps_.end() && *it < to - sliver;
       ++it) {
    // A jump within a sliver of a substep's end takes its place.
    const auto near = std::find_if(at.begin(), at.end(), [&](double t) { return std::fabs(t - *it) < sliver; });
    if (near != at.end()) *near = *it;
    else at.push_back(*it);
  }
  std::sort(at.begin(), at.end());
  at.push_back(to);
}

bool RowPlan::regular(std::size_t sample) const {
  const auto cut = cut_from(sample);
  return cut == cuts_.end() || cut->sample != sample || cut->regular;
}

}  // namespace hillock::sim
