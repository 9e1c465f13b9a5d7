#pragma once
/// The published fits of the six hERG cells (published/README.md), which the benchmarks are held against.

#include <array>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace hillock::bench {

struct PublishedFit {
  int cell = 0;
  double error = 0.0;                   ///< best of the runs: rms over range, sine-wave protocol
  int runs_within = 0;                  ///< runs that ended within 0.1 % of it ...
  int runs = 0;                         ///< ... of so many
  double seconds_per_run = 0.0;         ///< median, wall
  double action_potential_error = 0.0;  ///< the command interpolated across the left-out samples
  std::array<double, 9> p{};            ///< p1, p3, p5, p7 in 1/ms; p2, p4, p6, p8 in 1/mV; p9 in uS
};

/// All rows of published_fits.csv. Error codes: those of the reader; "published-columns".
[[nodiscard]] Result<std::vector<PublishedFit>> read_published(const std::string& path);

/// The error of the published fit on the action-potential protocol with the command as recorded, by cell: the values
/// that the data set's README gives.
[[nodiscard]] double recorded_command_error(int cell);

}  // namespace hillock::bench
