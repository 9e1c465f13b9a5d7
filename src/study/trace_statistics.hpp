#pragma once
/// "trace(v, every=0.5 ms, from=on, until=off)" in observe.statistics: samples of a channel, which belong together.

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "study/statistics.hpp"

namespace hillock::study {

/// Is the text one?
[[nodiscard]] bool is_trace(std::string_view text);

/// Kept samples of the window, the first one and every so often from there on (without `every`: all), as single
/// values called v[0], v[5], ... by the number of the sample. Error codes: those of study/feature_text.hpp; "off-grid"
/// (`every` is no number of samples), "trace-length" (fewer than 2 samples, or more than 4096).
[[nodiscard]] Result<std::vector<Statistic>> trace_statistics(std::string_view text, const ir::Model& model,
                                                              const sim::Experiment& experiment);

}  // namespace hillock::study
