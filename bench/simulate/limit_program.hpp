#pragma once
/// The hand-written limit program (limit/README.md), given its input, run, and its answer checked.

#include <map>
#include <string>

#include "base/error.hpp"
#include "herg.hpp"
#include "published.hpp"

namespace hillock::bench {

/// Writes herg_<cell>.bin into `folder`.
[[nodiscard]] Result<void> write_limit_input(const std::string& folder, const HergRecording& recording,
                                             const PublishedFit& fit);

struct LimitRun {
  std::map<std::string, double> traces_per_s;  ///< by variant ("double, 3 vectors"), per second of CPU time
};

/// Errors: "limit-failed" (it did not run), "limit-wrong" (its answer departs from libm by more than 1e-9, or from the
/// published errors by more than 1e-4).
[[nodiscard]] Result<LimitRun> run_limit(const std::string& program, const std::string& folder);

}  // namespace hillock::bench
