#pragma once
/// Features as a person writes them: "mean(v, from=10 ms, until=110 ms)".

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "features/readings.hpp"
#include "ir/model.hpp"
#include "sim/experiment.hpp"

namespace hillock::study {

struct FeatureColumn {
  features::Request request;
  units::Unit unit;  ///< of the value, for display
};

/// When samples are taken: at start + i*interval, seconds.
struct Sampling {
  double start = 0.0;
  double interval = 0.0;
  std::size_t samples = 0;
  std::optional<double> on = {},
                        off = {};  ///< when the stimulus begins and ends: the first and the last jump of inputs
};
/// Of a simulation. There is an end only where inputs jump twice or more.
[[nodiscard]] Sampling sampling_of(const sim::Experiment& experiment);

/// `from` and `until` are times, or count from the stimulus: `from=on + 10 ms`, `until=off`. Mostly one column. An
/// argument may be a sweep, `lag=1:64:64`, and a feature that takes `low` and `high` may be given `bins=24`: a column
/// each. Error codes: "feature-syntax", "sweep-syntax", "feature-unknown" and "name-unknown" (with the nearest),
/// "argument-unknown", "argument-missing", "no-stimulus", "off-grid" (a `value` at no sample), "value-range",
/// "unit-mismatch", those of units/unit.hpp. All at once.
[[nodiscard]] Result<std::vector<FeatureColumn>> parse_feature(std::string_view text, const ir::Model& model,
                                                               const Sampling& sampling);

}  // namespace hillock::study
