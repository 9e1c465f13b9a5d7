#include "sim/experiment.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "sim/row_plan.hpp"

namespace hillock::sim {

std::size_t Experiment::kept() const {
  return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), std::uint8_t{1}));
}

std::vector<double> jumps_of(const Stimulus& stimulus, const Experiment& e) {
  if (e.samples == 0) return {};
  return stimulus.jumps(e.start, e.time_of(e.samples), 0.5 * e.interval / e.substeps);
}

bool jumps_too_often(const Stimulus& stimulus, const Experiment& experiment) {
  return jumps_of(stimulus, experiment).size() > Stimulus::most_jumps;
}

namespace {

using Stage = Layout::Stage;

class ExperimentRows final : public ir::RowSource {
 public:
  ExperimentRows(const ir::Model& model, const Experiment& experiment, TimelineOptions options)
      : layout_(model),
        experiment_(experiment),
        plan_(model, experiment),
        options_(std::move(options)),
        random_(model.random()),
        regular_step_(experiment.interval / experiment.substeps),
        same_(layout_.columns(), 0.0),
        constant_(layout_.columns(), 0) {
    const auto always = [&](std::uint32_t column, double value) {
      same_[column] = value;
      constant_[column] = 1;
    };
    for (std::size_t i = 0; i < model.constants.size(); ++i) {
      const auto found = experiment.constants.find(model.symbol(model.constants[i].symbol).name);
      always(layout_.constant(i), found == experiment.constants.end() ? model.constants[i].value : found->second);
    }
    const double first_inside = experiment.start + 0.5 * experiment.interval / experiment.substeps;
    for (std::size_t i = 0; i < model.inputs.size(); ++i) {
      const std::string& name = model.symbol(model.inputs[i]).name;
      inputs_.push_back(experiment.inputs.at(name).get());
      const auto found = experiment.holding.find(name);
      always(layout_.input(i, Stage::holding),
             found == experiment.holding.end() ? inputs_.back()->at(experiment.start, first_inside) : found->second);
      if (const auto value = inputs_.back()->constant())
        for (const Stage stage : {Stage::start, Stage::middle, Stage::end, Stage::sample})
          always(layout_.input(i, stage), *value);
    }
    always(layout_.time(Stage::holding), experiment.start);
    if (plan_.all_regular()) always(Layout::step(), regular_step_);
    for (const ir::Observation& observation : model.observations) {
      const auto o = data_.size();
      const auto found = experiment.observed.find(observation.channel);
      data_.push_back(found == experiment.observed.end() ? nullptr : &found->second);
      if (data_.back() == nullptr) always(layout_.observed(o), 0.0);
      const auto weight = experiment.weights.find(observation.channel);
      always(layout_.weight(o), weight == experiment.weights.end() ? 1.0 : weight->second);
    }
  }

  [[nodiscard]] std::size_t rows() const { return plan_.rows(); }

  std::optional<double> constant(std::uint32_t column) const override {
    if (constant_[column] == 0) return {};
    return same_[column];
  }

  void fill(ir::Rows rows, std::span<double> values, std::span<std::uint8_t> observe) const override {
    if (options_.stop && !stopped_ && options_.stop()) stopped_ = true;
    if (stopped_) return;
    std::vector<double> row = same_;
    std::vector<double> ends;
    std::size_t sample = plan_.sample_of(rows.begin);
    std::size_t r = plan_.first_row(sample);
    std::size_t kept_before = sample;  // and one: the last kept sample before this one
    while (kept_before > 0 && experiment_.mask[kept_before - 1] == 0) --kept_before;
    for (; r < rows.end; ++sample) {
      const bool keep = experiment_.mask[sample] != 0;
      row[layout_.time(Stage::sample)] = experiment_.time_of(sample);
      row[layout_.sample()] = static_cast<double>(sample);
      for (std::size_t o = 0; o < data_.size(); ++o) {
        if (data_[o] != nullptr) row[layout_.observed(o)] = (*data_[o])[sample];
        row[layout_.gap(o)] = kept_before == 0 ? no_previous_sample
                                               : (static_cast<double>(sample) - static_cast<double>(kept_before - 1)) *
                                                     experiment_.interval;
      }
      if (keep) kept_before = sample + 1;
      const bool regular = plan_.regular(sample);
      double from = experiment_.time_of(sample);
      bool first = true;
      plan_.ends(sample, ends);
      for (const double until : ends) {
        if (r >= rows.begin && r < rows.end) {
          // Equal steps get equal bits, so that what depends on the step alone is computed once.
          step(r, from, until, regular ? regular_step_ : until - from, row);
          std::ranges::copy(row, values.begin() + static_cast<std::ptrdiff_t>((r - rows.begin) * row.size()));
          observe[r - rows.begin] = options_.observe_all || (keep && first) ? 1 : 0;
        }
        from = until;
        first = false;
        ++r;
      }
    }
  }

 private:
  /// What is of a step.
  void step(std::size_t number, double from, double to, double width, std::vector<double>& row) const {
    const double middle = 0.5 * (from + to);
    row[Layout::step()] = width;
    if (random_) {
      row[layout_.row_pair()] = static_cast<double>(number / 2);
      row[layout_.row_odd()] = static_cast<double>(number % 2);
    }
    row[layout_.time(Stage::start)] = from;
    row[layout_.time(Stage::middle)] = middle;
    row[layout_.time(Stage::end)] = to;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (constant_[layout_.input(i, Stage::start)] != 0) continue;
      row[layout_.input(i, Stage::start)] = inputs_[i]->at(from, middle);
      row[layout_.input(i, Stage::middle)] = inputs_[i]->at(middle, middle);
      row[layout_.input(i, Stage::end)] = inputs_[i]->at(to, middle);
      row[layout_.input(i, Stage::sample)] = row[layout_.input(i, Stage::start)];
    }
  }

  Layout layout_;
  const Experiment& experiment_;
  RowPlan plan_;
  TimelineOptions options_;
  mutable std::atomic<bool> stopped_{false};
  bool random_;
  double regular_step_;
  std::vector<const Stimulus*> inputs_;
  std::vector<const std::vector<double>*> data_;
  std::vector<double> same_;  ///< by column, the value of those that are the same in every row
  std::vector<std::uint8_t> constant_;
};

}  // namespace

ir::Timeline rows_of(const ir::Model& model, const Experiment& experiment, const TimelineOptions& options) {
  HILLOCK_CHECK(experiment.samples > 0 && experiment.interval > 0.0, "an experiment without samples");
  HILLOCK_CHECK(experiment.mask.size() == experiment.samples, "a mask of another length than the recording");
  auto source = std::make_shared<const ExperimentRows>(model, experiment, options);
  const std::size_t rows = source->rows();
  return {rows, Layout(model).columns(), {}, {}, std::move(source)};
}

ir::Timeline make_timeline(const ir::Model& model, const Experiment& experiment) {
  return rows_of(model, experiment).whole();
}

}  // namespace hillock::sim
