#pragma once
/// One recording as a model sees it: when it was sampled, what was commanded, what was measured, what counts.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/mask.hpp"
#include "ir/model.hpp"
#include "ir/program.hpp"
#include "sim/stimulus.hpp"

namespace hillock::sim {

/// Everything in SI.
struct Experiment {
  std::string name;
  double start = 0.0;     ///< time of sample 0
  double interval = 0.0;  ///< between samples
  std::size_t samples = 0;
  data::Mask mask;                                      ///< by sample
  std::map<std::string, std::vector<double>> observed;  ///< by channel, by sample; empty to simulate only
  std::map<std::string, std::shared_ptr<const Stimulus>> inputs;
  std::map<std::string, double> holding;    ///< an input's value before the first sample
  std::map<std::string, double> constants;  ///< overrides of the model's constants
  std::map<std::string, double> weights;    ///< by channel: what residuals are multiplied by in sums of
                                            ///< squares (1 where absent), to add up several units
  int substeps = 1;                         ///< integration steps per sampling interval
  [[nodiscard]] std::size_t kept() const;
  [[nodiscard]] double time_of(std::size_t sample) const { return start + static_cast<double>(sample) * interval; }
};

/// Where the columns of a timeline are. One layout per model.
struct Layout {
  enum class Stage : std::uint8_t { start, middle, end, sample, holding };
  explicit Layout(const ir::Model& model) : model_(&model) {}
  [[nodiscard]] static std::uint32_t step() { return 0; }
  [[nodiscard]] std::uint32_t time(Stage stage) const { return 1 + static_cast<std::uint32_t>(stage); }
  [[nodiscard]] std::uint32_t input(std::size_t i, Stage stage) const {
    return 6 + 5 * static_cast<std::uint32_t>(i) + static_cast<std::uint32_t>(stage);
  }
  [[nodiscard]] std::uint32_t constant(std::size_t i) const {
    return 6 + 5 * static_cast<std::uint32_t>(model_->inputs.size()) + static_cast<std::uint32_t>(i);
  }
  [[nodiscard]] std::uint32_t observed(std::size_t o) const {
    return constant(model_->constants.size()) + 3 * static_cast<std::uint32_t>(o);
  }
  /// Time since the last kept sample; very large at the first.
  [[nodiscard]] std::uint32_t gap(std::size_t o) const { return observed(o) + 1; }
  [[nodiscard]] std::uint32_t weight(std::size_t o) const { return observed(o) + 2; }
  /// Half the number of the row, rounded down, and whether it is odd: a block of random numbers serves two rows.
  [[nodiscard]] std::uint32_t row_pair() const { return observed(model_->observations.size()); }
  [[nodiscard]] std::uint32_t row_odd() const { return row_pair() + 1; }
  /// The number of the sample that the row belongs to, from 0.
  [[nodiscard]] std::uint32_t sample() const { return row_pair() + (model_->random() ? 2U : 0U); }
  [[nodiscard]] std::uint32_t columns() const { return sample() + 1; }

 private:
  const ir::Model* model_;
};

/// "Very large": exp(-gap/tau) is 0 for every tau, and 0 times gap^2/tau^4, of second derivatives, is still 0.
inline constexpr double no_previous_sample = 1e100;

/// Where an input may jump in an experiment.
[[nodiscard]] std::vector<double> jumps_of(const Stimulus& stimulus, const Experiment& experiment);
/// More often than anybody cuts steps for: such an experiment cannot be made a timeline of.
[[nodiscard]] bool jumps_too_often(const Stimulus& stimulus, const Experiment& experiment);

struct TimelineOptions {
  bool observe_all = false;    ///< every row, not only those of kept samples
  std::function<bool()> stop;  ///< asked for every block of rows; once true, rows are anything, at once
};

/// The rows: one per integration step, cut at the jumps of the inputs; row starts that are kept samples are observed.
/// They are made block by block; `model` and `experiment` must live as long as the timeline.
[[nodiscard]] ir::Timeline rows_of(const ir::Model& model, const Experiment& experiment,
                                   const TimelineOptions& options = {});
/// The same, all in memory.
[[nodiscard]] ir::Timeline make_timeline(const ir::Model& model, const Experiment& experiment);

}  // namespace hillock::sim
