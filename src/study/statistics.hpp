#pragma once
/// What methods that only simulate compare: the statistics of `observe.statistics`, of a model's simulations and of the
/// data alike.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ir/model.hpp"
#include "study/experiments.hpp"
#include "study/feature_text.hpp"
#include "study/resolved.hpp"

namespace hillock::study {

struct Statistic {
  std::string name;
  units::Unit unit;  ///< for display, and of the numbers in a file of statistics
  features::Request request;
  std::optional<std::size_t> sample;  ///< of a single value: which sample of the experiment
  std::string trace = {};             ///< of a sample of a trace: which quantity's; else empty
};

/// As the study lists them; where it lists none, the values of all observed channels at all kept samples, channel by
/// channel, called I[0], I[1], ... by the number of the sample. Error codes: those of study/feature_text.hpp,
/// those of study/trace_statistics.hpp, "sample-masked" (a value at a sample that the mask leaves out), "no-statistics"
/// (none listed, nothing observed), "too-many-statistics". All at once.
[[nodiscard]] Result<std::vector<Statistic>> statistics_of(const ResolvedStudy& study, const ir::Model& model,
                                                           const sim::Experiment& experiment);

/// The statistics of the data, in SI; where a file has rows of them, trial by trial.
struct ObservedStatistics {
  std::vector<double> values;    ///< NaN where there is none
  std::vector<std::string> why;  ///< the reason then ("too-few-spikes"); else empty
};
/// Of a recording: measured as those of simulations are, spikes being crossings. Of a file of statistics: its numbers,
/// a NaN being one that was undefined ("not-finite"). Error codes: "not-recorded" (a quantity that is no observed
/// channel), "statistics-count" (another number of columns), "column-unknown" (with the nearest). All at once.
[[nodiscard]] Result<ObservedStatistics> observed_statistics(const DataSplit& split, const LoadedSplit& loaded,
                                                             const std::vector<Statistic>& statistics);

}  // namespace hillock::study
