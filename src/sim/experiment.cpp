#include "sim/experiment.hpp"

#include <algorithm>
#include <cmath>

namespace hillock::sim {

std::size_t Experiment::kept() const {
  return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), std::uint8_t{1}));
}

namespace {

/// The times inside (from, to) at which a step must end: substeps and jumps, without slivers.
std::vector<double> cuts(double from, double to, int substeps, const std::vector<double>& jumps) {
  const double width = to - from;
  std::vector<double> at;
  for (int k = 1; k < substeps; ++k) at.push_back(from + width * k / substeps);
  const double sliver = 1e-6 * width;
  for (auto it = std::upper_bound(jumps.begin(), jumps.end(), from + sliver); it != jumps.end() && *it < to - sliver;
       ++it) {
    // A jump within a sliver of a substep's end takes its place.
    const auto near = std::find_if(at.begin(), at.end(), [&](double t) { return std::fabs(t - *it) < sliver; });
    if (near != at.end()) *near = *it;
    else at.push_back(*it);
  }
  std::sort(at.begin(), at.end());
  return at;
}

}  // namespace

ir::Timeline make_timeline(const ir::Model& model, const Experiment& experiment) {
  using Stage = Layout::Stage;
  const Layout layout(model);
  HILLOCK_CHECK(experiment.samples > 0 && experiment.interval > 0.0, "an experiment without samples");
  HILLOCK_CHECK(experiment.mask.size() == experiment.samples, "a mask of another length than the recording");

  std::vector<const Stimulus*> inputs;
  std::vector<double> jumps;
  for (const ir::SymbolId id : model.inputs) {
    const auto found = experiment.inputs.find(model.symbol(id).name);
    HILLOCK_CHECK(found != experiment.inputs.end(), "an input of the model has no stimulus");
    inputs.push_back(found->second.get());
    const std::vector<double> own = inputs.back()->jumps();
    jumps.insert(jumps.end(), own.begin(), own.end());
  }
  std::sort(jumps.begin(), jumps.end());

  ir::Timeline timeline;
  timeline.columns = layout.columns();
  std::vector<double> row(timeline.columns, 0.0);
  for (std::size_t i = 0; i < model.constants.size(); ++i) {
    const auto found = experiment.constants.find(model.symbol(model.constants[i].symbol).name);
    row[layout.constant(i)] = found == experiment.constants.end() ? model.constants[i].value : found->second;
  }
  const double first_inside = experiment.start + 0.5 * experiment.interval / experiment.substeps;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto found = experiment.holding.find(model.symbol(model.inputs[i]).name);
    row[layout.input(i, Stage::holding)] =
        found == experiment.holding.end() ? inputs[i]->at(experiment.start, first_inside) : found->second;
  }
  row[layout.time(Stage::holding)] = experiment.start;

  std::vector<const std::vector<double>*> data;
  for (const ir::Observation& observation : model.observations) {
    const auto found = experiment.observed.find(observation.channel);
    data.push_back(found == experiment.observed.end() ? nullptr : &found->second);
    const auto weight = experiment.weights.find(observation.channel);
    row[layout.weight(data.size() - 1)] = weight == experiment.weights.end() ? 1.0 : weight->second;
  }

  double last_kept = -1.0;
  const double regular_step = experiment.interval / experiment.substeps;
  const auto add_row = [&](double from, double to, double step, bool observe) {
    const double middle = 0.5 * (from + to);
    row[Layout::step()] = step;
    if (model.random()) {
      row[layout.row_pair()] = static_cast<double>(timeline.rows / 2);
      row[layout.row_odd()] = static_cast<double>(timeline.rows % 2);
    }
    row[layout.time(Stage::start)] = from;
    row[layout.time(Stage::middle)] = middle;
    row[layout.time(Stage::end)] = to;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      row[layout.input(i, Stage::start)] = inputs[i]->at(from, middle);
      row[layout.input(i, Stage::middle)] = inputs[i]->at(middle, middle);
      row[layout.input(i, Stage::end)] = inputs[i]->at(to, middle);
      row[layout.input(i, Stage::sample)] = row[layout.input(i, Stage::start)];
    }
    timeline.values.insert(timeline.values.end(), row.begin(), row.end());
    timeline.observe.push_back(observe ? 1 : 0);
    ++timeline.rows;
  };
  timeline.values.reserve(experiment.samples * static_cast<std::size_t>(experiment.substeps) * timeline.columns);
  for (std::size_t s = 0; s < experiment.samples; ++s) {
    const double from = experiment.time_of(s);
    const double to = experiment.time_of(s + 1);
    const bool keep = experiment.mask[s] != 0;
    row[layout.time(Stage::sample)] = from;
    for (std::size_t o = 0; o < data.size(); ++o) {
      row[layout.observed(o)] = data[o] == nullptr ? 0.0 : (*data[o])[s];
      row[layout.gap(o)] =
          last_kept < 0.0 ? no_previous_sample : (static_cast<double>(s) - last_kept) * experiment.interval;
    }
    if (keep) last_kept = static_cast<double>(s);
    const std::vector<double> inner = cuts(from, to, experiment.substeps, jumps);
    const bool regular = static_cast<int>(inner.size()) == experiment.substeps - 1 &&
                         std::all_of(inner.begin(), inner.end(), [&](double t) {
                           const double k = (t - from) / regular_step;
                           return std::fabs(k - std::round(k)) < 1e-9;
                         });
    double at = from;
    for (std::size_t k = 0; k <= inner.size(); ++k) {
      const double until = k < inner.size() ? inner[k] : to;
      // Equal steps get equal bits, so that what depends on the step alone is computed once.
      add_row(at, until, regular ? regular_step : until - at, keep && k == 0);
      at = until;
    }
  }
  return timeline;
}

}  // namespace hillock::sim
