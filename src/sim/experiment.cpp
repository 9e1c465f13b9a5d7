#include "sim/experiment.hpp"

#include <algorithm>
#include <cmath>

#include "sim/row_plan.hpp"

namespace hillock::sim {

std::size_t Experiment::kept() const {
  return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), std::uint8_t{1}));
}

ir::Timeline make_timeline(const ir::Model& model, const Experiment& experiment) {
  using Stage = Layout::Stage;
  const Layout layout(model);
  HILLOCK_CHECK(experiment.samples > 0 && experiment.interval > 0.0, "an experiment without samples");
  HILLOCK_CHECK(experiment.mask.size() == experiment.samples, "a mask of another length than the recording");

  const RowPlan plan(model, experiment);
  std::vector<const Stimulus*> inputs;
  for (const ir::SymbolId id : model.inputs) inputs.push_back(experiment.inputs.at(model.symbol(id).name).get());

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
    const bool keep = experiment.mask[s] != 0;
    row[layout.time(Stage::sample)] = from;
    for (std::size_t o = 0; o < data.size(); ++o) {
      row[layout.observed(o)] = data[o] == nullptr ? 0.0 : (*data[o])[s];
      row[layout.gap(o)] =
          last_kept < 0.0 ? no_previous_sample : (static_cast<double>(s) - last_kept) * experiment.interval;
    }
    if (keep) last_kept = static_cast<double>(s);
    const bool regular = plan.regular(s);
    double at = from;
    bool first = true;
    for (const double until : plan.ends(s)) {
      // Equal steps get equal bits, so that what depends on the step alone is computed once.
      add_row(at, until, regular ? regular_step : until - at, keep && first);
      at = until;
      first = false;
    }
  }
  return timeline;
}

}  // namespace hillock::sim
